"""Rebuilds the state on a Redis server from the output directories of all workers.

Existing data on the server is kept. The runs of all directories are read in the order in which they began.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson
from typing_extensions import override

from vokcrawl.errors import FolderLockedError
from vokcrawl.integrity.rebuild_files import finish_part, lost_records, missing_manifests, retries_are_cut
from vokcrawl.integrity.rebuild_state import Builder
from vokcrawl.storage.manifest_chain import ChainNode, read_chain
from vokcrawl.storage.output_folder import (
    DELIVERED_KINDS,
    PART,
    OutputFolder,
    run_order,
    translate_os_errors,
    write_whole,
)
from vokcrawl.storage.record_files import read_file, read_kind
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.redis.folders import OnServer
from vokcrawl.storage.state.redis.store import RedisState
from vokcrawl.storage.state.rows import Status

# Number of records per commit.
_BATCH = 500


def rebuild_shared(folders: Sequence[OutputFolder], opening: OnServer, recheck_days: Sequence[int]) -> RedisState:
    """Rebuilds the state, and returns it as the first directory sees it. All directories must be locked.

    Raises `FolderLockedError` while workers are active, `UsageError` for a wrong server, and `StorageError`.
    """
    states = [opening.adopt(folder) for folder in folders]
    if at_work := states[0].at_work():
        raise FolderLockedError(
            f"{states[0].where}: workers are active (run {', '.join(at_work)}); wait for them to end"
        )
    delivered = {_key(kind, record) for folder in folders for kind, record in _finished(folder)}
    placed: list[tuple[OutputFolder, RedisState, ChainNode]] = []
    lost = False
    for folder, state in zip(folders, states, strict=True):
        _finish_parts(folder, state, delivered)
        nodes, _ = read_chain(folder)
        nodes.extend(missing_manifests(folder, nodes))
        lost |= lost_records(folder, nodes)
        placed.extend((folder, state, node) for node in nodes)
    placed.sort(key=lambda each: run_order(each[2].run_id))
    nodes = [node for _, _, node in placed]
    lost |= retries_are_cut(nodes)
    builder = _SharedBuilder(folders[0], states[0], recheck_days, nodes, lost=lost)
    for folder, state, node in placed:
        builder.folder, builder.state = folder, state
        builder.add(node)
        _commit(state)
    builder.finish(nodes)
    _commit(builder.state)
    return states[0]


class _SharedBuilder(Builder):
    """Adds what the server does not know yet."""

    _pending = 0

    @override
    def on_record(self) -> None:
        self._pending += 1
        if self._pending % _BATCH == 0:
            _commit(self.state)

    @override
    def add_teaser(self, record: dict[str, Any]) -> None:
        entry = self.state.entries([record["id"]]).get(record["id"])
        if entry is None or not entry.delivered:
            super().add_teaser(record)

    @override
    def add_removal(self, record: dict[str, Any]) -> None:
        row = self.state.articles([record["id"]]).get(record["id"])
        if row is not None and row.status is Status.DELIVERED and row.content_hash == record["last_hash"]:
            self.mark_removed(row, record)

    @override
    def add_other(self, identity: str, at: str) -> None:
        if identity not in self.state.articles([identity]):
            super().add_other(identity, at)


def _commit(state: State) -> None:
    # No worker is active, so what the commit refuses is already there.
    while state.commit():
        pass


def _finished(folder: OutputFolder) -> Iterable[tuple[str, dict[str, Any]]]:
    """The records of complete files."""
    for kind in DELIVERED_KINDS:
        yield from ((kind, line.record) for line in read_kind(folder, kind) if line.record is not None)


def _finish_parts(folder: OutputFolder, state: RedisState, delivered: set[tuple[str, ...]]) -> None:
    """Finishes the files of crashed runs. Of uncommitted records only those are kept that are nowhere else."""
    committed = {row.path: row.bytes for row in state.files()}
    for part in list(folder.parts()):
        kind, name = part.parent.name, str(part.relative_to(folder.path)).removesuffix(PART)
        if kind in DELIVERED_KINDS:
            _drop_duplicates(part, kind, committed.get(name, 0), state, delivered)
        finish_part(folder, part)
        finished = folder.path / name
        if kind in DELIVERED_KINDS and finished.exists():
            delivered.update(_key(kind, line.record) for line in read_file(finished, kind) if line.record is not None)


def _drop_duplicates(part: Path, kind: str, length: int, state: RedisState, delivered: set[tuple[str, ...]]) -> None:
    with translate_os_errors(part):
        content = part.read_bytes()
    kept = [content[:length]]
    for line in content[length:].splitlines(keepends=True):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            break
        if _key(kind, record) not in delivered and not _is_known(kind, record, state):
            kept.append(line)
    write_whole(part, b"".join(kept))


def _is_known(kind: str, record: dict[str, Any], state: RedisState) -> bool:
    if kind == "teasers":
        entry = state.entries([record["id"]]).get(record["id"])
        return entry is not None and entry.delivered
    row = state.articles([record["id"]]).get(record["id"])
    if row is None:
        return False
    return row.status is Status.REMOVED if kind == "removals" else row.revision >= int(record["revision"])


def _key(kind: str, record: dict[str, Any]) -> tuple[str, ...]:
    """The identity of a record among all records."""
    more = {"articles": ("revision",), "removals": ("last_hash", "confirmed_at")}.get(kind, ())
    return (kind, record["id"], *(str(record[name]) for name in more))
