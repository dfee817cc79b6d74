"""Each state backend in turn, and a state in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.memories import InFile, Memory, OnRedis, made
from tests.support.redis_server import redis_server
from vokcrawl.storage.state.protocol import State

__all__ = ["redis_server"]


@pytest.fixture(params=["sqlite", "redis"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> Memory:
    if request.param == "sqlite":
        return InFile(tmp_path / "state.sqlite3")
    return OnRedis.new(request.getfixturevalue("redis_server").url)


@pytest.fixture
def state(memory: Memory) -> Iterator[State]:
    """A state that knows of one run; its transaction is open."""
    opened = made(memory)
    yield opened
    opened.close()


@pytest.fixture
def restart(state: State, memory: Memory) -> Iterator[Callable[[], State]]:
    """Commits, and opens the memory anew beside the first state."""
    opened: list[State] = []

    def again() -> State:
        assert not state.commit()
        opened.append(memory.open())
        return opened[-1]

    yield again
    for each in opened:
        each.close()
