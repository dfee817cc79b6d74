"""Sitemaps where sites keep them, packed or not, and sitemaps and feeds to start from."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from tests.support.altered_responses import NOT_FOUND, reply
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same
from tests.support.hostile_site import HostileSite
from vokcrawl.sample import Answer, SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

LISTING, STREAM, INDEX = "/article/163/", "/newstream/", "/sitemap_index.xml"
QUIET = {"VOK_RECHECK_DAYS": "", "RETRY_TIMES": 0}


class MovedSitemap(HostileSite):
    """A site whose listings are gone, and whose sitemap stands at another address; its files can be packed."""

    def __init__(self, at: str, robots: str = "", packed: bool = False) -> None:
        super().__init__(12, sitemap=True)
        self._at, self._packed = at, packed
        for path in (LISTING, STREAM):
            self.change(path, NOT_FOUND)
        self.change("/robots.txt", lambda _: reply(robots.format(site=self.base_url), kind="text/plain"))

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        if target == INDEX:
            return NOT_FOUND
        if not self._packed:
            return super().answer(method, INDEX if target == self._at else target, headers)
        plain = target.removesuffix(".gz")
        if target == self._at:
            body = super().answer(method, INDEX, headers).body.replace(b".xml<", b".xml.gz<")
        elif plain.endswith(".xml") and plain != target:
            body = super().answer(method, plain, headers).body
        else:
            return super().answer(method, target, headers)
        return reply(gzip.compress(body), kind="application/x-gzip")


def listing_of(done: Crawl) -> str:
    (found,) = [each["url"] for each in done.manifest["listings"] if each["strategy"] == "sitemap"]
    return str(found)


def test_the_sitemap_of_wordpress_is_found(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(site=MovedSitemap("/wp-sitemap.xml"))
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert listing_of(done) == server.url + "/wp-sitemap.xml"
    assert_same(done.articles(), server.site.truth()["articles"])


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_sitemap_that_robots_txt_names_is_found(packed: bool, crawl: Crawling, serve: Serving, output: Path) -> None:
    at = "/maps/all.xml" + (".gz" if packed else "")
    robots = f"Sitemap: https://elsewhere.example/sitemap.xml\nSitemap: {{site}}{at}\nUser-agent: *\nDisallow:\n"
    server = serve(site=MovedSitemap(at, robots, packed))
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert listing_of(done) == server.url + at
    assert_same(done.articles(), server.site.truth()["articles"])


@pytest.mark.parametrize("start", ["/wp-sitemap.xml", "/post-sitemap1.xml"])
def test_a_sitemap_may_be_the_start_url(start: str, crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(site=MovedSitemap("/wp-sitemap.xml"))
    done = crawl(server.url + start, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_same(done.articles(), server.site.truth()["articles"])
    server.site.publish(2)
    server.reset()
    again = crawl(server.url + start, output, settings=QUIET)
    assert again.code == 0, again.stderr
    assert_same(again.articles(), server.site.truth()["articles"])
    assert sum(each.target.startswith("/newstream/1") for each in server.requests) == 2


def rss(site: HostileSite) -> str:
    items = "".join(
        f"<item><title>{escape(each['title'])}</title><link>{each['url']}</link>"
        f"<pubDate>{format_datetime(datetime.now(UTC))}</pubDate></item>\n"
        for each in site.truth()["articles"]
    )
    channel = f"<title>KCNA Watch</title><link>{site.base_url}</link>{items}"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>{channel}</channel></rss>'


def atom(site: HostileSite) -> str:
    entries = "".join(
        f'<entry><title>{escape(each["title"])}</title><link rel="self" href="{site.base_url}/x"/>'
        f'<link href="{each["url"]}"/></entry>\n'
        for each in site.truth()["articles"]
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><link href="{site.base_url}/newstream/"/>{entries}</feed>'


@pytest.mark.parametrize(("start", "feed"), [("/newstream/feed/", rss), ("/newstream/atom/", atom)])
def test_a_feed_may_be_the_start_url(
    start: str, feed: Callable[[HostileSite], str], crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(8)
    server = serve(site=site)
    site.change(start, lambda _: reply(feed(site), kind="application/xml"))
    done = crawl(server.url + start, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_same(done.articles(), site.truth()["articles"])
    assert crawl(server.url + start, output, settings=QUIET).code == 0


def test_a_host_may_be_an_ipv6_address(crawl: Crawling, output: Path) -> None:
    with SampleServer(HostileSite(14), host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        done = crawl(server.url + LISTING, output)
        assert done.code == 0, done.stderr
        assert_same(done.articles(), server.site.truth()["articles"])
