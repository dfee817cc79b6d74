"""The password of the Redis server is in no output, log or command line of workers and commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import QUIET, Serving
from tests.support.planted_secrets import PLANTED, leaks
from tests.support.redis_server import RedisServer
from tests.support.worker_group import WorkerGroup

Grouped = Callable[..., WorkerGroup]
PASSWORD = f"{PLANTED}-of-redis"
LOUD: dict[str, object] = {**QUIET, "LOG_LEVEL": "DEBUG", "VOK_METRICS_FILE": "vokcrawl.prom"}
COMMANDS = [
    ["check-config"],
    ["check-config", "--json"],
    ["status"],
    ["status", "--json"],
    ["verify"],
    ["repair"],
    ["report"],
    ["repair", "--rebuild-state"],
]


def known(redis: RedisServer) -> str:
    """All keys on the server, and what they hold."""
    read = {"hash": "hgetall", "string": "get", "zset": "zrange", "set": "smembers"}
    with redis.client() as client:
        names = client.keys("*")
        assert names
        kinds = {name: client.type(name) for name in names}
        more = {"zset": (0, -1)}
        return str({name: getattr(client, read[kind])(name, *more.get(kind, ())) for name, kind in kinds.items()})


@pytest.mark.thorough
def test_a_password_is_in_nothing_that_workers_and_commands_leave_or_say(
    serve: Serving, grouped: Grouped, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = serve(5)
    # Its folder lies elsewhere: here are the workers' folders and logs, and the password may be in none.
    with RedisServer(tmp_path_factory.mktemp("redis"), password=PASSWORD) as redis:
        group = grouped(server, redis)
        for given in (LOUD, {**LOUD, "REDIS_URL": redis.url}):
            assert group.start(0, settings=given).wait(60) == 0
        assert len(group.records("articles")) == 5
        for words in COMMANDS:
            said = group.scrapy(*words)
            assert said.returncode == 0, said.stderr
            assert PLANTED not in said.stdout + said.stderr, words
        wrong = redis.url.replace(PASSWORD, f"{PLANTED}-of-another")
        assert group.start(0, settings=LOUD, env={"REDIS_URL": wrong}).wait(60) == 2
        assert "access denied" in group.log(0)
        redis.kill()
        assert group.start(0, settings={**LOUD, "VOK_REDIS_TIMEOUT": 0}).wait(60) == 14
        assert "cannot be reached" in group.log(0)
        redis.start()
        assert PLANTED not in known(redis)
    assert leaks(tmp_path) == []
    assert {path.name for path in group.output(0).iterdir()} >= {"archive", "articles", "health.json", "vokcrawl.prom"}
    assert [each for each in server.requests if PLANTED in str(each)] == []
