"""A group of workers on a site, with a Redis server shared by all tests of the process or with its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.redis_server import RedisServer, redis_server
from tests.support.worker_group import WorkerGroup
from vokcrawl.sample import SampleServer

__all__ = ["redis_server"]


@pytest.fixture
def grouped(tmp_path: Path, redis_server: RedisServer) -> Iterator[Callable[..., WorkerGroup]]:
    """`grouped(server, redis=, start=)`: workers on a served site."""
    with ExitStack() as stack:

        def make(server: SampleServer, redis: RedisServer | None = None, start: str = "/article/163/") -> WorkerGroup:
            made = WorkerGroup(tmp_path, redis or redis_server, f"{server.url}{start}")
            with made.redis.client() as client:
                # All sites of the tests are one host.
                client.delete(*client.keys("vokcrawl-hosts:*"), "none")
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that the test may kill."""
    with RedisServer(tmp_path / "redis") as server:
        yield server
