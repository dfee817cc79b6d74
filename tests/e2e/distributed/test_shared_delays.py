"""Delays and pauses hold for all workers together."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.support.altered_responses import reply
from tests.support.commands import QUIET, Serving, asked
from tests.support.hostile_site import HostileSite
from tests.support.worker_group import WorkerGroup
from vokcrawl.sample.server import SeenRequest

Grouped = Callable[..., WorkerGroup]
# What two moments may be nearer to each other at the site than they were at the workers, in seconds.
TOLERANCE = 0.2


def gaps(seen: list[SeenRequest]) -> list[float]:
    return [later.at - earlier.at for earlier, later in pairwise(seen)]


def test_the_delay_is_that_of_all_workers_together(serve: Serving, grouped: Grouped) -> None:
    # Enough to be left when the listing is read: until then the leader reads no articles.
    server = serve(24)
    group = grouped(server)
    delay = 0.4
    settings = {**QUIET, "DOWNLOAD_DELAY": delay, "DOWNLOAD_DELAY_JITTER": 0}
    assert group.crawl(settings=settings) == [0, 0, 0]
    group.assert_whole(server)
    # Robots.txt too: each worker reads it for itself, in its turn.
    measured = gaps(server.requests)
    assert len(measured) >= 12
    assert min(measured) >= delay - TOLERANCE
    assert sum(measured) >= delay * len(measured) - TOLERANCE
    assert sum(bool(each.articles()) for each in group.crawls()) == 3, "all of them had turns"


@pytest.mark.thorough
def test_workers_of_two_sources_keep_the_delay_of_their_site_together(serve: Serving, grouped: Grouped) -> None:
    server = serve(6)
    one, other = grouped(server), grouped(server)
    settings = {**QUIET, "DOWNLOAD_DELAY": 0.4, "DOWNLOAD_DELAY_JITTER": 0}
    started = [one.start(0, settings=settings), other.start(1, settings=settings)]
    assert [process.wait(timeout=60) for process in started] == [0, 0]
    assert min(gaps(server.requests)) >= 0.4 - TOLERANCE


@pytest.mark.thorough
def test_a_retry_after_to_one_worker_is_kept_by_all(serve: Serving, grouped: Grouped) -> None:
    server = serve(60)
    group = grouped(server)
    identity = sorted(each["id"] for each in server.site.truth()["articles"])[-15]
    server.site.fail(identity, 429, retry_after=2)
    assert group.crawl(settings={**QUIET, "DOWNLOAD_DELAY": 0.02}) == [0, 0, 0]
    group.assert_whole(server)
    refused = next(each for each in server.requests if each.status == 429)
    after = [each.at - refused.at for each in server.requests if each.at > refused.at]
    # What was on its way already could not be held back.
    assert [gap for gap in after if 0.3 < gap < 2 - TOLERANCE] == []
    assert len(after) > 20


@pytest.mark.thorough
def test_a_host_that_asked_for_a_longer_wait_than_a_run_allows_gets_no_request_of_the_next_run_either(
    serve: Serving, grouped: Grouped
) -> None:
    server = serve(60)
    group = grouped(server)
    identity = server.site.truth()["articles"][5]["id"]
    server.site.fail(identity, 429, retry_after=600)
    settings = {**QUIET, "DOWNLOAD_DELAY": 0.02, "VOK_MAX_WAIT_SECONDS": 60}
    assert set(group.crawl(settings=settings)) <= {10, 14}
    server.reset()
    assert group.crawl(settings=settings) == [14, 14, 14]
    assert asked(server) == []


@pytest.mark.thorough
def test_all_workers_stop_where_the_site_checks_one_of_them(serve: Serving, grouped: Grouped) -> None:
    site = HostileSite(200)
    server = serve(site=site)
    group = grouped(server)
    check = reply("<html><head><title>Just a moment...</title></head><body>Checking</body></html>", status=403)
    site.change(sorted(each["id"] for each in site.truth()["articles"])[-15], check)
    codes = group.crawl(settings={**QUIET, "DOWNLOAD_DELAY": 0.02, "VOK_BACKOFF_SECONDS": 0})
    # The worker that met it reports it; a worker that was stopped is incomplete.
    assert 11 in codes
    assert set(codes) <= {10, 11}
    assert len(group.records("articles")) < 150
    assert group.faults() == []
