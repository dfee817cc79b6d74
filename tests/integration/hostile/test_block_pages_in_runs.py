"""Each kind of block page has its name in the manifest and its exit code; none is bypassed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.expected_records import assert_same
from tests.support.faulty_server import Exchange, Fault, FaultyServer
from tests.support.monitored_crawls import Place, assert_rest_whole, ids, watch
from vokcrawl.sample import SampleSite

SIGN_UP = '<html><body><div class="nk-paywall-free-member-form"><h2>Become a free member</h2></div></body></html>'
BOT_CHECK = "<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
NATIONAL = '<html><head><meta name="kcsc" content="blocking"></head><body>warning.or.kr</body></html>'
CHROME = (
    '<html><body><header><a href="/">Home</a><img alt="KCNA Watch Logo"><button>Browse</button></header>'
    "<footer>Languages, About us, Contact</footer></body></html>"
)


def site(articles: int = 25, **options: object) -> SampleSite:
    return SampleSite(articles, **{"faults": (), **options})  # type: ignore[arg-type]


def says(body: str, status: int = 200, kind: str = "text/html; charset=utf-8") -> Fault:
    """Another page in place of what was asked for."""

    async def fault(exchange: Exchange) -> None:
        await exchange.send(status, [("Content-Type", kind)], body.encode())

    return fault


def goes_to(location: str) -> Fault:
    async def fault(exchange: Exchange) -> None:
        await exchange.send(302, [("Location", location)])

    return fault


def of_another(path: str) -> Fault:
    """The site's own page of another address."""

    async def fault(exchange: Exchange) -> None:
        await exchange.send(*exchange.server.site.answer("GET", path, {}))

    return fault


ON_LISTING = {
    "a redirect to the sign-up form": (goes_to("/free-member-form/?next=163"), "start_block_page_sign_up"),
    "a redirect to the front page": (goes_to("/"), "start_block_page_front_page"),
    "a block that asks to sign up": (says(SIGN_UP), "start_block_page_sign_up"),
    "a bot check": (says(BOT_CHECK, 403), "start_block_page_bot_check"),
    "a bot check that says 503": (says(BOT_CHECK, 503), "start_block_page_bot_check"),
    "a national block": (says(NATIONAL), "start_block_page_national_block"),
}


@pytest.mark.parametrize("case", ON_LISTING)
def test_a_block_page_at_the_listing_is_named_and_ends_the_run(case: str, place: Place) -> None:
    fault, reason = ON_LISTING[case]
    with FaultyServer(site(12)) as server:
        server.inflict("/article/163/", fault)
        done = watch(f"{server.url}/article/163/", place, {"RETRY_TIMES": 1})
        assert (done.code, done.manifest["outcome"]) == (11, "blocked"), done.stderr
        assert done.errors[reason] == 1
        assert done.articles() == done.teasers() == []
        # Nothing else was tried in the listing's place.
        assert {each.target.partition("?")[0] for each in server.requests} <= {
            "/robots.txt", "/article/163/", "/free-member-form/", "/"
        }  # fmt: skip


CHALLENGE = "<html><head><title>Just a moment...</title></head><body><p>Verify you are human</p></body></html>"
# Checks of visitors, by the services' statuses, headers and pages.
CHECKS: dict[str, tuple[int, list[tuple[str, str]], str]] = {
    "page with status 200": (200, [], CHALLENGE),
    "page with status 403": (403, [], CHALLENGE),
    "page with status 429 and Retry-After": (429, [("Retry-After", "1")], CHALLENGE),
    "page with status 503": (503, [], CHALLENGE),
    "Cloudflare's header": (403, [("cf-mitigated", "challenge")], "<p>x</p>"),
    "AWS WAF's header": (405, [("x-amzn-waf-action", "captcha")], "<p>x</p>"),
    "status 202 without a body": (202, [], ""),
    "AWS WAF's challenge": (202, [("x-amzn-waf-action", "challenge")], ""),
}


@pytest.mark.parametrize("everywhere", [True, False], ids=["on all pages", "on the start page"])
@pytest.mark.parametrize("case", CHECKS)
def test_bot_check_as_start_page_ends_with_11_after_two_requests(case: str, everywhere: bool, place: Place) -> None:
    status, headers, body = CHECKS[case]

    async def check(exchange: Exchange) -> None:
        await exchange.send(status, [("Content-Type", "text/html"), *headers], body.encode())

    with FaultyServer(site(12)) as server:
        server.inflict("*" if everywhere else "/article/163/", check)
        done = watch(f"{server.url}/article/163/", place)
        assert (done.code, done.manifest["outcome"]) == (11, "blocked"), done.stderr
        # A robots.txt that cannot be read allows no further request.
        unreadable = everywhere and status in (429, 503)
        expected = ["/robots.txt"] if unreadable else ["/robots.txt", "/article/163/"]
        assert [each.target for each in server.requests] == expected
        assert done.errors["start_block_page_bot_check"] == 1


# Block pages instead of one article, which do not stop the crawl of the others.
ON_ARTICLE = {
    "a redirect to the sign-up form": (goes_to("/free-member-form/"), "block_page_sign_up"),
    "a redirect to the front page": (goes_to("/"), "block_page_front_page"),
    "a block that asks to sign up": (says(SIGN_UP), "block_page_sign_up"),
    "mere chrome": (says(CHROME), "chrome_only"),
    "a listing": (of_another("/newstream/"), "listing_in_place"),
    "an error page": (says("<html><body><h1>Error</h1></body></html>", 403), "http_403"),
}


def test_block_pages_at_some_articles_are_named_and_the_articles_queued_for_retry(place: Place) -> None:
    with FaultyServer(site()) as server:
        blocked = dict(zip(ON_ARTICLE, ids(server)[3:], strict=False))
        for case, (fault, _) in ON_ARTICLE.items():
            server.inflict(blocked[case], fault)
        done = watch(f"{server.url}/article/163/", place, {"RETRY_TIMES": 1})
        assert (done.code, done.manifest["outcome"]) == (10, "incomplete"), done.stderr
        pending = {each["id"]: each["reason"] for each in done.manifest["pending_retries"]}
        assert pending == {blocked[case]: reason for case, (_, reason) in ON_ARTICLE.items()}
        reasons = [reason for _, reason in ON_ARTICLE.values()]
        for reason in reasons:
            assert done.errors[f"article_{reason}"] == reasons.count(reason)
        assert_rest_whole(done, server, blocked.values())

        server.relent()
        after = watch(f"{server.url}/article/163/", place)
        assert after.code == 0, after.stderr
        assert_rest_whole(after, server, unsaid=blocked.values())


@pytest.mark.parametrize(
    ("fault", "reason"), [(says(BOT_CHECK, 403), "block_page_bot_check"), (says(NATIONAL), "block_page_national_block")]
)
def test_a_check_of_visitors_at_an_article_stops_the_crawl(fault: Fault, reason: str, place: Place) -> None:
    with FaultyServer(site()) as server:
        at = ids(server)[4]
        server.inflict(at, fault)
        settings = {"CONCURRENT_REQUESTS": 1, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}
        done = watch(f"{server.url}/article/163/", place, settings)
        assert (done.code, done.manifest["outcome"]) == (11, "blocked"), done.stderr
        assert done.errors[f"article_{reason}"] == 1
        (checked,) = server.of(at)
        # One more may have been on its way.
        assert len([each for each in server.requests if each.at > checked.at]) <= 1
        assert [each["id"] for each in done.manifest["pending_retries"]] == [at]

        server.relent()
        after = watch(f"{server.url}/article/163/", place)
        assert after.code == 0, after.stderr
        assert_rest_whole(after, server, unsaid=[at])


def test_a_site_that_truncates_all_articles_is_blocked_and_one_that_truncates_some_is_not(place: Place) -> None:
    with FaultyServer(site(4)) as server:
        for identity in ids(server):
            server.site.truncate(identity)
        done = watch(f"{server.url}/article/163/", place)
        assert (done.code, done.manifest["outcome"]) == (11, "blocked"), done.stderr
        assert done.errors["article_truncated"] == 4
        assert {each["truncated"] for each in done.articles()} == {True}
        assert not any("NK PRO" in each["body"] for each in done.articles())
        assert_rest_whole(done, server)

        server.site.show_in_full(ids(server)[0])
        server.site.publish()
        after = watch(f"{server.url}/article/163/", place, {"VOK_RECHECK_DAYS": "0"})
        assert after.code == 0, after.stderr


NO_BATCH = {
    "0": (says("0"), 10, "listing_not_html_0"),
    "-1": (says("-1"), 10, "listing_not_html_minus_1"),
    "JSON": (says('{"success":false,"data":[]}', kind="application/json"), 10, "listing_not_html_json"),
    "JSON that is called a page": (says('{"success":false,"data":[]}'), 10, "listing_not_html_json"),
    "another page": (says(CHROME), 10, "listing_"),
    "a bot check": (says(BOT_CHECK), 11, "listing_"),
}


def test_an_invalid_batch_is_a_failure_and_not_an_end(place: Place) -> None:
    """Run after run gets another answer that is no batch; none takes it for the listing's end."""
    with FaultyServer(site(25, more="ajax")) as server:
        for case, (fault, code, name) in NO_BATCH.items():
            server.draw = second_batch(fault)
            done = watch(f"{server.url}/article/163/", place, {"RETRY_TIMES": 1})
            assert done.code == code, (case, done.stderr)
            listing = done.manifest["listings"][0]
            assert not listing["complete"], case
            assert any(reason.startswith(name) for reason in done.errors), (case, done.errors)
        assert len(done.articles()) < 25

        server.relent()
        after = watch(f"{server.url}/article/163/", place)
        assert after.code == 0, after.stderr
        truth = server.site.truth()
        assert_same(after.articles(), truth["articles"])
        # Teasers that "More From" blocks showed came while the listing could not be read: without a title.
        assert sorted(each["id"] for each in after.teasers()) == sorted(each["id"] for each in truth["teasers"])


def second_batch(fault: Fault) -> Callable[[str, int], Fault | None]:
    return lambda target, _: fault if "from=9&" in target or "from=10&" in target else None
