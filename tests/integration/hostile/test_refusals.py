"""A site that refuses requests is paused for as long as it asks, and given up when it goes on refusing."""

from __future__ import annotations

import asyncio
import signal
import time
from itertools import pairwise

import pytest

from tests.support import faults
from tests.support.faulty_server import Exchange, Fault, FaultyServer, Seen, pauses_kept
from tests.support.monitored_crawls import Place, assert_rest_whole, ids, running_crawl, watch
from vokcrawl.sample import SampleSite

# What is under way when a refusal is sent may still come; a loaded machine takes its time.
GRACE = 0.5
ONE_BY_ONE: dict[str, object] = {"CONCURRENT_REQUESTS": 1, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}


def site(articles: int = 25) -> SampleSite:
    return SampleSite(articles, faults=())


def listing(server: FaultyServer) -> str:
    return f"{server.url}/article/163/"


def gaps(requests: list[Seen]) -> list[float]:
    """Seconds between the answer to each request and the next request."""
    return [after.at - before.answered for before, after in pairwise(requests)]


@pytest.mark.parametrize("fault", [faults.asks(2), faults.asks(2, by_date=True), faults.asks(2, 503)])
def test_the_whole_slot_waits_for_as_long_as_a_refusal_asks(fault: Fault, place: Place) -> None:
    with FaultyServer(site()) as server:
        server.inflict(ids(server)[3], fault, 1)
        done = watch(listing(server), place)
        assert done.code == 0, done.stderr
        (refusal,) = server.refusals
        assert refusal.asked is not None
        assert refusal.asked >= 2
        assert pauses_kept(server, GRACE) == []
        # There was more to ask for all the while: eight at a time, and most of the site was still to come.
        after = [each for each in server.requests if each.at > refusal.answered + GRACE]
        assert len(after) >= 8
        assert_rest_whole(done, server)


def at_once(fault: Fault, requests: int) -> Fault:
    """Answers when so many requests have come, so that all of them are under way at the same time."""
    came: list[Exchange] = []

    async def held(exchange: Exchange) -> None:
        came.append(exchange)
        deadline = time.monotonic() + 1
        while len(came) < requests and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        await fault(exchange)

    return held


@pytest.mark.parametrize("fault", [faults.asks(1), faults.too_many, faults.reset_before])
def test_a_burst_of_refusals_counts_once(fault: Fault, place: Place) -> None:
    with FaultyServer(site()) as server:
        held = at_once(fault, 8)
        for identity in ids(server)[:8]:
            server.inflict(identity, held, 1)
        done = watch(listing(server), place)
        # Eight in a row would be too many.
        assert done.code == 0, done.stderr
        assert_rest_whole(done, server)
        assert pauses_kept(server, GRACE) == []


@pytest.mark.parametrize("seconds", [100, 10**400], ids=["3 digits", "401 digits"])
def test_a_site_that_asks_for_too_long_is_left_to_the_next_run(seconds: int, place: Place) -> None:
    with FaultyServer(site()) as server:
        server.inflict(ids(server)[5], faults.asks(seconds), 1)
        done = watch(listing(server), place, {"VOK_MAX_WAIT_SECONDS": 1})
        assert (done.code, done.manifest["outcome"]) == (10, "incomplete"), done.stderr
        assert done.seconds < 100
        assert "closed_refused" in done.errors
        assert pauses_kept(server, GRACE) == []
        asked = len(server.requests)
        assert asked < 25

        after = watch(listing(server), place)
        assert after.code == 0, after.stderr
        assert_rest_whole(after, server)


def test_nothing_more_is_sent_once_a_site_is_given_up(place: Place) -> None:
    """Not even what was queued behind the request that was refused."""
    with FaultyServer(site()) as server:
        server.inflict(ids(server)[1], faults.asks(100), 1)
        settings = {"VOK_MAX_WAIT_SECONDS": 1, "DOWNLOAD_DELAY": 0.1, "DOWNLOAD_DELAY_JITTER": 0}
        done = watch(listing(server), place, settings)
        assert done.code == 10, done.stderr
        (refusal,) = server.refusals
        late = [each.target for each in server.requests if each.at > refusal.answered + 0.1]
        # One may have been on its way.
        assert len(late) <= 1, late


def test_the_backoff_after_resets_grows_and_the_site_is_then_given_up(place: Place) -> None:
    with FaultyServer(site()) as server:
        # The listing and some articles come, then nothing more does.
        for identity in ids(server)[3:]:
            server.inflict(identity, faults.reset_before)
        done = watch(listing(server), place, {"VOK_BACKOFF_SECONDS": 0.2, **ONE_BY_ONE})
        assert (done.code, done.manifest["outcome"]) == (10, "incomplete"), done.stderr
        assert "closed_refused" in done.errors
        refused = [each for each in server.requests if each.fault == "reset_before"]
        # A connection that had been idle may just have been too old: the client then tries once more with a new one.
        waits = [gap for gap in gaps(refused) if gap > 0.1]
        assert len(waits) == 4
        assert all(wait >= least for wait, least in zip(waits, (0.2, 0.4, 0.8, 1.6), strict=True)), waits

        server.relent()
        after = watch(listing(server), place)
        assert after.code == 0, after.stderr
        assert_rest_whole(after, server)


@pytest.mark.parametrize("robots", ["stop", "go"])
def test_a_site_that_only_resets_is_out_of_reach(robots: str, place: Place) -> None:
    with FaultyServer(site(1)) as server:
        server.inflict("*", faults.reset_before)
        done = watch(listing(server), place, {"VOK_BACKOFF_SECONDS": 0.05, "VOK_ROBOTS_UNREADABLE": robots})
        assert (done.code, done.manifest["outcome"]) == (14, "unreachable"), done.stderr
        assert done.articles() == done.teasers() == []


def test_a_signal_ends_a_long_pause_at_once(place: Place) -> None:
    with FaultyServer(site()) as server:
        server.inflict(ids(server)[3], faults.asks(600), 1)
        with running_crawl(listing(server), place) as process:
            deadline = time.monotonic() + 30
            while not server.refusals and time.monotonic() < deadline:
                time.sleep(0.01)
            # The crawl waits now; whatever was under way has come.
            seen = -1
            while seen != len(server.requests):
                seen = len(server.requests)
                time.sleep(0.3)
            assert process.poll() is None
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 130
            # Far less than the 600 s that the site asks for.
            assert time.monotonic() - begun < 60
        assert pauses_kept(server, GRACE) == []


def test_refusals_that_come_back_fast_do_not_make_it_ask_faster(place: Place) -> None:
    throttled = {"AUTOTHROTTLE_ENABLED": True, "AUTOTHROTTLE_START_DELAY": 1.2, "DOWNLOAD_DELAY": 0.01}
    with FaultyServer(site(3)) as server:
        server.inflict("/article/163/", faults.unavailable, 3)
        done = watch(listing(server), place, {**throttled, **ONE_BY_ONE, "DOWNLOAD_DELAY_JITTER": 0})
        assert done.code == 0, done.stderr
        # robots.txt was a good answer and has halved the delay; the refusals behind it must leave it there.
        waits = gaps(server.of("/article/163/")[:4])
        assert min(waits) >= 0.55, waits


@pytest.mark.parametrize("throttle", [False, True])
def test_the_crawl_delay_of_robots_txt_is_kept(throttle: bool, place: Place) -> None:
    async def robots(exchange: Exchange) -> None:
        await exchange.send(200, [("Content-Type", "text/plain")], b"User-agent: *\nCrawl-delay: 0.4\nDisallow:\n")

    settings: dict[str, object] = {"AUTOTHROTTLE_ENABLED": throttle, "AUTOTHROTTLE_START_DELAY": 0.01}
    with FaultyServer(site(4)) as server:
        server.inflict("/robots.txt", robots)
        done = watch(listing(server), place, {**settings, "DOWNLOAD_DELAY": 0.01})
        assert done.code == 0, done.stderr
        assert_rest_whole(done, server)
        between = [after.at - before.at for before, after in pairwise(server.requests)]
        assert len(between) >= 5
        # The clock of the one who sends and of the one who receives differ by what a busy machine takes.
        assert min(between) >= 0.35, between


@pytest.mark.parametrize(
    ("setting", "code", "fault"),
    [
        ("stop", 14, faults.unavailable),
        ("stop", 14, faults.silence),
        ("go", 0, faults.error_500),
        ("go", 0, faults.silence),
        ("go", 0, faults.empty_reply),
    ],
)
def test_an_unreadable_robots_txt_is_what_the_setting_says(setting: str, code: int, fault: Fault, place: Place) -> None:
    with FaultyServer(site(3)) as server:
        server.inflict("/robots.txt", fault)
        settings = {
            "VOK_ROBOTS_UNREADABLE": setting,
            "DOWNLOAD_TIMEOUT": 1,
            "RETRY_TIMES": 1,
            "VOK_BACKOFF_SECONDS": 0.05,
        }
        done = watch(listing(server), place, settings)
        assert done.code == code, done.stderr
        assert "VOK_ROBOTS_UNREADABLE" in done.stderr
        asked = {each.target for each in server.requests} - {"/robots.txt"}
        if setting == "stop":
            assert asked == set()
        else:
            assert_rest_whole(done, server)


def test_requests_carry_the_contact_address(place: Place) -> None:
    with FaultyServer(site(3)) as server:
        done = watch(listing(server), place, {"VOK_CONTACT": "desk@newsroom.example"})
        assert done.code == 0, done.stderr
        agents = {each.headers["User-Agent"] for each in server.requests}
        assert len(agents) == 1
        assert "desk@newsroom.example" in agents.pop()


def test_a_user_agent_given_with_s_keeps_the_contact(place: Place) -> None:
    with FaultyServer(site(3)) as server:
        done = watch(listing(server), place, {"VOK_CONTACT": "desk@newsroom.example", "USER_AGENT": "newsroom/2"})
        assert done.code == 0, done.stderr
        agents = {each.headers["User-Agent"] for each in server.requests}
        assert agents == {"newsroom/2 contact: desk@newsroom.example"}
