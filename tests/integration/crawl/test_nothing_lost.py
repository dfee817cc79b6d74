"""Sites that pin, remove, cache and hide entries, or go by several names: nothing is lost, or the run says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.altered_responses import NOT_FOUND, redirect
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, assert_whole
from tests.support.hostile_site import HostileSite, with_body
from vokcrawl.sample import Answer, SampleServer, SampleSite

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

LISTING, STREAM, AJAX = "/article/163/", "/newstream/", "/wp-admin/admin-ajax.php"
QUIET = {"VOK_RECHECK_DAYS": "", "RETRY_TIMES": 0}
T0 = datetime(2030, 1, 1, 6, tzinfo=UTC)


def offset_of(target: str) -> int | None:
    """The offset of a batch; None for any other request."""
    return int(parse_qs(urlsplit(target).query)["from"][0]) if target.startswith(AJAX) else None


def page_of(target: str) -> int | None:
    """The number of a further page of the listing; None for any other request."""
    found = re.match(LISTING + r"page/(\d+)/", target)
    return int(found[1]) if found else None


def assert_has_all(done: Crawl, site: SampleSite) -> None:
    """Every article that is on the site now was delivered, once."""
    delivered = [each["id"] for each in done.articles()]
    assert len(delivered) == len(set(delivered))
    assert {each["id"] for each in site.truth()["articles"]} <= set(delivered)


class Pinned(HostileSite):
    """A site that shows two entries on top of every batch, in addition to what was asked for."""

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        answer = super().answer(method, target, headers)
        if not offset_of(target) or b"<article" not in answer.body:
            return answer
        first = super().answer(method, re.sub(r"from=\d+", "from=0", target), headers).body
        items = [each for each in re.split(rb"(?=<article)", first) if each.startswith(b"<article")][:2]
        return with_body(answer, answer.body.replace(b"<article", b"".join(items) + b"<article", 1))


class Shrinking(HostileSite):
    """A site that removes three of its newest entries when a deep page is asked for."""

    def __init__(
        self, articles: int, is_deep: Callable[[str], bool], removed: slice = slice(2, 5), **options: Any
    ) -> None:
        super().__init__(articles, **options)
        self._is_deep, self._removed, self.gone = is_deep, removed, list[str]()

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        if not self.gone and self._is_deep(target):
            self.gone = [each["id"] for each in self.truth()["articles"][self._removed]]
            for each in self.gone:
                self.remove(each)
        return super().answer(method, target, headers)


class Cached(HostileSite):
    """A site some of whose pages come from a cache that is older than its five newest entries."""

    def __init__(self, articles: int, is_cached: Callable[[str], bool], **options: Any) -> None:
        super().__init__(articles, **options)
        self._is_cached, self._old = is_cached, HostileSite(articles, **options)
        self.publish(5)

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        if not self._is_cached(target):
            return super().answer(method, target, headers)
        self._old.base_url = self.base_url
        return self._old.answer(method, target, headers)


def test_ajax_batches_with_pinned_entries_hide_no_other(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(site=Pinned(65, more="ajax"))
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)


DEEP = {"ajax": lambda target: (offset_of(target) or 0) >= 25, "link": lambda target: page_of(target) == 4}


@pytest.mark.parametrize("more", DEEP)
def test_entries_that_move_up_when_newer_ones_are_removed_are_delivered(
    more: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = Shrinking(65, DEEP[more], more=more)
    server = serve(site=site)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert len(site.gone) == 3
    assert done.code == 0, done.stderr
    assert_has_all(done, site)


@pytest.mark.parametrize("removed", [slice(7, 10), slice(12, 14)], ids=["last of the first page", "second page"])
def test_entries_that_move_up_between_numbered_pages_are_delivered(
    removed: slice, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = Shrinking(65, DEEP["link"], removed)
    server = serve(site=site)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert len(site.gone) == removed.stop - removed.start
    assert done.code == 0, done.stderr
    assert_has_all(done, site)


def test_entries_that_longer_pages_have_passed_over_are_delivered(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    class Growing(HostileSite):
        """A site whose pages have five entries more from the eighth on: the first ones show nothing of that."""

        def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
            if page_of(target) == 8:
                longer.base_url = self.base_url
                self.is_longer = True
            answering = longer if self.is_longer and target.startswith(LISTING) else super()
            return answering.answer(method, target, headers)

        is_longer = False

    site, longer = Growing(125, validators=False), HostileSite(125, page_size=15, validators=False)
    server = serve(site=site)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_has_all(done, site)


def test_entries_between_a_batch_and_an_older_one_from_a_cache_are_delivered(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = Cached(65, lambda target: (offset_of(target) or 0) % 3 == 1, more="ajax")
    server = serve(site=site)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_has_all(done, site)


def test_entries_that_a_cached_page_hid_are_delivered_once_the_cache_is_renewed(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    cached = {2, 3}
    site = Cached(65, lambda target: page_of(target) in cached)
    server = serve(site=site)
    crawl(server.url + LISTING, output, settings=QUIET, at=T0)
    cached.clear()
    done = crawl(server.url + LISTING, output, settings=QUIET, at=T0 + timedelta(days=1, hours=1))
    assert done.code == 0, done.stderr
    assert_has_all(done, site)


def without_links_onward(answer: Answer) -> Answer:
    return with_body(answer, re.sub(rb'<p class="more-link">.*?</p>', b"", answer.body, flags=re.DOTALL))


def search_site() -> HostileSite:
    """A site of which only the search can be read; it names no next page, and days hold more than a page shows."""
    site = HostileSite(45, search="link", page_size=3)
    site.change(LISTING, NOT_FOUND)
    site.change(STREAM, NOT_FOUND)
    site.change("/", without_links_onward)
    return site


def test_days_of_a_search_that_fill_their_page_without_a_link_onward_are_read_whole(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = search_site()
    server = serve(site=site)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_same(done.articles(), site.truth()["articles"])


def test_full_days_of_a_search_that_shows_the_same_page_again_are_not_taken_for_whole(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    class FirstPageOnly(HostileSite):
        """A search that shows the first page of its results, whichever page was asked for."""

        def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
            return super().answer(method, re.sub(r"&paged=\d+", "", target), headers)

    site = FirstPageOnly(45, search="link", page_size=3)
    site.change(LISTING, NOT_FOUND)
    site.change("/", without_links_onward)
    server = serve(site=site)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert len(done.articles()) < 45
    assert done.code == 12, done.stderr
    assert done.errors["search_day_cut"] >= 3
    assert ("search", "search_shows_too_little") in [
        (each["strategy"], each["reason"]) for each in done.manifest["discovery_attempts"]
    ]


def test_links_that_give_the_site_another_host_than_the_start_url_leave_the_run_incomplete_and_name_the_setting(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(45)
    start = server.url.replace("127.0.0.1", "localhost")
    done = crawl(start + LISTING, output, settings=QUIET)
    assert done.code == 10, done.stderr
    host = server.url.removeprefix("http://")
    assert f"article links lead to {host}; if that is the same site, use it in VOK_START_URLS" in done.stderr
    both = crawl(None, output, settings={**QUIET, "VOK_START_URLS": f"{start}{LISTING},{server.url}{LISTING}"})
    assert both.code == 0, both.stderr
    assert_has_all(both, server.site)


def test_a_start_url_that_is_redirected_to_another_host_of_the_site_names_the_setting(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(3)
    server = serve(site=site)
    site.change(LISTING, redirect(server.url.replace("127.0.0.1", "localhost") + LISTING))
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 14, done.stderr
    moved = f"is redirected to {server.url.replace('127.0.0.1', 'localhost')}{LISTING}"
    assert f"{server.url}{LISTING} {moved}; if that is the same site, use it in VOK_START_URLS" in done.stderr


def test_a_passing_error_of_a_cdn_is_retried(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(15)
    articles = server.site.truth()["articles"]
    for each, status in zip(articles, [502, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530], strict=False):
        server.site.fail(each["id"], status)
    server.site.fail(LISTING, 522)
    server.site.fail(LISTING + "page/2/", 520)
    done = crawl(server.url + LISTING, output)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
