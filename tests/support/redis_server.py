"""A real Redis server for the tests: one that all tests of a process share, or one of a test's own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from benchmarks import redis_server as benchmarked


class RedisServer(benchmarked.RedisServer):
    """The same; if its program is missing, a test fails in continuous integration and is skipped elsewhere."""

    @staticmethod
    def program() -> str:
        try:
            return benchmarked.RedisServer.program()
        except benchmarked.BenchmarkError as failure:
            if os.environ.get("CI") == "true":
                pytest.fail(str(failure))
            pytest.skip(str(failure))


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server for all tests of this process; each test uses its own prefix."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server
