"""Repair of files without the state: finishes partial files, and writes manifests for runs that have none."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from vokcrawl.normalize import utc
from vokcrawl.storage.manifest import FileEntry, Manifest, PreviousManifest, record_counts, write_manifest
from vokcrawl.storage.manifest_chain import ChainNode
from vokcrawl.storage.output_folder import (
    ARCHIVE,
    DATA_KINDS,
    PART,
    OutputFolder,
    began_at,
    digest,
    rename_synced,
    run_order,
    translate_os_errors,
    truncate_to,
)
from vokcrawl.storage.state.rows import FileRow
from vokcrawl.warc.validation import ArchiveCheck

logger = logging.getLogger(__name__)


def finish_part(folder: OutputFolder, part: Path) -> None:
    """Cuts an unfinished file back to its last whole record, and gives it its name. One of no run is left alone."""
    if began_at(part.name.partition(".")[0]) is None:
        return
    with translate_os_errors(part):
        if part.parent.name not in (*DATA_KINDS, ARCHIVE):
            part.unlink()
            return
        length = _whole_records(folder, part)
        if not length:
            part.unlink()
            return
        truncate_to(part, length)
        rename_synced(part, part.with_name(part.name.removesuffix(PART)))


def _whole_records(folder: OutputFolder, part: Path) -> int:
    """Up to where an unfinished file has whole records only."""
    if part.parent.name != ARCHIVE:
        return part.read_bytes().rfind(b"\n") + 1
    check = ArchiveCheck(folder, part)
    # What is damaged before the last whole record stays: others behind it are whole, and may be referred to.
    for offset, text in check.flaws():
        logger.warning("%s: offset %d: %s", part, offset, text)
    return check.end


def missing_manifests(folder: OutputFolder, nodes: Sequence[ChainNode]) -> list[ChainNode]:
    """Manifests for the runs that left records but no readable manifest; written behind the last one."""
    known = {node.run_id for node in nodes}
    found: dict[str, list[FileRow]] = {}
    for path in (*folder.data_files(), *folder.archive_files()):
        run_id = path.name.partition(".")[0]
        if run_id not in known and began_at(run_id) is None:
            logger.warning("%s: skipped, because it is not named after a run", path)
        elif run_id not in known:
            records, size, _ = digest(path)
            if path.parent.name == ARCHIVE:
                check = ArchiveCheck(folder, path)
                for offset, text in check.flaws():
                    logger.warning("%s: offset %d: %s", path, offset, text)
                records = check.records
            row = FileRow(str(path.relative_to(folder.path)), run_id, size, records)
            found.setdefault(run_id, []).append(row)
    made: list[ChainNode] = []
    for run_id, rows in sorted(found.items(), key=lambda each: run_order(each[0])):
        last = next(reversed([*nodes, *made]), None)
        manifest = _manifest(run_id, rows, folder, last)
        damaged = folder.manifest(run_id)
        if damaged.exists():
            with translate_os_errors(damaged):
                rename_synced(damaged, damaged.with_name(f"{damaged.name}.damaged"))
        made.append(ChainNode(damaged, manifest, write_manifest(folder, manifest)))
    return made


def _manifest(run_id: str, rows: Sequence[FileRow], folder: OutputFolder, last: ChainNode | None) -> Manifest:
    """The manifest of a run of which only the files are left."""
    queue = last.manifest.retry_queue if last else None
    files = [FileEntry.of(row, digest(folder.path / row.path)[2]) for row in rows]
    return Manifest.draft(run_id, "vok", utc(began_at(run_id) or datetime.now(UTC)), {}, None).completed(
        counts=record_counts(files),
        files=files,
        pending_retries=last.manifest.pending_retries if last else [],
        retry_queue=queue.carried_over() if queue is not None else None,
        previous_manifest=PreviousManifest(run_id=last.run_id, sha256=last.sha256) if last else None,
    )


def lost_records(folder: OutputFolder, nodes: Sequence[ChainNode]) -> bool:
    """Whether files of records are missing, or are not what their manifests say; each is named in the log."""
    lost = False
    for node in nodes:
        for entry in node.manifest.files:
            path = folder.path / entry.path
            if path.parent.name not in ("articles", "teasers"):
                continue
            if not path.exists() or digest(path)[2] != entry.sha256:
                logger.warning("%s: missing, or not what the manifest says; what it lacks is asked for again", path)
                lost = True
    return lost


def retries_are_cut(nodes: Sequence[ChainNode]) -> bool:
    """Whether the newest manifest lists only a part of the retry queue.

    The others are found again like lost records: by their teasers, and by reading the whole listing.
    """
    return bool(nodes) and nodes[-1].manifest.retries > len(nodes[-1].manifest.pending_retries)
