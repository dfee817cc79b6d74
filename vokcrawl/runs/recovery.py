"""Recovery: finishes the runs that crashed, so that exactly what they committed is kept.

Each step can be interrupted itself; the next run then repeats it.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path

from vokcrawl.errors import StateError
from vokcrawl.normalize import utc
from vokcrawl.storage.manifest import FileEntry, Manifest, parse_manifest, read_manifest, record_counts, write_manifest
from vokcrawl.storage.output_folder import (
    DATA_KINDS,
    PART,
    QUARANTINE,
    RUN_ID,
    OutputFolder,
    archive_name,
    archive_order,
    digest,
    rename_synced,
    sync_folder,
    translate_os_errors,
    truncate_to,
)
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import FileRow, RunRow
from vokcrawl.utils.humanize import pluralize
from vokcrawl.utils.program import PROGRAM

logger = logging.getLogger(__name__)


def recover(folder: OutputFolder, state: State, now: datetime) -> None:
    """Finishes every crashed run, and moves partial files of unknown runs to the quarantine. `now` is UTC.

    Raises `StateError` when files and state disagree, `StorageError` when a file cannot be written.
    """
    for row in state.unfinished_runs():
        _finish(folder, state, row, now)
    for part in list(folder.parts()):
        _quarantine(folder, part)


def _finish(folder: OutputFolder, state: State, run: RunRow, now: datetime) -> None:
    rows = state.files(run.run_id)
    draft = _draft_of(run, rows)
    entries = [_finish_file(folder, row) for row in rows]
    committed = {row.path for row in rows}
    for part in list(folder.parts()):
        name = str(part.relative_to(folder.path)).removesuffix(PART)
        if part.name.partition(".")[0] == run.run_id and name not in committed:
            # Nothing in it was committed; the records are fetched again.
            with translate_os_errors(part):
                part.unlink()
    path = folder.manifest(run.run_id)
    if path.exists():
        # The run crashed after writing its manifest and before the last commit.
        manifest, sha256 = read_manifest(path)
    else:
        manifest = draft.completed_from(state, None, counts=record_counts(entries), files=entries)
        sha256 = write_manifest(folder, manifest)
    run.ended_at = manifest.ended_at or utc(now)
    run.outcome, run.exit_code, run.manifest_sha256 = manifest.outcome, manifest.exit_code, sha256
    state.begin()
    state.put_run(run)
    state.commit()
    kept = ", ".join(f"{entry.path} ({pluralize(entry.records, 'record')})" for entry in entries)
    logger.warning(
        "Recovered run %s, which had crashed; %s",
        run.run_id,
        f"kept what it had committed: {kept}; the rest is fetched again"
        if kept
        else "it had committed no records; they are fetched again",
    )


def _draft_of(run: RunRow, rows: list[FileRow]) -> Manifest:
    """The draft of a run's manifest.

    Names in the state become paths, and others may write to a shared state: a name that is not one of the run's own
    files is refused.
    """
    own = {f"{kind}/{run.run_id}.jsonl" for kind in DATA_KINDS}
    own |= {archive_name(run.run_id, archive_order(Path(row.path))[1]) for row in rows}
    foreign = [row.path for row in rows if row.path not in own]
    try:
        draft = parse_manifest(run.manifest_draft, draft=True)
    except ValueError as error:
        raise StateError(
            f"run {run.run_id!r}: the state holds no valid draft of its manifest ({error}); "
            f"run `{PROGRAM} repair --rebuild-state`"
        ) from error
    if not RUN_ID.fullmatch(run.run_id) or draft.run_id != run.run_id:
        foreign.append(run.run_id)
    for name in foreign:
        raise StateError(
            f"{name!r} is not the name of a run or of its files: the state is damaged, or another program has written "
            f"to it; find out which, and run `{PROGRAM} repair --rebuild-state`"
        )
    return draft


def _finish_file(folder: OutputFolder, row: FileRow) -> FileEntry:
    path = folder.path / row.path
    part = path.with_name(path.name + PART)
    if part.exists():
        if part.stat().st_size < row.bytes:
            raise StateError(
                f"{part}: {part.stat().st_size} bytes, but {row.bytes} were committed; the disk or another program "
                f"lost data; restore the file, or run `{PROGRAM} repair --rebuild-state` to keep what is left"
            )
        truncate_to(part, row.bytes)
        with translate_os_errors(path):
            os.replace(part, path)
            sync_folder(path.parent)
    _, size, sha256 = digest(path)
    if size != row.bytes:
        raise StateError(
            f"{path}: {size} bytes, but {row.bytes} were committed; run `{PROGRAM} verify` to see what is wrong"
        )
    return FileEntry.of(row, sha256)


def _quarantine(folder: OutputFolder, part: Path) -> None:
    target = folder.path / QUARANTINE / f"{part.parent.name}-{part.name}"
    with translate_os_errors(target):
        if target.exists():
            target = target.with_name(f"{target.name}.{part.stat().st_mtime_ns}")
        rename_synced(part, target)
    logger.warning("%s belongs to no run in the state; moved to %s", part, target)
