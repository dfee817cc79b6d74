"""Refuses a run whose state is older or newer than the files beside it, as after half a backup was restored.

A run with an older state would deliver articles a second time. The check is cheap: it checks the names of all files,
and at the sizes of those of the last runs and at the last manifest only. `scrapy verify` checks everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vokcrawl.errors import StateError
from vokcrawl.storage.output_folder import DATA_KINDS, RUN_ID, OutputFolder, digest, in_run_order, matching
from vokcrawl.storage.state.protocol import State
from vokcrawl.utils.program import PROGRAM

# Number of runs whose files' sizes are compared.
_RECENT = 10


def check_start(folder: OutputFolder, state: State) -> None:
    """Compares the state with the names of the files, and with the sizes of the newest. Crashed runs may be unfinished.

    Raises `StateError` if the state is older or newer than the files.
    """
    known = state.run_ids()
    found = set(_named_after_runs(folder))
    for path in in_run_order(found):
        run_id = path.name.partition(".")[0]
        if RUN_ID.fullmatch(run_id) and run_id not in known:
            raise StateError(
                f"{path}: the state does not know this run: it is older than the files; restore state and files from "
                f"the same backup, or run `{PROGRAM} repair --rebuild-state`"
            )
    last = state.last_manifest()
    if last is not None:
        _check_manifest(folder.manifest(last[0]), last[1])
    unfinished = {run.run_id for run in state.unfinished_runs()}
    recent = {run.run_id for run in state.runs(_RECENT)} - unfinished
    for file in state.files():
        path = folder.path / file.path
        if file.run_id in recent:
            _check_size(path, file.bytes)
        elif path not in found and file.run_id not in unfinished:
            raise StateError(f"{path}: missing, but the state knows it: {_newer()}")


def _named_after_runs(folder: OutputFolder) -> Iterable[Path]:
    yield from matching(folder.runs, ".json")
    for kind in DATA_KINDS:
        yield from matching(folder.path / kind, ".jsonl")
    yield from folder.archive_files()


def _check_manifest(path: Path, sha256: str) -> None:
    if not path.exists():
        raise StateError(f"{path}: missing, but the state knows it: {_newer()}")
    if digest(path)[2] != sha256:
        raise StateError(
            f"{path}: it is not the manifest that the state knows: it was changed, or is from another backup than the "
            f"state; restore state and files from the same backup, or run `{PROGRAM} repair --rebuild-state`"
        )


def _check_size(path: Path, size: int) -> None:
    if not path.exists():
        raise StateError(f"{path}: missing, but the state knows it: {_newer()}")
    if path.stat().st_size != size:
        raise StateError(
            f"{path}: {path.stat().st_size} bytes, but the state says {size}; restore the file, or run "
            f"`{PROGRAM} repair --rebuild-state` to keep what is left"
        )


def _newer() -> str:
    return (
        "files were lost, or the state is newer than they are; restore state and files from the same backup, or run "
        f"`{PROGRAM} repair --rebuild-state` to keep what is left"
    )
