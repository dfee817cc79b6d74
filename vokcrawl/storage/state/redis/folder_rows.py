"""Rows of a single output directory on a Redis server: its runs, their files, and its archived payloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from typing_extensions import override

from vokcrawl.storage.state.redis.codec import packed, unpacked, whole
from vokcrawl.storage.state.redis.connection import Server
from vokcrawl.storage.state.redis.reads import PART, TableReader
from vokcrawl.storage.state.rows import FileRow, PayloadRow, RunRow


class FolderRows(TableReader):
    """The rows of the directory with the id `worker`; `protocol.State` describes the methods."""

    def __init__(self, server: Server, worker: str) -> None:
        super().__init__(server)
        self.worker = worker
        # The current run, once it is registered: it owns the requests that it finishes.
        self.run_id = ""
        key = server.key
        self._run_ids, self._payloads = key("run_ids"), key(f"payloads:{worker}")
        self._runs, self._order = key(f"runs:{worker}"), key(f"run_order:{worker}")
        self._unfinished, self._files = key(f"unfinished:{worker}"), key(f"files:{worker}")

    @override
    def rollback(self) -> None:
        super().rollback()
        self._new_runs: list[str] = []

    @override
    def take_run_id(self, run_id: str) -> bool:
        # An id that was reserved but not used is not reused.
        return run_id not in self._new_runs and bool(self._call("hsetnx", self._run_ids, run_id, self.worker))

    def has_run(self, run_id: str) -> bool:
        """Whether a run of this folder is known."""
        return bool(self._many(self._runs, [run_id]))

    @override
    def put_run(self, row: RunRow) -> None:
        if not self.has_run(row.run_id):
            last = self._call("zrevrange", self._order, 0, 0, withscores=True)
            self._new_runs.append(row.run_id)
            place = (whole(f"{last[0][1]:.0f}") if last else 0) + len(self._new_runs)
            self.also("ZADD", self._order, str(place), row.run_id)
            self.also("HSETNX", self._run_ids, row.run_id, self.worker)
        self.run_id = row.run_id
        self._batch.put(self._runs, row.run_id, packed(row))
        self.also("SADD" if row.ended_at is None else "SREM", self._unfinished, row.run_id)

    @override
    def unfinished_runs(self) -> list[RunRow]:
        begun = {*self._call("smembers", self._unfinished), *self._batch.of(self._runs)}
        rows = [row for row in self._runs_of(begun) if row.ended_at is None]
        order = {run_id: place for place, run_id in enumerate(self._newest_runs())} if len(rows) > 1 else {}
        return sorted(rows, key=lambda row: -order.get(row.run_id, 0))

    @override
    def runs(self, most: int = -1) -> list[RunRow]:
        return self._runs_of(islice(self._newest_runs(), most if most >= 0 else None))

    @override
    def run_ids(self) -> set[str]:
        return set(self._newest_runs())

    def _runs_of(self, ids: Iterable[str]) -> list[RunRow]:
        return [unpacked(RunRow, raw) for raw in self._many(self._runs, ids).values()]

    def _newest_runs(self) -> Iterator[str]:
        yield from reversed(self._new_runs)
        place = 0
        while ids := self._call("zrevrange", self._order, place, place + PART - 1):
            yield from ids
            place += len(ids)

    @override
    def last_manifest(self) -> tuple[str, str] | None:
        ids = self._newest_runs()
        while some := list(islice(ids, PART)):
            for row in self._runs_of(some):
                if row.manifest_sha256 is not None:
                    return row.run_id, row.manifest_sha256
        return None

    @override
    def put_file(self, row: FileRow) -> None:
        self._batch.put(self._files, row.path, packed(row))

    @override
    def drop_file(self, path: str) -> None:
        self._batch.put(self._files, path, None)

    @override
    def files(self, run_id: str | None = None) -> list[FileRow]:
        rows = (unpacked(FileRow, raw) for raw in self._all(self._files))
        return sorted((row for row in rows if run_id in (None, row.run_id)), key=lambda row: row.path)

    @override
    def meet_payload(self, row: PayloadRow) -> PayloadRow | None:
        before = self._many(self._payloads, [row.digest]).get(row.digest)
        if before is not None:
            return unpacked(PayloadRow, before)
        self._batch.put(self._payloads, row.digest, packed(row))
        return None
