"""Source discovery: from the stream of all sources to the source's listing, and again when the route is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.crawling import Crawl
from tests.support.expected_records import assert_whole
from tests.support.hostile_site import HostileSite, with_body
from vokcrawl.sample import Answer, SampleServer

Serve = Callable[..., SampleServer]
RunCrawl = Callable[..., Crawl]
STREAM, LISTING = "/newstream/", "/article/163/"
NOT_FOUND = Answer(404, [("Content-Type", "text/html; charset=utf-8")], b"<html><body><p>Not found</p></body></html>")
EMPTY = Answer(200, [("Content-Type", "text/html; charset=utf-8")], b"<html><body><p>Nothing here</p></body></html>")


def xml(body: str) -> Answer:
    return Answer(200, [("Content-Type", "application/xml")], f'<?xml version="1.0"?>{body}'.encode())


def index_of(base: str) -> Answer:
    return xml(
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"<sitemap><loc>{base}/pages.xml</loc><lastmod>2018-01-01</lastmod></sitemap>"
        f"<sitemap><loc>{base}/news.xml</loc><lastmod>2024-12-10</lastmod></sitemap></sitemapindex>"
    )


def urls_of(urls: list[str]) -> Answer:
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return xml(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>')


def paths(server: SampleServer) -> list[str]:
    return [urlsplit(request.target).path for request in server.requests if request.target != "/robots.txt"]


def listings(done: Crawl) -> dict[str, dict[str, object]]:
    return {urlsplit(each["url"]).path: each for each in done.manifest["listings"]}


@pytest.mark.parametrize("more", ["link", "ajax"])
def test_a_stream_leads_to_the_sources_listing_and_the_next_run_goes_straight_there(
    serve: Serve, crawl: RunCrawl, output: Path, more: str
) -> None:
    site = HostileSite(25, more=more)
    server = serve(site=site)
    first = crawl(server.url + STREAM, output)
    assert first.code == 0
    assert_whole(first, site)
    assert paths(server).count(STREAM) == 1
    (led,) = [each for each in first.manifest["listings"] if each["discovered_from"]]
    assert (led["found_by"], led["complete"]) == ("article page", True)
    server.reset()
    second = crawl(server.url + STREAM, output)
    assert (second.code, second.manifest["outcome"]) == (0, "nothing new")
    assert len(paths(server)) == 1
    assert STREAM not in paths(server)
    assert second.manifest["listings"][0]["found_by"] == "stored route"


@pytest.mark.parametrize("answer", [NOT_FOUND, EMPTY], ids=["not found", "without teasers"])
def test_a_stored_route_that_no_longer_works_is_discovered_again_and_reported(
    serve: Serve, crawl: RunCrawl, output: Path, answer: Answer
) -> None:
    site = HostileSite(25)
    server = serve(site=site)
    assert crawl(server.url + STREAM, output).code == 0
    site.publish(2)
    site.change(LISTING, answer)
    again = crawl(server.url + STREAM, output)
    assert any(name.startswith("route_") for name in again.errors)
    assert_whole(again, site)
    assert again.code == 0


def only_others(answer: Answer) -> Answer:
    """The stream's page without the wanted source's items."""
    items = re.split(rb"(?=<article)", answer.body)
    return with_body(
        answer, b"".join(each for each in items if b"/uploads/" in each and b"Voice-of-Korea-EN" not in each)
    )


def test_a_stream_without_the_source_on_its_first_page_is_left_for_the_search(
    serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(25)
    server = serve(site=site)

    def others_and_more(answer: Answer) -> Answer:
        more = re.search(rb"<a[^>]*>\s*More Articles\s*</a>", answer.body)
        kept = only_others(answer)
        return with_body(answer, b"<html><body>" + kept.body + (more[0] if more else b"") + b"</body></html>")

    site.change(STREAM, others_and_more)
    site.change("/", site.answer("GET", LISTING, {}))
    done = crawl(server.url + STREAM, output)
    assert done.code == 0
    assert_whole(done, site)
    assert done.manifest["discovery_attempts"][0]["strategy"] == "listing"
    assert listings(done)[LISTING]["found_by"] == "article page"
    assert any(parse_qs(urlsplit(request.target).query).get("s") for request in server.requests)


def test_a_stream_that_cannot_be_read_is_left_for_the_sitemap_when_the_search_finds_nothing(
    serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(25)
    server = serve(site=site)
    truth = site.truth()
    others = [f"{server.url}/newstream/{identity}/x/" for identity in truth["others"][:1]]
    site.change(STREAM, EMPTY)
    site.change("/", EMPTY)
    site.change("/sitemap_index.xml", index_of(server.url))
    site.change("/news.xml", urls_of([each["url"] for each in truth["articles"][:2]] + others))
    done = crawl(server.url + STREAM, output)
    assert done.code == 0, done.stderr[-2000:]
    assert_whole(done, site)
    assert [each["strategy"] for each in done.manifest["discovery_attempts"]] == ["listing", "search"]
    assert paths(server).count("/news.xml") == 1
    assert "/pages.xml" not in paths(server)


def test_a_site_without_a_route_to_the_source_ends_with_12_and_lists_the_attempts(
    serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>'
    site.change(STREAM, EMPTY)
    site.change("/", EMPTY)
    site.change("/sitemap_index.xml", xml(bomb))
    done = crawl(server.url + STREAM, output)
    assert done.code == 12
    assert [each["strategy"] for each in done.manifest["discovery_attempts"]] == ["listing", "search", "sitemap"]
    assert done.articles() == []


def test_a_listing_that_never_shows_the_source_ends_with_12(serve: Serve, crawl: RunCrawl, output: Path) -> None:
    server = serve(12)
    done = crawl(server.url + LISTING, output, settings={"VOK_SOURCE": "Voice of Corea (EN)"})
    assert done.code == 12
    assert "VOK_SOURCE" in done.stderr


@pytest.mark.parametrize("more", ["ajax", "script"])
def test_the_number_of_the_source_leads_straight_from_the_stream_to_its_listing(
    serve: Serve, crawl: RunCrawl, output: Path, more: str
) -> None:
    site = HostileSite(25, more=more)
    server = serve(site=site)
    done = crawl(server.url + STREAM, output, settings={"VOK_SOURCE_ID": 189901})
    assert done.code == 0, done.stderr[-2000:]
    assert_whole(done, site)
    assert STREAM not in paths(server)
    (crawled,) = done.manifest["listings"]
    assert (crawled["found_by"], crawled["strategy"], crawled["complete"]) == ("VOK_SOURCE_ID", "ajax", True)


# One that the site's call does not know, and one that is another source's.
@pytest.mark.parametrize("number", [163, 190036])
@pytest.mark.parametrize("start", [STREAM, LISTING])
def test_a_wrong_source_id_is_reported_and_the_next_discovery_strategy_used(
    serve: Serve, crawl: RunCrawl, output: Path, start: str, number: int
) -> None:
    site = HostileSite(35, more="script", search="button", others=72)
    server = serve(site=site)
    done = crawl(server.url + start, output, settings={"VOK_SOURCE_ID": number, "RETRY_TIMES": 0})
    assert done.code == 0, done.stderr[-3000:]
    assert_whole(done, site)
    assert f"VOK_SOURCE_ID={number}" in done.stderr
    # Twice at most, each time at most three calls: by offset, one entry back, and with `to` as the end of a range.
    assert sum(f"id={number}" in request.target for request in server.requests) <= 6
    assert [each["strategy"] for each in done.manifest["listings"] if each["complete"]] == ["search"]


def test_the_call_by_number_behind_a_stream_begins_with_the_sources_first_article(
    serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(35, more="script")
    server = serve(site=site)
    # The call is out of order when the crawl begins with it, so the stream is crawled instead.
    site.change("/wp-admin/admin-ajax.php", Answer(503, [("Content-Type", "text/html")], b"<p>busy</p>"), times=1)
    done = crawl(server.url + STREAM, output, settings={"VOK_SOURCE_ID": 189901, "RETRY_TIMES": 0})
    assert done.code == 0, done.stderr[-3000:]
    assert_whole(done, site)
    called = [parse_qs(urlsplit(request.target).query) for request in server.requests if "from=" in request.target]
    assert [int(each["from"][0]) for each in called][:3] == [0, 0, 9]


class EndIndexed(HostileSite):
    """A site whose call takes `to` for the index behind the last item, not for a size."""

    def answer(self, method: str, target: str, headers: object) -> Answer:
        query = parse_qs(urlsplit(target).query)
        if "from" in query:
            start, end = int(query["from"][0]), int(query["to"][0])
            if end <= start:
                return Answer(200, [("Content-Type", "text/html; charset=utf-8")], b"")
            target = re.sub(r"to=\d+", f"to={end - start}", target)
        return super().answer(method, target, headers)  # type: ignore[arg-type]


@pytest.mark.parametrize("skin", ["classic", "plain"])
def test_whether_to_is_a_size_or_an_end_is_found_out(serve: Serve, crawl: RunCrawl, output: Path, skin: str) -> None:
    site = EndIndexed(34, more="ajax", skin=skin)
    server = serve(site=site)
    done = crawl(server.url + LISTING, output)
    assert done.code == 0, done.stderr[-2000:]
    assert_whole(done, site)
