"""Workers are killed, or silent for longer than their lease: nothing is lost or delivered twice."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable

import pytest

from tests.support.children import Process
from tests.support.commands import Serving, wait_for
from tests.support.worker_group import SLOW, WorkerGroup

Grouped = Callable[..., WorkerGroup]
KILLS = int(os.environ.get("VOK_TEST_KILLS") or 6)
SEED = 20241210


def begun(group: WorkerGroup, delivered: int = 0) -> list[Process]:
    """Three workers at work, who have delivered more than so many articles."""
    started = [group.start(worker, "together:3,often", settings=SLOW) for worker in range(3)]
    if delivered:
        wait_for(lambda: group.delivered() > delivered)
    return started


def led(group: WorkerGroup) -> tuple[int, list[int]]:
    """Which worker leads, and which follow."""
    leader = group.leader()
    assert leader is not None
    return leader, [worker for worker in range(3) if worker != leader]


@pytest.mark.thorough
def test_requests_of_killed_workers_are_finished_by_the_remaining_one(serve: Serving, grouped: Grouped) -> None:
    server = serve(150)
    group = grouped(server)
    started = begun(group, 20)
    leader, followers = led(group)
    for worker in followers:
        started[worker].kill()
    assert started[leader].wait(timeout=90) == 0
    # The folders of the dead are finished by their next run.
    assert [group.start(worker, settings=SLOW).wait(timeout=90) for worker in followers] == [0, 0]
    group.assert_whole(server)
    outcomes = [manifest["outcome"] for manifest in group.manifests()]
    assert outcomes.count("crashed") == 2


@pytest.mark.thorough
def test_another_leads_when_the_leader_is_killed(serve: Serving, grouped: Grouped) -> None:
    server = serve(150)
    group = grouped(server)
    started = begun(group, 20)
    leader, others = led(group)
    started[leader].kill()
    assert [started[worker].wait(timeout=90) for worker in others] == [0, 0]
    assert group.start(leader, settings=SLOW).wait(timeout=90) == 0
    group.assert_whole(server)
    complete = [listing for manifest in group.manifests() for listing in manifest["listings"] if listing["complete"]]
    assert complete, "another worker crawled the listing to its end"


def test_a_stopped_leader_releases_its_lease_at_once(serve: Serving, grouped: Grouped) -> None:
    server = serve(150)
    group = grouped(server)
    started = begun(group, 20)
    leader, others = led(group)
    started[leader].send_signal(signal.SIGTERM)
    assert started[leader].wait(timeout=30) == 130
    assert [started[worker].wait(timeout=90) for worker in others] == [0, 0]
    group.assert_whole(server)


@pytest.mark.thorough
def test_a_crawl_whose_workers_were_all_killed_is_taken_up_by_the_next_ones(serve: Serving, grouped: Grouped) -> None:
    server = serve(150)
    group = grouped(server)
    started = begun(group, 20)
    for process in started:
        process.kill()
    assert group.crawl(settings=SLOW) == [0, 0, 0]
    group.assert_whole(server)


@pytest.mark.parametrize("stopped", ["follower", pytest.param("leader", marks=pytest.mark.thorough)])
def test_a_worker_that_was_not_heard_of_for_too_long_does_not_deliver_what_others_did(
    serve: Serving, grouped: Grouped, stopped: str
) -> None:
    server = serve(100)
    group = grouped(server)
    started = begun(group, 10)
    leader, _ = led(group)
    asleep = leader if stopped == "leader" else (leader + 1) % 3
    started[asleep].send_signal(signal.SIGSTOP)
    awake = [worker for worker in range(3) if worker != asleep]
    assert [started[worker].wait(timeout=90) for worker in awake] == [0, 0]
    started[asleep].send_signal(signal.SIGCONT)
    assert started[asleep].wait(timeout=90) in (0, 10)
    group.assert_whole(server)


# The call of each function that ends the worker: some come before the crawl, when the run begins.
CALLS = {"commit": 7, "fsync": 9, "replace": 5}


@pytest.mark.parametrize(
    "moment", ["commit", *(pytest.param(each, marks=pytest.mark.thorough) for each in ("fsync", "replace"))]
)
def test_a_worker_killed_at_any_step_of_its_commits_leaves_files_that_agree(
    serve: Serving, grouped: Grouped, moment: str
) -> None:
    server = serve(40)
    group = grouped(server)
    started = [
        group.start(0, f"together:2,often,kill:{moment}:{CALLS[moment]}", settings=SLOW),
        group.start(1, "together:2,often", settings=SLOW),
    ]
    assert started[1].wait(timeout=90) == 0
    assert started[0].wait(timeout=90) in (0, -9)
    assert group.start(0, settings=SLOW).wait(timeout=90) == 0
    group.assert_whole(server)


@pytest.mark.kill
@pytest.mark.thorough
def test_workers_killed_at_random_and_started_again_lose_and_double_nothing(serve: Serving, grouped: Grouped) -> None:
    chance = random.Random(SEED)
    server = serve(200)
    group = grouped(server)
    running = dict(enumerate(begun(group)))
    for _ in range(KILLS):
        enough = min(group.delivered() + chance.randrange(1, 12), 199)
        wait_for(lambda enough=enough: group.delivered() > enough)  # type: ignore[misc]
        worker = chance.choice(sorted(running))
        running[worker].kill()
        running[worker].wait()
        running[worker] = group.start(worker, "often", settings=SLOW)
    assert all(process.wait(timeout=120) == 0 for process in running.values())
    # The last one may have come when all was over, and the folder of one that was killed has been finished by its next.
    group.assert_whole(server)
