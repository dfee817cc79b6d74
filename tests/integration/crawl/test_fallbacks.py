"""When a source's listing is missing or cannot be followed, its search or the sitemap finds the same articles."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.altered_responses import NOT_FOUND, redirect, reply
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, assert_whole
from tests.support.hostile_site import HostileSite, with_body
from vokcrawl.sample import Answer, SampleServer

Serve = Callable[..., SampleServer]
RunCrawl = Callable[..., Crawl]
STREAM, LISTING, AJAX, SITEMAP = "/newstream/", "/article/163/", "/wp-admin/admin-ajax.php", "/sitemap_index.xml"
NO_PAGE = reply("<html><body><p>Nothing here</p></body></html>")
REFUSED = reply("0")
BLOCKED = redirect("/free-member-form/")
BROKEN = reply("<html><body><h1>Critical error</h1></body></html>", status=500)
BUSY = reply("<html><body><h1>Service unavailable</h1></body></html>", status=503)
# Nothing but what a test is about: no checks of delivered articles, no second try of what stays refused.
QUIET = {"VOK_RECHECK_DAYS": "", "RETRY_TIMES": 0}


def searches(server: SampleServer) -> list[dict[str, str]]:
    """What the search was asked, but for the source's name in words."""
    asked = [request.target for request in server.requests if request.target.startswith("/?s=")]
    fields = [{name: values[0] for name, values in parse_qs(urlsplit(each).query).items()} for each in asked]
    return [each for each in fields if "s" not in each]


def discovery_attempts(done: Crawl) -> list[tuple[str, str]]:
    return [(each["strategy"], each["reason"]) for each in done.manifest["discovery_attempts"]]


def listing(done: Crawl, strategy: str) -> dict[str, Any]:
    (found,) = [each for each in done.manifest["listings"] if each["strategy"] == strategy]
    return found


def without_pagination(answer: Answer) -> Answer:
    """Takes every "More Articles" off a page."""
    return with_body(answer, re.sub(rb'<p class="more-link">.*?</p>', b"", answer.body, flags=re.DOTALL))


def dead_listing() -> tuple[HostileSite, str]:
    site = HostileSite(45, search="button")
    site.change(LISTING, NOT_FOUND)
    return site, STREAM


def dead_start() -> tuple[HostileSite, str]:
    site = HostileSite(45, search="button")
    site.change(LISTING, NOT_FOUND)
    return site, LISTING


def refused_call() -> tuple[HostileSite, str]:
    site = HostileSite(45, more="ajax", search="button")
    site.change(AJAX, REFUSED)
    return site, LISTING


def broken_call() -> tuple[HostileSite, str]:
    site = HostileSite(45, more="ajax", search="link")
    site.change(AJAX, BROKEN)
    return site, STREAM


def only_scripts() -> tuple[HostileSite, str]:
    return HostileSite(45, more="script", search="button", skin="plain"), LISTING


def stream_of_scripts() -> tuple[HostileSite, str]:
    return HostileSite(45, more="script", search="link"), STREAM


def listing_that_says_nothing_of_more() -> tuple[HostileSite, str]:
    site = HostileSite(45, search="button")
    site.change(LISTING, without_pagination)
    return site, LISTING


def article_that_says_nothing_of_more() -> tuple[HostileSite, str]:
    site = HostileSite(45, search="button")
    newest = site.truth()["articles"][0]
    site.change(newest["id"], without_pagination)
    return site, urlsplit(newest["url"]).path


DEAD = [
    dead_listing,
    dead_start,
    refused_call,
    broken_call,
    only_scripts,
    stream_of_scripts,
    listing_that_says_nothing_of_more,
    article_that_says_nothing_of_more,
]


@pytest.mark.parametrize("dead", DEAD)
def test_where_the_listing_cannot_be_followed_the_search_by_days_brings_the_same_records(
    dead: Callable[[], tuple[HostileSite, str]], serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site, start = dead()
    server = serve(site=site)
    done = crawl(server.url + start, output, settings=QUIET)
    assert done.code == 0, done.stderr[-3000:]
    assert_whole(done, site)
    strategy, _ = discovery_attempts(done)[0]
    assert strategy in ("listing", "ajax")
    crawled = listing(done, "search")
    assert (crawled["found_by"], crawled["complete"], crawled["stop_reason"]) == ("search", True, "end of the listing")
    assert any("start" in each and "end" in each for each in searches(server))
    assert "trying the next discovery strategy" in done.stderr
    if start == article_that_says_nothing_of_more()[1]:
        return
    server.reset()
    again = crawl(server.url + start, output, settings=QUIET)
    assert (again.code, again.manifest["outcome"]) == (0, "nothing new")
    assert len(server.requests) == 2  # robots.txt and the search's first page
    assert again.manifest["listings"][0]["found_by"] == "stored route"


@pytest.mark.parametrize("dead", [dead_listing, refused_call, only_scripts])
@pytest.mark.parametrize("search", [NOT_FOUND, NO_PAGE], ids=["no search", "an empty search"])
def test_without_a_search_the_sitemap_leads_to_the_articles(
    dead: Callable[[], tuple[HostileSite, str]], search: Answer, serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    _, start = dead()
    site = HostileSite(45, more="script", sitemap=True)
    server = serve(site=site)
    site.change(LISTING, NOT_FOUND) if start == LISTING else site.change(STREAM, NO_PAGE)
    site.change("/", search)
    done = crawl(server.url + start, output, settings=QUIET)
    assert done.code == 0, done.stderr[-3000:]
    truth = site.truth()
    assert_same(done.articles(), truth["articles"])
    # A sitemap shows no teasers: those are the blocks' of the articles' pages.
    assert {each["id"] for each in done.teasers()} <= {each["id"] for each in truth["teasers"]}
    assert [strategy for strategy, _ in discovery_attempts(done)] == ["listing", "search"]
    crawled = listing(done, "sitemap")
    assert (crawled["found_by"], crawled["complete"], crawled["entries"]) == ("sitemap", True, 60)
    site.publish(2)
    server.reset()
    again = crawl(server.url + start, output, settings=QUIET)
    assert again.code == 0, again.stderr[-3000:]
    assert_same(again.articles(), site.truth()["articles"])
    assert sum(request.target.startswith("/newstream/1") for request in server.requests) == 2


def test_when_no_discovery_strategy_works_the_outcome_is_the_listings_and_each_attempt_is_recorded(
    serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(25, more="script")
    server = serve(site=site)
    site.change("/", NOT_FOUND)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 12
    assert discovery_attempts(done) == [
        ("listing", "more_not_understood"),
        ("search", "http_404"),
        ("sitemap", "http_404"),
    ]
    assert "SPLASH_URL" in done.stderr
    assert done.errors["more_not_understood"] == 1
    assert done.manifest["listings"][0]["stop_reason"] == "More Articles not understood"
    assert_same(done.articles(), site.truth()["articles"][:10])


def test_a_search_that_ignores_the_days_is_abandoned(serve: Serve, crawl: RunCrawl, output: Path) -> None:
    site = HostileSite(45, more="script", search="button", sitemap=True)
    server = serve(site=site)
    newest = site.answer("GET", "/?s=&source=190221", {})
    site.change("/", newest)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr[-3000:]
    assert_same(done.articles(), site.truth()["articles"])
    assert discovery_attempts(done) == [("listing", "more_not_understood"), ("search", "search_ignores_days")]


def test_days_that_hold_more_than_the_search_shows_are_named_and_the_sitemap_has_the_rest(
    serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(45, more="script", search="button", sitemap=True, page_size=7)
    server = serve(site=site)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr[-3000:]
    assert_same(done.articles(), site.truth()["articles"])
    assert discovery_attempts(done)[1] == ("search", "search_shows_too_little")
    assert done.errors["search_day_cut"] >= 3


def test_one_day_that_holds_more_leaves_the_run_incomplete_where_there_is_no_sitemap(
    serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(45, more="ajax", search="button")
    site.change(AJAX, REFUSED)
    server = serve(site=site)
    assert crawl(server.url + LISTING, output, settings=QUIET).code == 0
    for _ in range(3):
        site.publish()
    day = site.truth()["teasers"][0]["published_on"]
    while sum(each["published_on"] == day for each in site.truth()["teasers"]) < 8:
        site.publish()
    # Three more than a page shows stand under one day, all taken in later.
    for _ in range(5):
        newest = datetime.fromisoformat(site.truth()["teasers"][0]["published_on"])
        site.publish_late((newest.date() - datetime.fromisoformat(day).date()).days + 1)
    done = crawl(server.url + LISTING, output, args={"full": 1}, settings=QUIET)
    assert done.code == 10, done.stderr[-3000:]
    assert done.errors["search_day_cut"] == 1


@pytest.mark.parametrize("search", ["button", "link"])
def test_arguments_hold_for_the_search_as_for_any_listing(
    search: str, serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(60, more="script", search=search)
    server = serve(site=site)
    articles = site.truth()["articles"]
    since, until = articles[40]["published_on"], articles[15]["published_on"]
    done = crawl(server.url + LISTING, output, args={"since": since, "until": until}, settings=QUIET)
    assert done.code == 0, done.stderr[-3000:]
    assert_same(done.articles(), [each for each in articles if since <= each["published_on"] <= until])
    assert listing(done, "search")["covered_since"] == since
    asked = [each["start"] for each in searches(server) if "start" in each]
    assert all("-".join(reversed(each.split("-"))) >= "2019-01-01" for each in asked)
    server.reset()
    few = crawl(server.url + LISTING, output.with_name("few"), args={"max_pages": 2}, settings=QUIET)
    assert few.code == 0
    assert listing(few, "search")["stop_reason"] == "max_pages reached"
    assert len(searches(server)) == 2


def test_the_number_of_the_source_in_the_search_can_be_given(serve: Serve, crawl: RunCrawl, output: Path) -> None:
    site = HostileSite(45, more="script", search="button")
    server = serve(site=site)

    def without_form(answer: Answer) -> Answer:
        return with_body(answer, re.sub(rb"<select.*?</select>", b"", answer.body, flags=re.DOTALL))

    site.change("/", without_form)
    unknown = crawl(server.url + LISTING, output.with_name("unknown"), settings=QUIET)
    assert unknown.code == 12  # all sources together fill a page each day
    done = crawl(server.url + LISTING, output, settings={**QUIET, "VOK_SEARCH_ID": 190221})
    assert done.code == 0, done.stderr[-3000:]
    assert_whole(done, site)


def test_a_search_by_day_of_ingestion_misses_no_article_shown_under_another_day(
    serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    class ByIngestion(HostileSite):
        """Its search finds what came late by the day on which it came."""

        def answer(self, method: str, target: str, headers: Any) -> Answer:
            answer = super().answer(method, target, headers)
            late = self.late
            if not target.startswith("/?s=") or late.encode() not in self.item.encode():
                return answer
            query = parse_qs(urlsplit(target).query)
            start, end = (
                datetime.strptime(query[name][0], "%d-%m-%Y").replace(tzinfo=UTC).timestamp() if name in query else None
                for name in ("start", "end")
            )
            taken_in = int(late.partition("-")[0])
            found = (start is None or taken_in >= start) and (end is None or taken_in < end + 86_400)
            body = re.sub(
                rb'<article class="clearfix">(?:(?!</article>).)*' + late.encode() + rb".*?</article>\n",
                b"",
                answer.body,
                flags=re.DOTALL,
            )
            if found and "source" in query:
                body = body.replace(
                    b'<div id="latest_article_wrapper">\n',
                    b'<div id="latest_article_wrapper">\n' + self.item.encode(),
                    1,
                )
            return with_body(answer, body)

        late, item = "none", ""

    site = ByIngestion(60, more="script", search="button")
    late = site.publish_late(5)
    page = site.answer("GET", LISTING, {}).body.decode() + site.answer("GET", "/article/163/page/2/", {}).body.decode()
    page += site.answer("GET", "/article/163/page/5/", {}).body.decode()
    page += site.answer("GET", "/article/163/page/4/", {}).body.decode()
    site.item = next(each + "</article>\n" for each in page.split("</article>\n") if late in each)
    site.late = late
    server = serve(site=site)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr[-3000:]
    assert late in {each["id"] for each in done.articles()}
    assert_same(done.articles(), site.truth()["articles"])


def windows_asked(server: SampleServer, crawl: RunCrawl, output: Path) -> list[str]:
    """The windows of days that a crawl of the site asks for by its search, in their order."""
    crawl(server.url + LISTING, output, settings=QUIET)
    return [request.target for request in server.requests if "&end=" in request.target]


def test_a_date_range_without_teasers_is_requested_again_before_it_is_believed(
    serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(45, more="script", search="button")
    server = serve(site=site)
    asked = windows_asked(server, crawl, output.with_name("first"))
    site.change(asked[1], NO_PAGE, times=1)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 0, done.stderr[-3000:]
    assert_whole(done, site)


def test_a_search_that_fails_half_done_is_continued_by_the_next_run(
    serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(45, more="script", search="button")
    server = serve(site=site)
    asked = windows_asked(server, crawl, output.with_name("first"))
    site.change(asked[2], BUSY, times=1)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 10
    assert done.errors["listing_http_503"] == 1
    after = crawl(server.url + LISTING, output, settings=QUIET)
    assert after.code == 0, after.stderr[-3000:]
    assert_whole(after, site)


def test_a_rescan_looks_for_a_better_discovery_strategy_than_the_search(
    serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(45, more="ajax", search="button")
    server = serve(site=site)
    site.change(AJAX, REFUSED)
    assert crawl(server.url + LISTING, output, settings=QUIET).code == 0
    site.change(AJAX, REFUSED, times=0)
    site.publish(3)
    before = crawl(server.url + LISTING, output, settings=QUIET)
    assert [each["strategy"] for each in before.manifest["listings"]] == ["search"]
    rescan = crawl(server.url + LISTING, output, settings={**QUIET, "VOK_RESCAN_HOURS": 0})
    assert rescan.code == 0, rescan.stderr[-3000:]
    assert [each["strategy"] for each in rescan.manifest["listings"]] == ["ajax"]
    assert rescan.manifest["discovery_attempts"] == []
    last = crawl(server.url + LISTING, output, settings=QUIET)
    assert [each["found_by"] for each in last.manifest["listings"]] == ["start page"]
    assert_whole(last, site)


@pytest.mark.parametrize(
    ("key", "answer", "code"),
    [(LISTING, BLOCKED, 11), (AJAX, BLOCKED, 11), (LISTING, BUSY, 14), (AJAX, BUSY, 10)],
    ids=["a blocked listing", "a blocked call", "a listing out of reach", "a call out of reach"],
)
def test_neither_a_block_page_nor_an_unreachable_site_leads_to_the_next_discovery_strategy(
    key: str, answer: Answer, code: int, serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(25, more="ajax", search="button", sitemap=True)
    server = serve(site=site)
    site.change(key, answer)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == code, done.stderr[-3000:]
    assert not [request.target for request in server.requests if request.target.startswith(("/?", "/sitemap"))]
    assert done.manifest["discovery_attempts"] == []


def test_a_block_page_at_the_search_is_named_and_not_bypassed(serve: Serve, crawl: RunCrawl, output: Path) -> None:
    site = HostileSite(25, more="script", search="button", sitemap=True)
    server = serve(site=site)
    site.change("/", BLOCKED)
    done = crawl(server.url + LISTING, output, settings=QUIET)
    assert done.code == 11, done.stderr[-3000:]
    assert done.errors["start_block_page_sign_up"] == 1
    assert not [request.target for request in server.requests if request.target.startswith("/sitemap")]


@pytest.mark.parametrize("more", ["link", "ajax", "browser"])
def test_a_requested_pagination_strategy_has_no_fallback(
    more: str, serve: Serve, crawl: RunCrawl, output: Path
) -> None:
    site = HostileSite(25, more="script", search="button", sitemap=True)
    server = serve(site=site)
    done = crawl(server.url + LISTING, output, settings={**QUIET, "VOK_PAGINATION": more})
    assert done.code == 12
    assert searches(server) == []


def test_a_mistyped_start_page_is_reported_and_not_replaced(serve: Serve, crawl: RunCrawl, output: Path) -> None:
    site = HostileSite(25, search="button", sitemap=True)
    server = serve(site=site)
    done = crawl(server.url + "/artcle/163/", output, settings=QUIET)
    assert done.code == 12
    assert [request.target for request in server.requests] == ["/robots.txt", "/artcle/163/"]


@pytest.mark.thorough
def test_of_a_long_sitemap_each_run_asks_for_a_share_newest_first(serve: Serve, crawl: RunCrawl, output: Path) -> None:
    site = HostileSite(560, sitemap=True)
    server = serve(site=site)
    site.change(LISTING, NOT_FOUND)
    site.change(STREAM, NOT_FOUND)
    first = crawl(server.url + STREAM, output, settings={**QUIET, "LOG_LEVEL": "WARNING"})
    assert first.code == 10, first.stderr[-3000:]
    assert listing(first, "sitemap")["stop_reason"] == "the sitemap's limit per run reached"
    truth = site.truth()
    newest = sorted((*(each["id"] for each in truth["articles"]), *truth["others"]))[-400:]
    assert set(newest) <= {each["id"] for each in first.articles()} | set(truth["others"])
    second = crawl(server.url + STREAM, output, settings={**QUIET, "LOG_LEVEL": "WARNING"})
    assert second.code == 0, second.stderr[-3000:]
    assert_same(second.articles(), truth["articles"])


def test_a_sitemap_file_that_fails_leaves_the_others(serve: Serve, crawl: RunCrawl, output: Path) -> None:
    site = HostileSite(90, sitemap=True)
    server = serve(site=site)
    site.change(LISTING, NOT_FOUND)
    site.change("/post-sitemap2.xml", reply("<html><body>No</body></html>"), times=1)
    broken = crawl(server.url + LISTING, output, settings=QUIET)
    assert broken.code == 10, broken.stderr[-3000:]
    assert broken.errors["listing_not_a_sitemap"] == 1
    assert 40 < len(broken.articles()) < 90
    after = crawl(server.url + LISTING, output, settings=QUIET)
    assert after.code == 0, after.stderr[-3000:]
    assert_same(after.articles(), site.truth()["articles"])


def test_since_limits_the_sitemap_by_day_of_ingestion(serve: Serve, crawl: RunCrawl, output: Path) -> None:
    site = HostileSite(60, sitemap=True)
    server = serve(site=site)
    site.change(LISTING, NOT_FOUND)
    articles = site.truth()["articles"]
    since = articles[25]["published_on"]
    done = crawl(server.url + LISTING, output, args={"since": since}, settings=QUIET)
    assert done.code == 0, done.stderr[-3000:]
    assert_same(done.articles(), [each for each in articles if each["published_on"] >= since])
    assert listing(done, "sitemap")["covered_since"] == since
