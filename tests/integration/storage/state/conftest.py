"""Each state backend in turn, and a state in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.redis_server import redis_server
from tests.support.state_backends import RedisBackend, SqliteBackend, StateBackend, open_state
from vokcrawl.storage.state.protocol import State

__all__ = ["redis_server"]


@pytest.fixture(params=["sqlite", "redis"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> StateBackend:
    if request.param == "sqlite":
        return SqliteBackend(tmp_path / "state.sqlite3")
    return RedisBackend.new(request.getfixturevalue("redis_server").url)


@pytest.fixture
def state(backend: StateBackend) -> Iterator[State]:
    """A state that knows of one run; its transaction is open."""
    opened = open_state(backend)
    yield opened
    opened.close()


@pytest.fixture
def restart(state: State, backend: StateBackend) -> Iterator[Callable[[], State]]:
    """Commits, and opens the backend again beside the first state."""
    opened: list[State] = []

    def again() -> State:
        assert not state.commit()
        opened.append(backend.open())
        return opened[-1]

    yield again
    for each in opened:
        each.close()
