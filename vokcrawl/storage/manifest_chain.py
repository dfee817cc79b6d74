"""The manifests of a folder in the order of the chain that they make, and where that chain is broken."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vokcrawl.errors import StorageError
from vokcrawl.storage.manifest import read_manifest
from vokcrawl.storage.output_folder import OutputFolder, in_run_order, matching, run_order


@dataclass(frozen=True, slots=True)
class Link:
    """One manifest: its path, content and sha256."""

    path: Path
    manifest: dict[str, Any]
    sha256: str

    @property
    def run_id(self) -> str:
        return str(self.manifest["run_id"])

    @property
    def previous(self) -> str | None:
        """The run id that it names as the one before."""
        before = self.manifest.get("previous_manifest")
        return str(before["run_id"]) if before else None


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold, and why."""

    path: Path
    fault: str


def read_chain(folder: OutputFolder) -> tuple[list[Link], list[Break]]:
    """The readable manifests, each behind the one that it names as its predecessor, and all breaks."""
    links: dict[str, Link] = {}
    breaks: list[Break] = []
    for path in in_run_order(matching(folder.runs, ".json")):
        try:
            manifest, sha256 = read_manifest(path)
        except StorageError as failure:
            breaks.append(Break(path, str(failure)))
            continue
        links[path.stem] = Link(path, manifest, sha256)
        if manifest["run_id"] != path.stem:
            breaks.append(Break(path, f"it says that it is run {manifest['run_id']}, but its name says {path.stem}"))
    breaks.extend(_breaks(links))
    return _ordered(links), breaks


def _breaks(links: dict[str, Link]) -> list[Break]:
    found = []
    named: dict[str, str] = {}
    for run_id, link in links.items():
        before = link.manifest.get("previous_manifest")
        if before is None:
            continue
        previous = links.get(before["run_id"])
        if previous is None:
            found.append(Break(link.path, f"the manifest before it, of run {before['run_id']}, is missing"))
        elif previous.sha256 != before["sha256"]:
            found.append(Break(previous.path, f"it was changed after run {run_id} noted its sha256"))
        if before["run_id"] in named:
            found.append(
                Break(link.path, f"run {named[before['run_id']]} names the same manifest as the one before it")
            )
        named[before["run_id"]] = run_id
    starts = sorted((run_id for run_id, link in links.items() if link.previous is None), key=run_order)
    found.extend(Break(links[run_id].path, "a second manifest that begins a chain") for run_id in starts[1:])
    return found


def _ordered(links: dict[str, Link]) -> list[Link]:
    behind: dict[str | None, list[str]] = {}
    for run_id, link in links.items():
        behind.setdefault(link.previous if link.previous in links else None, []).append(run_id)
    ordered: list[Link] = []
    waiting = sorted(behind.get(None, []), key=run_order, reverse=True)
    seen: set[str] = set()
    while waiting:
        run_id = waiting.pop()
        if run_id not in seen:
            seen.add(run_id)
            ordered.append(links[run_id])
            waiting.extend(sorted(behind.get(run_id, []), key=run_order, reverse=True))
    # What names itself, or each other, in a circle.
    ordered.extend(links[run_id] for run_id in sorted(links) if run_id not in seen)
    return ordered
