"""A scheduled run without anything new costs the site one or two requests."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.commands import QUIET, T0, Crawling, Serving, articles_asked, asked, contents, listings_asked
from tests.support.expected_records import assert_whole, data_files


@pytest.mark.parametrize("more", ["link", "ajax"])
def test_what_a_run_asks_for_is_the_first_page_and_what_is_new(
    more: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    """Idle: one request, conditional. After new articles: those, the pages that hold them, and at most three more."""
    server = serve(45, more=more)
    url = f"{server.url}/article/163/"
    assert crawl(url, output, settings=QUIET).code == 0
    before = {name: content for name, content in contents(output).items() if name in data_files(output)}

    server.reset()
    idle = crawl(url, output, settings=QUIET)
    assert (idle.code, idle.manifest["outcome"]) == (0, "nothing new"), idle.stderr
    (asked_for,) = asked(server)
    assert asked_for.status == 304
    assert {"If-None-Match", "If-Modified-Since"} <= asked_for.headers.keys()
    assert {name: content for name, content in contents(output).items() if name in data_files(output)} == before

    for new, pages in ((5, 1), (13, 2)):
        published = server.site.publish(new)
        server.reset()
        done = crawl(url, output, settings=QUIET)
        assert (done.code, done.manifest["outcome"]) == (0, "done"), done.stderr
        assert done.manifest["counts"] == {"articles": new, "teasers": new}
        assert len(asked(server)) <= new + pages + 3, [each.target for each in asked(server)]
        assert sorted(each.target.split("/")[2] for each in articles_asked(server)) == sorted(published)
    assert_whole(done, server.site)


def test_an_idle_run_asks_at_most_twice_of_a_site_that_gives_no_validators(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(25, validators=False)
    crawl(f"{server.url}/article/163/", output, settings=QUIET)
    server.reset()
    idle = crawl(f"{server.url}/article/163/", output, settings=QUIET)
    assert (idle.code, idle.manifest["outcome"]) == (0, "nothing new"), idle.stderr
    assert [each.status for each in asked(server)] in ([200], [200, 200])


@pytest.mark.parametrize("start", ["/newstream/", "an article"])
def test_an_idle_run_asks_at_most_twice_wherever_it_begins(
    start: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(25)
    url = server.site.truth()["articles"][3]["url"] if start == "an article" else server.url + start
    assert crawl(url, output, settings=QUIET).code == 0
    server.reset()
    idle = crawl(url, output, settings=QUIET)
    assert (idle.code, idle.manifest["outcome"]) == (0, "nothing new"), idle.stderr
    assert len(asked(server)) <= 2


@pytest.mark.thorough
def test_what_a_run_asks_for_does_not_grow_with_the_archive(crawl: Crawling, serve: Serving, tmp_path: Path) -> None:
    costs = []
    for size in (30, 150):
        server = serve(size)
        crawl(f"{server.url}/article/163/", tmp_path / str(size), settings=QUIET)
        server.site.publish(3)
        server.reset()
        done = crawl(f"{server.url}/article/163/", tmp_path / str(size), settings=QUIET)
        assert done.manifest["counts"] == {"articles": 3, "teasers": 3}
        costs.append(len(asked(server)))
    assert costs[0] == costs[1]


def test_once_a_day_a_run_reads_the_familiar_pages_of_the_last_week_too(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    """With the defaults: VOK_RESCAN_HOURS=24, VOK_LOOKBACK_DAYS=7; the sample site shows eight articles a day."""
    server = serve(100)
    url, settings = f"{server.url}/article/163/", {"VOK_RECHECK_DAYS": ""}
    crawl(url, output, settings=settings, at=T0)
    pages = []
    for hours in (23, 25, 26):
        server.reset()
        done = crawl(url, output, settings=settings, at=T0 + timedelta(hours=hours))
        assert (done.code, done.manifest["outcome"]) == (0, "nothing new"), done.stderr
        (listing,) = done.manifest["listings"]
        pages.append((len(listings_asked(server)), listing["rescan"]))
    # Seven days are 56 articles; the first page is read again at the end, and three pages of the old part.
    assert pages[0] == (1, False)
    assert pages[1][1]
    assert 10 <= pages[1][0] <= 12
    assert pages[2] == (1, False)
