"""Results that look complete but are not: pinned entries, partial pages, replaced components, a damaged state."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.altered_responses import reply
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, assert_whole
from tests.support.hostile_site import HostileSite, with_body
from vokcrawl.sample import Answer, SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

LISTING, AJAX = "/article/163/", "/wp-admin/admin-ajax.php"
QUIET = {"VOK_RECHECK_DAYS": "", "RETRY_TIMES": 0}


class Pinned(HostileSite):
    """A site that shows its newest entry on top of every batch, in addition to what was asked for."""

    def answer(self, method: str, target: str, headers: Any) -> Answer:
        answer = super().answer(method, target, headers)
        start = parse_qs(urlsplit(target).query).get("from", ["0"])[0]
        if not target.startswith(AJAX) or start == "0" or b"<article" not in answer.body:
            return answer
        first = super().answer(method, re.sub(r"from=\d+", "from=0", target), headers).body
        items = re.split(rb"(?=<article)", first)
        pinned = next(each for each in items if each.startswith(b"<article")).partition(b"</article>")[0]
        return with_body(answer, answer.body.replace(b"<article", pinned + b"</article>\n<article", 1))


def test_an_entry_that_is_pinned_on_top_of_every_batch_hides_no_other(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(site=Pinned(45, more="ajax"))
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)


@pytest.mark.parametrize("status", [201, 203, 206, 226])
def test_an_article_that_is_answered_with_another_success_than_200_is_retried_and_not_delivered(
    status: int, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(6)
    server = serve(site=site)
    articles = site.truth()["articles"]
    part = articles[2]["id"]

    def with_status(answer: Answer) -> Answer:
        return Answer(status, answer.headers, answer.body)

    site.change(part, with_status)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 10, done.stderr
    assert done.errors[f"article_http_{status}"] == 1
    assert_same(done.articles(), [each for each in articles if each["id"] != part])
    site.change(part, with_status, times=0)
    after = crawl(server.url + LISTING, output, settings=QUIET)
    assert after.code == 0, after.stderr
    assert_same(after.articles(), articles)


def test_a_relative_address_in_a_sitemap_index_is_requested_as_it_was_checked(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(12, sitemap=True)
    server = serve(site=site)
    site.change(LISTING, reply("<html><body><h1>Not found</h1></body></html>", status=404))
    site.change("/newstream/", reply("<html><body><h1>Not found</h1></body></html>", status=404))
    site.change(
        "/sitemap_index.xml", lambda answer: with_body(answer, answer.body.replace(server.url.encode() + b"/", b"/"))
    )
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_same(done.articles(), site.truth()["articles"])


PAUSING = "vokcrawl.downloader.downloader.PausingDownloader"
REPLACED = [
    ("ITEM_PIPELINES", "{}", "vokcrawl.pipelines.ValidationPipeline is missing"),
    (
        "ITEM_PIPELINES",
        '{"vokcrawl.pipelines.ValidationPipeline": 100}',
        "vokcrawl.pipelines.DeduplicationPipeline is missing",
    ),
    ("EXTENSIONS", "{}", "vokcrawl.extensions.run.RunExtension is missing"),
    ("DOWNLOADER_MIDDLEWARES", "{}", "vokcrawl.downloader.middlewares.offsite.OnSiteMiddleware is missing"),
    (
        "DOWNLOADER",
        "scrapy.core.downloader.Downloader",
        f"'scrapy.core.downloader.Downloader' is not {PAUSING} or a subclass of it",
    ),
]


@pytest.mark.parametrize(("name", "value", "message"), REPLACED)
def test_a_required_component_that_is_replaced_is_named_and_nothing_is_sent(
    name: str, value: str, message: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(3)
    done = crawl(server.url + LISTING, output, settings={name: value})
    assert done.code == 2, done.stderr
    assert f"{name}: {message}" in done.stderr
    assert "Traceback" not in done.stderr
    assert server.requests == []


def test_a_url_in_the_state_that_cannot_be_requested_is_named_and_costs_nothing_else(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(6)
    server = serve(site=site)
    failing = site.truth()["articles"][2]["id"]
    site.fail(failing, 503, -1)
    assert crawl(server.url + LISTING, output, settings=QUIET).code == 10
    with closing(sqlite3.connect(output / "state.sqlite3", isolation_level=None)) as state:
        assert state.execute("UPDATE retries SET url = 'no address'").rowcount == 1
    site.publish(2)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 10, done.stderr
    assert done.errors["stored_url_unreadable"] == 1
    assert done.manifest["counts"]["articles"] == 2


def test_a_stored_route_that_cannot_be_read_is_named_and_discovered_again(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    assert crawl(server.url + "/newstream/", output, settings=QUIET).code == 0
    with closing(sqlite3.connect(output / "state.sqlite3", isolation_level=None)) as state:
        assert state.execute("UPDATE routes SET route = 'no route'").rowcount == 1
    site.publish(2)
    done = crawl(server.url + "/newstream/", output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert done.errors["stored_route_unreadable"] == 1
    assert_whole(done, site)
