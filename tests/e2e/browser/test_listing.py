"""A listing that needs a browser, paginated with a real Splash and with a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.archive_reader import archive, of_kind
from tests.support.crawling import Crawl
from tests.support.expected_records import Record, assert_same, assert_whole
from vokcrawl.downloader.rendering.result import read_answer
from vokcrawl.pages.routes import MOST_CLICKS, BrowserRoute, route_from, route_to_text
from vokcrawl.sample import SampleServer, SampleSite
from vokcrawl.sample.script import MORE_SCRIPT
from vokcrawl.sample.site import Answer
from vokcrawl.sample.views import AJAX_PATH, SCRIPT_PATH

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]
Settings = dict[str, object]
QUIET = {"VOK_RESCAN_HOURS": 1_000_000, "VOK_RECHECK_DAYS": ""}


class Altered(SampleSite):
    """A site whose answers for some paths, without their queries, are others."""

    altered: Mapping[str, tuple[int, list[tuple[str, str]], bytes]] = {}

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        found = self.altered.get(target.partition("?")[0])
        return super().answer(method, target, headers) if found is None else Answer(*found)


def altered(path: str, body: str, kind: str = "text/html") -> Altered:
    site = Altered(25, faults=(), more="script")
    site.altered = {path: (200, [("Content-Type", kind)], body.encode())}
    return site


def calls(server: SampleServer) -> list[str]:
    return [seen.target for seen in server.requests if seen.target.startswith(AJAX_PATH)]


def kept(records: list[Record]) -> list[Record]:
    """Records without what differs from run to run, and from address to address."""
    own = ("run_id", "first_seen_at", "fetched_at", "found_on", "position", "url", "images", "archived_as")
    return sorted(({k: v for k, v in each.items() if k not in own} for each in records), key=lambda each: each["id"])


def assert_kept_as_rendered(output: Path, site: str) -> None:
    """What the browser gave is kept as such, under an address of its own, and nothing that went to Splash beside it."""
    records = archive(output)
    steps = of_kind(records, "resource")
    assert steps
    for step in steps:
        assert step.url == f"urn:rendered:{site}/article/163/"
        assert step.headers["content-type"] == "application/json"
        assert step.headers["warc-payload-digest"] == step.headers["warc-block-digest"]
        assert read_answer(step.block).pages
    rest = [rec for rec in records if rec.kind not in ("warcinfo", "resource")]
    assert all(rec.url.startswith(f"{site}/") for rec in rest)
    assert b"lua" not in b"".join(rec.block for rec in rest)


@pytest.mark.parametrize("skin", ["classic", "plain"])
def test_link_ajax_and_a_browser_give_the_same_records(
    crawl: Crawling, serve: Serving, rendering: Settings, tmp_path: Path, skin: str
) -> None:
    done: dict[str, Crawl] = {}
    # With the other skin, link and ajax have their own test (tests/crawl).
    for more in ("link", "ajax", "script") if skin == "classic" else ("script",):
        server = serve(45, skin=skin, more=more)
        done[more] = crawl(f"{server.url}/article/163/", tmp_path / more, settings=rendering)
        assert done[more].code == 0, done[more].stderr
        assert_whole(done[more], server.site)
    assert_kept_as_rendered(done["script"].output, server.url)
    for kind in ("articles", "teasers"):
        same = [kept(each.records(kind)) for each in done.values()]
        assert all(each == same[0] for each in same)
    listing = done["script"].manifest["listings"][0]
    assert (listing["strategy"], listing["stop_reason"], listing["pages"]) == ("browser", "end of the listing", 5)


def test_a_second_run_needs_no_browser_and_one_with_news_no_more_than_one_step(
    crawl: Crawling, serve: Serving, rendering: Settings, output: Path
) -> None:
    server = serve(25, more="script")
    settings = {**QUIET, **rendering}
    assert crawl(f"{server.url}/article/163/", output, settings=settings).code == 0
    server.reset()
    idle = crawl(f"{server.url}/article/163/", output, settings=settings)
    assert (idle.code, idle.manifest["outcome"]) == (0, "nothing new")
    assert [seen.target for seen in server.requests] == ["/robots.txt", "/article/163/"]
    server.site.publish(2)
    server.reset()
    done = crawl(f"{server.url}/article/163/", output, settings=settings)
    assert done.code == 0
    assert done.manifest["listings"][0]["stop_reason"] == "reached pages that a complete crawl has covered"
    assert_whole(done, server.site)


def test_max_pages_bounds_the_clicks(crawl: Crawling, serve: Serving, rendering: Settings, output: Path) -> None:
    server = serve(45, more="script")
    done = crawl(f"{server.url}/article/163/", output, args={"max_pages": 2}, settings=rendering)
    assert done.code == 0, done.stderr
    assert len(calls(server)) == 1
    listing = done.manifest["listings"][0]
    assert (listing["pages"], listing["entries"], listing["stop_reason"]) == (2, 20, "max_pages reached")


def test_pagination_by_browser_clicks_also_where_a_link_would_do(
    crawl: Crawling, serve: Serving, rendering: Settings, output: Path
) -> None:
    server = serve(25, more="link")
    env = {name: f"{value}/" for name, value in rendering.items() if name == "SPLASH_URL"}
    settings = {**rendering, "VOK_PAGINATION": "browser"} if not env else {"VOK_PAGINATION": "browser"}
    done = crawl(f"{server.url}/article/163/", output, settings=settings, env=env)
    assert done.code == 0, done.stderr
    assert done.manifest["listings"][0]["strategy"] == "browser"
    assert_whole(done, server.site)


@pytest.mark.parametrize("start", ["stream", "article"])
def test_a_browser_follows_the_block_of_an_articles_page_into_the_listing(
    crawl: Crawling, serve: Serving, rendering: Settings, output: Path, start: str
) -> None:
    server = serve(25, more="script")
    truth = server.site.truth()
    start_url = f"{server.url}/newstream/" if start == "stream" else truth["articles"][4]["url"]
    settings = {**QUIET, **rendering}
    done = crawl(start_url, output, settings=settings)
    assert done.code == 0, done.stderr
    assert_same(done.articles(), truth["articles"])
    assert {each["id"] for each in done.teasers()} == {each["id"] for each in truth["teasers"]}
    assert done.manifest["listings"][-1]["complete"]
    if start == "article":
        return
    # Straight there: the way was remembered.
    idle = crawl(start_url, output, settings=settings)
    assert (idle.code, idle.manifest["outcome"]) == (0, "nothing new")


def test_the_delay_of_the_site_holds_between_clicks_and_around_them(
    crawl: Crawling, serve: Serving, rendering: Settings, output: Path
) -> None:
    server = serve(9, others=0, page_size=4, more="script")
    settings = {**rendering, "DOWNLOAD_DELAY": 0.6, "DOWNLOAD_DELAY_JITTER": 0}
    done = crawl(f"{server.url}/article/163/", output, settings=settings)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
    # A page and what it consists of are one visit.
    at = [seen.at for seen in server.requests if seen.target not in ("/robots.txt", SCRIPT_PATH)]
    # A request may take some time to arrive.
    assert min(later - earlier for earlier, later in pairwise(at)) > 0.45
    assert len(calls(server)) == 2


def test_no_script_of_a_page_reaches_another_host(
    crawl: Crawling, serve: Serving, rendering: Settings, output: Path
) -> None:
    other = serve(5)
    lure = f"""
      var outside = "{other.url}/";
      ["script", "iframe", "img"].forEach(function (tag) {{
        var element = document.createElement(tag);
        element.src = outside + tag;
        document.body.appendChild(element);
      }});
      ["{other.url}/call", "/lure"].forEach(function (url) {{
        var request = new XMLHttpRequest();
        request.open("GET", url);
        request.send();
      }});
    """
    site = altered(SCRIPT_PATH, lure + MORE_SCRIPT, "application/javascript")
    site.altered = {**site.altered, "/lure": (302, [("Location", f"{other.url}/redirected")], b"")}
    server = serve(site=site)
    done = crawl(f"{server.url}/article/163/", output, settings=rendering)
    assert done.code == 0, done.stderr
    assert_whole(done, site)
    assert "/lure" in [seen.target for seen in server.requests]
    assert other.requests == []


@pytest.mark.parametrize(
    ("path", "body", "code", "reason"),
    [
        # Nothing listens to the button. Splash does not even know arrow functions.
        (SCRIPT_PATH, "var more = () => 1;", 12, "more_not_understood"),
        (AJAX_PATH, "0", 10, "listing_not_html"),
    ],
)
def test_a_click_that_brings_no_articles_is_not_taken_for_the_end(
    crawl: Crawling, serve: Serving, rendering: Settings, output: Path, path: str, body: str, code: int, reason: str
) -> None:
    server = serve(site=altered(path, body, "application/javascript" if path == SCRIPT_PATH else "text/html"))
    done = crawl(f"{server.url}/article/163/", output, settings=rendering)
    assert (done.code, done.errors.get(reason)) == (code, 1), done.stderr
    assert not done.manifest["listings"][0]["complete"]
    assert len(done.teasers()) == 20


def test_a_site_that_refuses_the_browsers_call_is_asked_again_and_then_named(
    crawl: Crawling, serve: Serving, rendering: Settings, output: Path
) -> None:
    server = serve(25, more="script")
    server.site.fail(AJAX_PATH, 503, -1)
    done = crawl(f"{server.url}/article/163/", output, settings={**rendering, "RETRY_TIMES": 1})
    assert (done.code, done.errors.get("listing_http_503")) == (10, 1), done.stderr
    assert len(calls(server)) == 2
    assert not done.manifest["listings"][0]["complete"]


def test_a_pause_that_the_site_asks_the_browser_for_is_kept_by_the_crawl(
    crawl: Crawling, serve: Serving, rendering: Settings, output: Path
) -> None:
    server = serve(15, more="script")
    server.site.fail(AJAX_PATH, 429, 1, retry_after=2)
    done = crawl(f"{server.url}/article/163/", output, settings=rendering)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
    refused = next(index for index, seen in enumerate(server.requests) if seen.status == 429)
    assert server.requests[refused + 1].at - server.requests[refused].at > 2


def test_scroll_steps_grow_with_the_distance_up_to_a_limit() -> None:
    step, clicks = BrowserRoute("http://a.test/article/163/", 0, 3), []
    for _ in range(8):
        clicks.append((step.skip, step.clicks))
        step = step.after(step.clicks)
    assert clicks[:5] == [(0, 3), (3, 3), (6, 6), (12, 12), (24, 24)]
    assert max(click for _, click in clicks) == MOST_CLICKS
    assert all(later[0] == sum(earlier) for earlier, later in pairwise(clicks))
    assert route_from(route_to_text(step)) == step
