"""The chain of manifests: each names the SHA-256 of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vokcrawl.errors import StorageError
from vokcrawl.storage.manifest import Manifest, read_manifest
from vokcrawl.storage.output_folder import OutputFolder, in_run_order, matching, run_order


@dataclass(frozen=True, slots=True)
class ChainNode:
    """A manifest in the chain: its path, content and SHA-256."""

    path: Path
    manifest: Manifest
    sha256: str

    @property
    def run_id(self) -> str:
        """The run it describes."""
        return self.manifest.run_id

    @property
    def previous_run_id(self) -> str | None:
        """The run of the manifest before it; None for the first."""
        previous = self.manifest.previous_manifest
        return previous.run_id if previous else None


@dataclass(frozen=True, slots=True)
class ChainError:
    """A manifest that is invalid or does not fit into the chain."""

    path: Path
    message: str


def read_chain(folder: OutputFolder) -> tuple[list[ChainNode], list[ChainError]]:
    """The valid manifests in the order of the chain, and all errors."""
    nodes: dict[str, ChainNode] = {}
    errors: list[ChainError] = []
    for path in in_run_order(matching(folder.runs, ".json")):
        try:
            manifest, sha256 = read_manifest(path)
        except StorageError as failure:
            errors.append(ChainError(path, str(failure).removeprefix(f"{path}: ")))
            continue
        nodes[path.stem] = ChainNode(path, manifest, sha256)
        if manifest.run_id != path.stem:
            errors.append(ChainError(path, f"its run_id is {manifest.run_id}, but the file is named after {path.stem}"))
    errors.extend(_errors(nodes))
    return _ordered(nodes), errors


def _errors(nodes: dict[str, ChainNode]) -> list[ChainError]:
    errors = []
    successors: dict[str, str] = {}
    for run_id, node in nodes.items():
        before = node.manifest.previous_manifest
        if before is None:
            continue
        previous = nodes.get(before.run_id)
        if previous is None:
            errors.append(ChainError(node.path, f"the previous manifest, of run {before.run_id}, is missing"))
        elif previous.sha256 != before.sha256:
            errors.append(ChainError(previous.path, f"it was changed after run {run_id} recorded its SHA-256"))
        if before.run_id in successors:
            other = successors[before.run_id]
            errors.append(ChainError(node.path, f"run {other} has the same previous manifest"))
        successors[before.run_id] = run_id
    starts = sorted((run_id for run_id, node in nodes.items() if node.previous_run_id is None), key=run_order)
    errors.extend(
        ChainError(nodes[run_id].path, "it has no previous manifest, but is not the first") for run_id in starts[1:]
    )
    return errors


def _ordered(nodes: dict[str, ChainNode]) -> list[ChainNode]:
    successors: dict[str | None, list[str]] = {}
    for run_id, node in nodes.items():
        previous = node.previous_run_id
        successors.setdefault(previous if previous in nodes else None, []).append(run_id)
    ordered: list[ChainNode] = []
    pending = sorted(successors.get(None, []), key=run_order, reverse=True)
    seen: set[str] = set()
    while pending:
        run_id = pending.pop()
        if run_id not in seen:
            seen.add(run_id)
            ordered.append(nodes[run_id])
            pending.extend(sorted(successors.get(run_id, []), key=run_order, reverse=True))
    # Manifests that refer to each other in a circle.
    ordered.extend(nodes[run_id] for run_id in sorted(nodes) if run_id not in seen)
    return ordered
