"""The state backends that the tests of `state` run against, and the rows that they store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import ArticleRow, RunRow, Status
from vokcrawl.storage.state.sqlite import SqliteState

NOW = "2024-12-10T06:00:00Z"
_prefixes: Iterator[int] = count()


class StateBackend(Protocol):
    """A place of a state, also while nobody has it open."""

    def open(self) -> State:
        """Opens the state as it was last committed, or makes it."""


@dataclass(frozen=True)
class SqliteBackend:
    """An SQLite file."""

    path: Path

    def open(self) -> State:
        return SqliteState.open(self.path, expected=self.path.exists())


@dataclass(frozen=True)
class RedisBackend:
    """A prefix on a Redis server; `worker` is the id of the output directory that uses it."""

    url: str
    prefix: str
    worker: str = "a"

    @classmethod
    def new(cls, url: str) -> RedisBackend:
        return cls(url, f"test-{next(_prefixes)}")

    def open(self) -> State:
        from vokcrawl.storage.state.redis.connection import Server
        from vokcrawl.storage.state.redis.store import RedisState

        server = Server(self.url, self.prefix, patience=5)
        server.open(make=True)
        return RedisState(server, self.worker)

    def of(self, worker: str) -> RedisBackend:
        """The same state as the worker of another output directory sees it."""
        return RedisBackend(self.url, self.prefix, worker)


def open_state(backend: StateBackend) -> State:
    """A new state with one run and an open transaction."""
    state = backend.open()
    state.begin()
    state.take_run_id("first")
    state.put_run(run("first"))
    state.commit()
    state.begin()
    return state


def run(run_id: str, **given: Any) -> RunRow:
    known: dict[str, Any] = {"started_at": NOW, "ended_at": NOW, "outcome": "done", "exit_code": 0}
    return RunRow(run_id, **(known | {"manifest_sha256": None, "manifest_draft": "{}"} | given))


def article(identity: str, **given: Any) -> ArticleRow:
    known: dict[str, Any] = {"url": f"http://site.test/{identity}/", "status": Status.DELIVERED, "revision": 1}
    return ArticleRow(identity, **(known | given))
