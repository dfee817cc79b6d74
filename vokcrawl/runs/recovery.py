"""What a run finds that another one left unfinished, and how it is finished: committed records are kept, no more.

Each step may itself be cut off and is then simply done again by the next run.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from vokcrawl.errors import StateError
from vokcrawl.normalize import utc
from vokcrawl.policy.outcome import CRASHED
from vokcrawl.storage.manifest import ended, file_entry, read_manifest, write_manifest
from vokcrawl.storage.output_folder import (
    DATA_KINDS,
    PART,
    RUN_ID,
    OutputFolder,
    archive_name,
    archive_order,
    digest,
    sync_folder,
    translate_os_errors,
    truncate_to,
)
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import FileRow, RunRow
from vokcrawl.utils.program import PROGRAM

logger = logging.getLogger(__name__)


def recover(folder: OutputFolder, state: State, now: datetime) -> None:
    """Finishes every run that died, and sets aside unfinished files of runs that the state has never heard of."""
    for row in state.unfinished_runs():
        _finish(folder, state, row, now)
    for part in list(folder.parts()):
        _set_aside(folder, part)


def _finish(folder: OutputFolder, state: State, run: RunRow, now: datetime) -> None:
    rows = state.files(run.run_id)
    _refuse_others_names(run, rows)
    entries = [_finish_file(folder, row) for row in rows]
    committed = {row.path for row in rows}
    for part in list(folder.parts()):
        name = str(part.relative_to(folder.path)).removesuffix(PART)
        if part.name.partition(".")[0] == run.run_id and name not in committed:
            # Nothing in it was committed: what it holds is met again.
            with translate_os_errors(part):
                part.unlink()
    path = folder.manifest(run.run_id)
    if path.exists():
        # The run died between its manifest and the state's last word.
        manifest, sha256 = read_manifest(path)
    else:
        manifest = _manifest(state, run, entries)
        sha256 = write_manifest(folder, manifest)
    run.ended_at = manifest["ended_at"] or utc(now)
    run.outcome, run.exit_code, run.manifest_sha256 = manifest["outcome"], manifest["exit_code"], sha256
    state.begin()
    state.put_run(run)
    state.commit()
    logger.warning(
        "Run %s had died; its files were cut back to what was committed and finished: %s",
        run.run_id,
        ", ".join(f"{entry['path']} ({entry['records']} records)" for entry in entries) or "none",
    )


def _refuse_others_names(run: RunRow, rows: list[FileRow]) -> None:
    """What a memory names becomes a path here, and others may write to one that is on a server."""
    own = {f"{kind}/{run.run_id}.jsonl" for kind in DATA_KINDS}
    own |= {archive_name(run.run_id, archive_order(Path(row.path))[1]) for row in rows}
    strange = [row.path for row in rows if row.path not in own]
    if not RUN_ID.fullmatch(run.run_id) or orjson.loads(run.draft)["run_id"] != run.run_id:
        strange.append(run.run_id)
    for name in strange:
        raise StateError(
            f"{name!r} is no name of a run or of its files: the state is damaged, or others have written to it; find "
            f"out who, and run `{PROGRAM} repair --rebuild-state`"
        )


def _finish_file(folder: OutputFolder, row: FileRow) -> dict[str, Any]:
    path = folder.path / row.path
    part = path.with_name(path.name + PART)
    if part.exists():
        if part.stat().st_size < row.bytes:
            raise StateError(
                f"{part}: holds {part.stat().st_size} bytes, but {row.bytes} were committed; the disk or another "
                f"program lost some of it; restore it, or run `{PROGRAM} repair --rebuild-state` to keep what is there"
            )
        truncate_to(part, row.bytes)
        with translate_os_errors(path):
            os.replace(part, path)
            sync_folder(path.parent)
    _, size, sha256 = digest(path)
    if size != row.bytes:
        raise StateError(
            f"{path}: holds {size} bytes, but {row.bytes} were committed; run `{PROGRAM} verify` to see what is wrong"
        )
    return file_entry(row, sha256)


def _manifest(state: State, run: RunRow, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The manifest that the run could not write: what is known of it, and no more."""
    counts = {kind: entry["records"] for entry in entries if (kind := entry["path"].partition("/")[0]) in DATA_KINDS}
    run.outcome = CRASHED
    return ended(
        state,
        run,
        {
            "counts": counts,
            "requests": None,
            "listings": [],
            "pages": {},
            "files": entries,
            "coverage": {},
            "readings": {},
            "ways_left": [],
            "errors": {},
            "other_sources": [],
        },
    )


def _set_aside(folder: OutputFolder, part: Path) -> None:
    target = folder.path / "aside" / f"{part.parent.name}-{part.name}"
    with translate_os_errors(target):
        target.parent.mkdir(exist_ok=True)
        if target.exists():
            target = target.with_name(f"{target.name}.{part.stat().st_mtime_ns}")
        os.replace(part, target)
    logger.warning("%s belongs to no run that the state knows; it was moved to %s", part, target)
