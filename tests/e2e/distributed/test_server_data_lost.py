"""A server that lost its data is rebuilt from the output directories of all workers; nothing is delivered twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import ALWAYS, QUIET, Serving, articles_asked, asked, wait_for
from tests.support.crawling import run_crawl
from tests.support.redis_server import RedisServer
from tests.support.worker_group import SLOW, WorkerGroup

Grouped = Callable[..., WorkerGroup]


def repair(group: WorkerGroup, workers: int) -> str:
    others = [word for worker in range(1, workers) for word in ("--with", str(group.output(worker)))]
    done = group.scrapy("repair", "--rebuild-state", *others)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.thorough
def test_everything_in_the_directories_is_known_again(serve: Serving, grouped: Grouped) -> None:
    server = serve(60)
    group = grouped(server)
    assert group.crawl(settings=ALWAYS) == [0, 0, 0]
    ids = [each["id"] for each in server.site.truth()["articles"]]
    for identity in ids[:10]:
        server.site.edit(identity)
    assert group.crawl(settings=ALWAYS) == [0, 0, 0]
    with group.redis.client() as client:
        client.delete(*client.keys(f"{group.prefix}:*"))
    assert group.start(0, settings=QUIET).wait(timeout=60) == 15
    assert "60 articles and 60 teasers" in repair(group, 3)
    assert group.faults() == []
    assert "60 articles and 60 teasers" in repair(group, 3), "what is known already stays"
    assert group.faults() == []
    server.reset()
    assert group.crawl(settings=QUIET) == [0, 0, 0]
    assert articles_asked(server) == []
    assert len(group.records("articles")) == 70
    assert group.faults() == []


@pytest.mark.thorough
def test_what_killed_workers_had_not_committed_is_kept_once(
    serve: Serving, grouped: Grouped, own_redis: RedisServer
) -> None:
    server = serve(120)
    group = grouped(server, own_redis)
    started = [group.start(worker, "together:3", settings=SLOW) for worker in range(3)]
    wait_for(lambda: group.delivered() > 20)
    # What these have in hand comes to the third, and lies in two files until theirs are finished.
    leader = group.leader()
    for worker in range(3):
        if worker != leader:
            started[worker].kill()
    wait_for(lambda: group.delivered() > 60)
    for process in started:
        process.kill()
        process.wait()
    with own_redis.client() as client:
        client.flushall()
    repair(group, 3)
    assert group.faults() == []
    assert group.crawl(settings=SLOW) == [0, 0, 0]
    group.assert_whole(server)


@pytest.mark.thorough
def test_shared_state_is_not_rebuilt_while_workers_run(serve: Serving, grouped: Grouped) -> None:
    group = grouped(serve(300))
    process = group.start(0, settings={**QUIET, "DOWNLOAD_DELAY": 0.1})
    wait_for(lambda: group.delivered() > 2)
    run_crawl(group.start_url, group.output(1), args={"max_pages": 1})
    refused = group.scrapy("repair", "--rebuild-state", worker=1)
    assert refused.returncode == 13
    assert "workers are active" in refused.stderr
    assert process.poll() is None


@pytest.mark.thorough
def test_the_output_of_one_worker_is_imported_into_the_shared_state(
    serve: Serving, grouped: Grouped, tmp_path: Path
) -> None:
    server = serve(30)
    group = grouped(server)
    assert run_crawl(group.start_url, group.output(0), settings=QUIET).code == 0
    assert group.start(0, settings=QUIET).wait(timeout=60) == 15
    assert "repair --rebuild-state" in group.log(0)
    assert "30 articles and 30 teasers" in repair(group, 1)
    server.reset()
    assert group.crawl(2, settings=QUIET) == [0, 0]
    assert articles_asked(server) == []
    assert len(asked(server)) >= 1
    group.assert_whole(server)


def test_repair_finishes_what_died_in_all_folders(serve: Serving, grouped: Grouped) -> None:
    server = serve(120)
    group = grouped(server)
    started = [group.start(worker, "together:2,often", settings=SLOW) for worker in range(2)]
    wait_for(lambda: group.delivered() > 20)
    for process in started:
        process.kill()
        process.wait()
    done = group.scrapy("repair", "--with", str(group.output(1)))
    assert (done.returncode, done.stderr) == (0, "")
    assert [path for output in group.outputs() for path in output.rglob("*.part")] == []
    assert group.faults() == []
