"""The manifest of a run, and the chain that the manifests make.

A manifest is one JSON object in `runs/<run_id>.json`; docs/records.md describes it. It names the sha256 of the
manifest before it, so that the whole folder can be checked as a chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from scrapy.settings import BaseSettings

from vokcrawl import __version__
from vokcrawl.config.redacted import told_settings
from vokcrawl.errors import StorageError
from vokcrawl.normalize import ingested_at
from vokcrawl.storage.output_folder import OutputFolder, translate_os_errors, write_whole
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import FileRow, RunRow

SCHEMA = "vokcrawl.runs.run/1"
# What a manifest must have for the chain and the state to be read from it.
_NEEDED = {"run_id", "spider", "version", "arguments", "settings", "started_at", "ended_at", "outcome", "exit_code"}
_NEEDED |= {"listings", "files", "owed", "other_sources", "previous_manifest"}


def draft(
    run_id: str, spider: str, started_at: str, arguments: Mapping[str, Any], settings: BaseSettings
) -> dict[str, Any]:
    """The part of a manifest that is known when a run begins."""
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "spider": spider,
        "version": __version__,
        "arguments": {name: value for name, value in arguments.items() if value not in (None, False)},
        "settings": told_settings(settings),
        "started_at": started_at,
    }


def ended(state: State, run: RunRow, found: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of a run whose row says how it ended. `found` is to be told beside what the state knows."""
    previous = state.last_manifest()
    return {
        **orjson.loads(run.draft),
        "ended_at": run.ended_at,
        "outcome": run.outcome,
        "exit_code": run.exit_code,
        **found,
        "newest_article": ingested_at(state.newest() or ""),
        "owed": [asdict(row) for row in state.pending_retries()],
        "previous_manifest": {"run_id": previous[0], "sha256": previous[1]} if previous else None,
    }


def file_entry(row: FileRow, sha256: str) -> dict[str, Any]:
    """How a manifest names a file."""
    return {"path": row.path, "records": row.records, "bytes": row.bytes, "sha256": sha256}


def write_manifest(folder: OutputFolder, manifest: Mapping[str, Any]) -> str:
    """Writes a manifest whole and gives its sha256. Raises `StorageError`."""
    content = orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n"
    write_whole(folder.manifest(manifest["run_id"]), content)
    return hashlib.sha256(content).hexdigest()


def read_manifest(path: Path) -> tuple[dict[str, Any], str]:
    """A manifest and its sha256. Raises `StorageError` when it cannot be read as one."""
    with translate_os_errors(path):
        content = path.read_bytes()
    try:
        manifest = orjson.loads(content)
        if manifest["schema"] != SCHEMA:
            raise ValueError(f"its schema is {manifest['schema']!r}, not {SCHEMA!r}")
        if lacks := sorted(_NEEDED - manifest.keys()):
            raise ValueError(f"it lacks {', '.join(lacks)}")
    except (ValueError, KeyError, TypeError) as fault:
        raise StorageError(f"{path}: not a manifest of this project: {fault}") from fault
    return manifest, hashlib.sha256(content).hexdigest()
