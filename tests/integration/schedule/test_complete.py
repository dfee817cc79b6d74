"""No entry of the listing is missed, whatever was interrupted before, and however the listing changes meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.commands import (
    ALWAYS,
    ONE_BY_ONE,
    QUIET,
    T0,
    Crawling,
    Serving,
    crawling,
    delivered,
    ended_by,
    faults,
    times_asked,
    wait_for,
)
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, assert_whole
from tests.support.hostile_site import HostileServer, HostileSite, Wire
from vokcrawl.sample import Answer

SETTINGS = {**QUIET, **ONE_BY_ONE}


def killed(url: str, output: Path, server: HostileServer, number: signal.Signals) -> None:
    """A crawl that is ended once all of the first two pages is delivered, and the third is not there yet."""
    before = delivered(output)
    server.disturb("/article/163/page/3/", Wire.HANG, times=1)
    with crawling(url, output, {**SETTINGS, "DOWNLOAD_TIMEOUT": 3}, fault="often") as process:
        wait_for(lambda: delivered(output) == before + 20, process)
        ended_by(process, number)


def break_off(how: str, url: str, output: Path, server: HostileServer, crawl: Crawling) -> str | None:
    """Ends a listing crawl before its third page; returns the reason that its manifest must give."""
    if how == "killed":
        killed(url, output, server, signal.SIGKILL)
        return None
    if how == "interrupted":
        killed(url, output, server, signal.SIGTERM)
        return "interrupted"
    if how == "max_pages":
        assert crawl(url, output, args={"max_pages": 2}, settings=SETTINGS).code == 0
        return "max_pages reached"
    server.site.fail("/article/163/page/3/", 500, -1)
    assert crawl(url, output, settings={**SETTINGS, "RETRY_TIMES": 0}).code == 10
    server.site.fail("/article/163/page/3/", 500, 0)
    return "a listing page failed"


@pytest.mark.parametrize("how", ["killed", "interrupted", "max_pages", "an error"])
@pytest.mark.thorough
def test_after_an_interrupted_listing_crawl_the_next_continues_to_the_last_complete_one(
    how: str, crawl: Crawling, output: Path
) -> None:
    site = HostileSite(25)
    with HostileServer(site) as server:
        url = f"{server.url}/article/163/"
        first = crawl(url, output, settings=SETTINGS)
        assert first.manifest["listings"][0]["stop_reason"] == "end of the listing"
        # Four pages of new ones, of which the next run reads two, and delivers all that those hold.
        site.publish(40)
        reason = break_off(how, url, output, server, crawl)
        assert delivered(output) == 45
        done = crawl(url, output, settings=SETTINGS)
    assert done.code == 0, done.stderr
    assert {each["id"] for each in done.articles()} == {each["id"] for each in site.truth()["articles"]}
    assert_whole_but_titles(done, site)
    (listing,) = done.manifest["listings"]
    assert (listing["stop_reason"], listing["complete"]) == ("reached pages that a complete crawl has covered", True)
    assert listing["pages"] >= 5
    broken = done.manifests()[1]
    if reason is not None:
        (listing,) = broken["listings"]
        assert (listing["stop_reason"], listing["complete"], listing["pages"]) == (reason, False, 2)
    else:
        assert broken["outcome"] == "crashed"
    assert faults(output) == []


def assert_whole_but_titles(done: Crawl, site: HostileSite) -> None:
    """Whole; but teasers that only a block had shown when the run ended were delivered without their titles."""
    truth = site.truth()
    assert_same(done.articles(), truth["articles"])
    titles = {each["id"]: each["title"] for each in truth["teasers"]}
    teasers = [{**each, "title": each["title"] or titles[each["id"]]} for each in done.teasers()]
    assert_same(teasers, truth["teasers"])


def growing(site: HostileSite, new: int) -> Callable[[Answer], Answer]:
    """A change of an answer that lets the site publish once the page is on its way."""

    def change(answer: Answer) -> Answer:
        site.publish(new)
        return answer

    return change


AJAX = "/wp-admin/admin-ajax.php"


@pytest.mark.parametrize(("new", "more"), [(1, "link"), (1, "ajax"), (12, "link")])
def test_articles_published_during_pagination_are_delivered_by_the_same_run(
    new: int, more: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(35, more=more)
    server = serve(site=site)
    # The rest moves down by so many places: what was the end of one page is shown again by the next.
    site.change("/article/163/page/2/" if more == "link" else AJAX, growing(site, new), times=1)
    done = crawl(f"{server.url}/article/163/", output, settings=SETTINGS)
    assert done.code == 0, done.stderr
    assert_whole(done, site)
    (listing,) = done.manifest["listings"]
    assert listing["complete"]


def test_a_late_item_is_found_by_a_rescan_that_looks_back_far_enough(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(150)
    url = f"{server.url}/article/163/"
    crawl(url, output, settings=QUIET)
    late = server.site.publish_late(days=9)
    found = []
    for settings in (
        {},
        {"VOK_RESCAN_HOURS": 0, "VOK_LOOKBACK_DAYS": 1},
        {"VOK_RESCAN_HOURS": 0, "VOK_LOOKBACK_DAYS": 10},
    ):
        done = crawl(url, output, settings={**QUIET, **settings})
        assert done.code == 0, done.stderr
        found.append(done.manifest["counts"])
    # Not at the top, so not by an ordinary run; nine days are more than one, and less than ten. The three pages of
    # the old part that a rescan reads as well lie before it.
    assert found == [{}, {}, {"articles": 1, "teasers": 1}]
    assert late in {each["id"] for each in done.articles()}
    assert_whole(done, server.site)


def test_a_late_item_is_found_by_a_full_crawl(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(60)
    url = f"{server.url}/article/163/"
    crawl(url, output, settings=QUIET)
    server.site.publish_late(days=7)
    done = crawl(url, output, settings=QUIET, args={"full": 1})
    assert done.manifest["counts"] == {"articles": 1, "teasers": 1}
    assert done.manifest["listings"][0]["stop_reason"] == "end of the listing"
    assert_whole(done, server.site)


def retries_in(done: Crawl) -> list[tuple[str, str, int]]:
    return [(each["id"], each["reason"], each["attempts"]) for each in done.manifest["pending_retries"]]


def test_failed_pages_are_retried_with_growing_delays_and_named_until_they_are_delivered(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(5)
    url, settings = f"{server.url}/article/163/", {**QUIET, "RETRY_TIMES": 0}
    failing = server.site.truth()["articles"][2]["id"]
    server.site.fail(failing, 503, -1)
    # Hours after the first run, and whether it is asked for then: in the next two runs, an hour later, six hours.
    for hours, attempts, code in ((0, 1, 10), (0.1, 2, 10), (0.2, 3, 10), (1, 3, 0), (1.3, 4, 10), (7, 4, 0)):
        done = crawl(url, output, settings=settings, at=T0 + timedelta(hours=hours))
        assert done.code == code, done.stderr
        assert retries_in(done) == [(failing, "http_503", attempts)]
    assert len(done.articles()) == 4
    server.site.fail(failing, 503, 0)
    done = crawl(url, output, settings=settings, at=T0 + timedelta(hours=7.4))
    assert done.code == 0, done.stderr
    assert retries_in(done) == []
    assert done.manifest["counts"] == {"articles": 1}
    assert_whole(done, server.site)


def test_a_delivered_article_that_cannot_be_rechecked_is_named_and_retried_with_growing_delays(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(5)
    url, settings = f"{server.url}/article/163/", {**ALWAYS, "VOK_RESCAN_HOURS": 1_000_000}
    assert crawl(url, output, settings=settings, at=T0).code == 0
    failing = server.site.truth()["articles"][2]["id"]
    server.site.fail(failing, 403, -1)
    for hours, attempts, code in ((1, 1, 10), (1.1, 2, 10), (1.2, 3, 10), (2, 3, 0), (2.3, 4, 10), (8, 4, 0)):
        server.reset()
        done = crawl(url, output, settings=settings, at=T0 + timedelta(hours=hours))
        assert done.code == code, done.stderr
        assert times_asked(server, failing) == (code == 10)
        assert retries_in(done) == [(failing, "http_403", attempts)]
    server.site.fail(failing, 403, 0)
    done = crawl(url, output, settings=settings, at=T0 + timedelta(hours=8.4))
    assert (done.code, done.manifest["outcome"], retries_in(done)) == (0, "nothing new", [])
    assert_whole(done, server.site)


def test_retries_are_requested_although_pagination_does_not_reach_them(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(35)
    url = f"{server.url}/article/163/"
    failing = server.site.truth()["articles"][31]["id"]
    server.site.fail(failing, 503, 4)
    assert crawl(url, output, settings=QUIET).code == 10
    server.reset()
    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert len(server.requests) == 3
    assert_whole(done, server.site)


def test_a_missing_article_that_was_never_delivered_leaves_the_retry_queue_once_confirmed(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(5)
    url = f"{server.url}/article/163/"
    gone = server.site.truth()["articles"][1]["id"]
    server.site.remove(gone, listed=True)
    pending = []
    for hours in (0, 12, 25, 26):
        server.reset()
        done = crawl(url, output, settings=QUIET, at=T0 + timedelta(hours=hours))
        pending.append((len(done.manifest["pending_retries"]), sum(gone in each.target for each in server.requests)))
    assert pending == [(1, 1), (1, 0), (0, 1), (0, 0)]
    assert done.removals() == []
    assert faults(output) == []


def test_a_limited_crawl_between_two_unlimited_ones_leaves_no_gap(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(25)
    url = f"{server.url}/article/163/"
    crawl(url, output, settings=QUIET)
    server.site.publish(40)
    truth = server.site.truth()["articles"]
    newest = truth[0]["published_on"]
    for _ in range(2):
        bounded = crawl(url, output, settings=QUIET, args={"since": newest})
        assert bounded.code == 0, bounded.stderr
    assert bounded.manifest["listings"][0]["covered_since"] == newest
    assert len(bounded.articles()) == 25 + sum(each["published_on"] == newest for each in truth)
    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert done.manifest["listings"][0]["covered_since"] is None
    assert_whole(done, server.site)


def test_a_run_with_an_earlier_bound_goes_behind_what_a_later_bound_covered(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(45)
    url = f"{server.url}/article/163/"
    truth = server.site.truth()["articles"]
    days = sorted({each["published_on"] for each in truth})
    for since in (days[-1], days[-4]):
        done = crawl(url, output, settings=QUIET, args={"since": since})
        assert_same(done.articles(), [each for each in truth if each["published_on"] >= since])
    server.reset()
    # What an earlier bound covered is enough for a later one.
    done = crawl(url, output, settings=QUIET, args={"since": days[-2]})
    assert done.manifest["outcome"] == "nothing new"
    assert len(server.requests) == 2
