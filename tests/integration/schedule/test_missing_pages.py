"""A site that redirects its missing pages to its front page: no standing alarm, and no tombstones either."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.altered_responses import redirect
from tests.support.commands import scrapy
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same
from tests.support.hostile_site import HostileSite
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

LISTING = "/article/163/"
T0 = datetime(2030, 1, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1, hours=1)


def test_articles_that_were_never_delivered_leave_the_retry_queue_after_a_second_check(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    articles = site.truth()["articles"]
    for each in articles[2:7]:
        site.change(each["id"], redirect("/"))
    first = crawl(server.url + LISTING, output, settings={"RETRY_TIMES": 0}, at=T0)
    assert first.code == 10, first.stderr
    assert first.errors["article_block_page_front_page"] == 5
    codes = [crawl(server.url + LISTING, output, at=T0 + number * DAY).code for number in (1, 2, 3)]
    assert codes == [0, 0, 0]
    done = crawl(server.url + LISTING, output, at=T0 + 4 * DAY)
    assert_same(done.articles(), [each for each in articles if each not in articles[2:7]])
    assert done.removals() == []
    # One that comes back is delivered: the listing shows it still.
    for each in articles[2:7]:
        site.change(each["id"], redirect("/"), times=0)
    after = crawl(server.url + LISTING, output, args={"full": 1}, at=T0 + 6 * DAY)
    assert after.code == 0, after.stderr
    assert_same(after.articles(), articles)


def test_checks_that_were_scheduled_while_the_clock_was_ahead_are_due_now(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(12)
    settings = {"VOK_RECHECK_DAYS": "1,7"}
    assert crawl(server.url + LISTING, output, settings=settings, at=T0 + timedelta(days=3650)).code == 0
    removed = server.site.truth()["articles"][3]
    server.site.remove(removed["id"])
    first = crawl(server.url + LISTING, output, settings=settings, at=T0)
    assert first.errors["article_not_found"] == 1, first.stderr
    done = crawl(server.url + LISTING, output, settings=settings, at=T0 + DAY)
    assert [each["id"] for each in done.removals()] == [removed["id"]]


def test_status_shows_an_article_that_answered_404_once_as_possibly_removed(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(12)
    always = {"VOK_RECHECK_DAYS": "0", "RETRY_TIMES": 0}
    assert crawl(server.url + LISTING, output, settings=always, at=T0).code == 0
    assert "Possibly removed" not in scrapy("status", output=output).stdout
    removed = server.site.truth()["articles"][3]
    server.site.remove(removed["id"])
    done = crawl(server.url + LISTING, output, settings=always, at=T0 + timedelta(hours=6))
    assert (done.code, done.removals()) == (0, []), done.stderr
    line = f"Possibly removed by the site: 1\n  {removed['url']}: 404 since 2030-01-01T12:"
    assert line in scrapy("status", output=output).stdout
    done = crawl(server.url + LISTING, output, settings=always, at=T0 + timedelta(hours=6) + DAY)
    assert [each["id"] for each in done.removals()] == [removed["id"]]
    assert "Possibly removed" not in scrapy("status", output=output).stdout


def test_delivered_articles_are_not_called_removed(crawl: Crawling, serve: Serving, output: Path) -> None:
    site = HostileSite(12, validators=False)
    server = serve(site=site)
    always = {"VOK_RECHECK_DAYS": "0", "RETRY_TIMES": 0}
    assert crawl(server.url + LISTING, output, settings=always, at=T0).code == 0
    for each in site.truth()["articles"][2:7]:
        site.change(each["id"], redirect("/"))
    first = crawl(server.url + LISTING, output, settings=always, at=T0 + DAY)
    assert first.code == 10, first.stderr
    for number in (2, 3, 4):
        done = crawl(server.url + LISTING, output, settings=always, at=T0 + number * DAY)
        assert done.code == 0, done.stderr
        assert done.errors["article_block_page_front_page"] == 5
    assert done.removals() == []
    assert done.manifest["pending_retries"] == []
