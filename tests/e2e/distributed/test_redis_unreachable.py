"""The server restarts or stays unreachable during a crawl: nothing is lost, and the crawl continues."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.commands import Serving, wait_for
from tests.support.redis_server import RedisServer
from tests.support.worker_group import SLOW, WorkerGroup, traces

Grouped = Callable[..., WorkerGroup]


@pytest.mark.thorough
def test_a_server_that_is_killed_repeatedly_does_not_end_the_crawl(
    serve: Serving, grouped: Grouped, own_redis: RedisServer
) -> None:
    server = serve(150)
    group = grouped(server, own_redis)
    started = [group.start(worker, "together:3,often", settings=SLOW) for worker in range(3)]
    for enough in (10, 40, 70):
        wait_for(lambda enough=enough: group.delivered() > enough)  # type: ignore[misc]
        own_redis.kill()
        own_redis.start()
    assert [process.wait(timeout=120) for process in started] == [0, 0, 0]
    group.assert_whole(server)


@pytest.mark.thorough
def test_workers_end_with_14_while_the_server_is_unreachable_and_continue_afterwards(
    serve: Serving, grouped: Grouped, own_redis: RedisServer
) -> None:
    server = serve(150)
    group = grouped(server, own_redis)
    settings = {**SLOW, "VOK_REDIS_TIMEOUT": 1}
    started = [group.start(worker, "together:3,often", settings=settings) for worker in range(3)]
    wait_for(lambda: group.delivered() > 20)
    own_redis.kill()
    assert [process.wait(timeout=60) for process in started] == [14, 14, 14]
    for worker in range(3):
        assert "Traceback" not in group.log(worker)
        assert "VOK_REDIS_TIMEOUT=1" in group.log(worker)
    # One that comes now says the same, and leaves no trace.
    assert group.start(3, settings=settings).wait(timeout=60) == 14
    assert traces(group.output(3)) == []
    own_redis.start()
    assert group.crawl(settings=SLOW) == [0, 0, 0]
    group.assert_whole(server)


def test_a_server_that_lost_its_data_is_not_written_to(
    serve: Serving, grouped: Grouped, own_redis: RedisServer
) -> None:
    server = serve(100)
    group = grouped(server, own_redis)
    started = [group.start(worker, "together:2,often", settings=SLOW) for worker in range(2)]
    wait_for(lambda: group.delivered() > 20)
    own_redis.kill()
    for path in sorted(own_redis.folder.rglob("appendonly*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    own_redis.start()
    assert [process.wait(timeout=60) for process in started] == [15, 15]
    assert group.start(0, settings=SLOW).wait(timeout=60) == 15
    assert "repair --rebuild-state" in group.log(0)
    assert group.known("articles") is None
