"""What a repair does to files without asking any state: it finishes them, and tells of them what no manifest tells."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vokcrawl import __version__
from vokcrawl.normalize import utc
from vokcrawl.policy.outcome import CRASHED
from vokcrawl.storage.manifest import SCHEMA, file_entry, write_manifest
from vokcrawl.storage.manifest_chain import Link
from vokcrawl.storage.output_folder import (
    ARCHIVE,
    DATA_KINDS,
    PART,
    OutputFolder,
    began_at,
    digest,
    run_order,
    sync_folder,
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
        os.replace(part, part.with_name(part.name.removesuffix(PART)))
        sync_folder(part.parent)


def _whole_records(folder: OutputFolder, part: Path) -> int:
    """Up to where an unfinished file has whole records only."""
    if part.parent.name != ARCHIVE:
        return part.read_bytes().rfind(b"\n") + 1
    check = ArchiveCheck(folder, part)
    # What is damaged before the last whole record stays: others behind it are whole, and may be referred to.
    for offset, text in check.flaws():
        logger.warning("%s: offset %d: %s", part, offset, text)
    return check.end


def missing_manifests(folder: OutputFolder, links: Sequence[Link]) -> list[Link]:
    """Manifests for the runs that left records but no readable manifest; written behind the last one."""
    known = {link.run_id for link in links}
    found: dict[str, list[FileRow]] = {}
    for path in (*folder.data_files(), *folder.archive_files()):
        run_id = path.name.partition(".")[0]
        if run_id not in known and began_at(run_id) is None:
            logger.warning("%s: passed over, for it is not named after a run", path)
        elif run_id not in known:
            records, size, _ = digest(path)
            if path.parent.name == ARCHIVE:
                check = ArchiveCheck(folder, path)
                for offset, text in check.flaws():
                    logger.warning("%s: offset %d: %s", path, offset, text)
                records = check.records
            row = FileRow(str(path.relative_to(folder.path)), run_id, size, records)
            found.setdefault(run_id, []).append(row)
    made: list[Link] = []
    for run_id, rows in sorted(found.items(), key=lambda each: run_order(each[0])):
        last = next(reversed([*links, *made]), None)
        manifest = _manifest(run_id, rows, folder, last)
        damaged = folder.manifest(run_id)
        if damaged.exists():
            with translate_os_errors(damaged):
                os.replace(damaged, damaged.with_name(f"{damaged.name}.damaged"))
        made.append(Link(damaged, manifest, write_manifest(folder, manifest)))
    return made


def _manifest(run_id: str, rows: Sequence[FileRow], folder: OutputFolder, last: Link | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "spider": "vok",
        "version": __version__,
        "arguments": {},
        "settings": {},
        "started_at": utc(began_at(run_id) or datetime.now(UTC)),
        "ended_at": None,
        "outcome": CRASHED,
        "exit_code": None,
        "counts": {kind: row.records for row in rows if (kind := row.path.partition("/")[0]) in DATA_KINDS},
        "listings": [],
        "files": [file_entry(row, digest(folder.path / row.path)[2]) for row in rows],
        "coverage": {},
        "readings": {},
        "ways_left": [],
        "errors": {},
        "owed": last.manifest["owed"] if last else [],
        "other_sources": [],
        "previous_manifest": {"run_id": last.run_id, "sha256": last.sha256} if last else None,
    }


def lost_records(folder: OutputFolder, links: Sequence[Link]) -> bool:
    """Whether files of records are missing, or are not what their manifests say; each is named in the log."""
    lost = False
    for link in links:
        for entry in link.manifest["files"]:
            path = folder.path / entry["path"]
            if entry["path"].partition("/")[0] not in ("articles", "teasers"):
                continue
            if not path.exists() or digest(path)[2] != entry["sha256"]:
                logger.warning("%s: missing, or not what the manifest says; what it lacks is asked for again", path)
                lost = True
    return lost
