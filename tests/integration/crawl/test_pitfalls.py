"""Crawls with pages that look like a block page, a removal, an end or another source, but are not."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.altered_responses import matching, more_to, redirect, replacing, reply
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, assert_whole, by_id
from tests.support.hostile_site import Change, HostileSite, with_body
from vokcrawl.sample import Answer, SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

LISTING, STREAM, AJAX = "/article/163/", "/newstream/", "/wp-admin/admin-ajax.php"
T0 = datetime(2030, 1, 1, 6, tzinfo=UTC)
# Every run asks for all delivered articles, and for nothing twice within it.
ALWAYS: dict[str, object] = {"VOK_RESCAN_HOURS": 1_000_000, "VOK_RECHECK_DAYS": "0", "RETRY_TIMES": 0}


class Everywhere(HostileSite):
    """A site all of whose pages below a path are changed alike."""

    def __init__(self, articles: int, below: str, change: Change, **options: object) -> None:
        super().__init__(articles, **{"validators": False, **options})
        self._below, self._change = below, change

    def answer(self, method: str, target: str, headers: object) -> Answer:
        answer = super().answer(method, target, headers)  # type: ignore[arg-type]
        changes = urlsplit(target).path.startswith(self._below) and answer.status == 200
        return self._change(answer) if changes else answer


def in_all(pattern: str, new: str) -> Change:
    """Puts `new` in the place of all matches, if there are any."""
    return lambda answer: with_body(answer, re.sub(pattern, new, answer.body.decode()).encode())


def paths(server: SampleServer) -> list[str]:
    return [urlsplit(each.target).path for each in server.requests]


def asked_for(server: SampleServer, identity: str) -> int:
    return sum(identity in path for path in paths(server))


# Articles that are asked for again


def test_a_run_that_only_rechecks_unchanged_articles_ends_well_with_nothing_new(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    # Without validators each is sent whole.
    server = serve(25, validators=False)
    first = crawl(server.url + LISTING, output, settings=ALWAYS)
    assert first.code == 0, first.stderr
    server.reset()
    done = crawl(server.url + LISTING, output, settings=ALWAYS)
    assert (done.code, done.manifest["outcome"], done.manifest["counts"]) == (0, "nothing new", {}), done.stderr
    assert all(asked_for(server, each["id"]) == 1 for each in server.site.truth()["articles"])
    assert_whole(done, server.site)


def test_a_recheck_of_one_known_truncated_article_is_not_blocked(crawl: Crawling, serve: Serving, output: Path) -> None:
    site = HostileSite(3)
    server = serve(site=site)
    truncated = site.truth()["articles"][1]["id"]
    site.truncate(truncated)
    first = crawl(server.url + LISTING, output, settings=ALWAYS)
    assert first.code == 0, first.stderr
    # The others are "not modified"; this one is sent whole.
    site.change(truncated, lambda answer: answer)
    server.reset()
    done = crawl(server.url + LISTING, output, settings=ALWAYS)
    assert (done.code, done.manifest["outcome"]) == (0, "nothing new"), done.stderr
    assert [each.status for each in server.requests if "/newstream/1" in each.target].count(200) == 1
    assert_whole(done, site)


def test_a_site_that_truncates_every_article_is_blocked_at_first_and_has_nothing_new_later(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(4, validators=False)
    for each in server.site.truth()["articles"]:
        server.site.truncate(each["id"])
    first = crawl(server.url + LISTING, output, settings=ALWAYS)
    assert (first.code, first.manifest["outcome"]) == (11, "blocked"), first.stderr
    done = crawl(server.url + LISTING, output, settings=ALWAYS)
    assert (done.code, done.manifest["outcome"]) == (0, "nothing new"), done.stderr
    assert_whole(done, server.site)


# The way on


def test_more_articles_is_followed_by_whichever_words_it_goes(crawl: Crawling, serve: Serving, output: Path) -> None:
    words = ["Load More Articles", "Show more results", "More Articles (37) »", "Older posts"]
    site = HostileSite(9, page_size=2)
    server = serve(site=site)
    pages = [LISTING, *(f"{LISTING}page/{number}/" for number in (2, 3, 4))]
    for page, said in zip(pages, words, strict=True):
        site.change(page, replacing("More Articles</a>", f"{said}</a>"))
    done = crawl(server.url + LISTING, output)
    assert done.code == 0, done.stderr
    assert_whole(done, site)
    (listing,) = done.manifest["listings"]
    assert (listing["complete"], listing["pages"]) == (True, 5)


def test_a_full_first_page_that_says_nothing_of_more_is_a_layout_that_is_not_understood(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    site.change(LISTING, matching(r'<p class="more-link">.*?</p>\n'))
    done = crawl(server.url + LISTING, output)
    assert (done.code, done.manifest["outcome"]) == (12, "layout not understood"), done.stderr
    assert done.manifest["errors"]["more_not_found"] == {"count": 1, "examples": [server.url + LISTING]}
    listing = done.manifest["listings"][0]
    assert (listing["complete"], listing["pages"]) == (False, 1)
    assert_same(done.articles(), site.truth()["articles"][:10])


@pytest.mark.parametrize("articles", [15, 20])
def test_a_last_batch_that_says_there_is_no_more_is_an_end(
    articles: int, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(articles, more="ajax")
    server = serve(site=site)
    # Behind the end `to` is tried as the end of a range, too.
    last = {
        f"{AJAX}?action=get_cat_by_source&die=true&sort=&from={articles}&to={to}&id=189901"
        for to in (10, articles + 10)
    }
    for each in last:
        site.change(each, reply("<p>No more articles</p>"))
    done = crawl(server.url + LISTING, output)
    assert done.code == 0, done.stderr
    assert last & {each.target for each in server.requests}
    (listing,) = done.manifest["listings"]
    assert (listing["complete"], listing["stop_reason"]) == (True, "end of the listing")
    assert not any(name.startswith(("listing_", "more_", "start_")) for name in done.errors), done.errors
    assert_whole(done, site)


# Whose articles they are


@pytest.mark.parametrize("logos", [True, False], ids=["with logos", "without any logos"])
def test_a_wrong_source_name_is_reported_and_the_right_one_then_delivers_everything(
    logos: bool, crawl: Crawling, serve: Serving, output: Path
) -> None:
    unlabelled = in_all(r'<img class="img-fluid"[^>]*>', "")
    site = HostileSite(12) if logos else Everywhere(12, "/", unlabelled, validators=True)
    server = serve(site=site)
    wrong = crawl(server.url + LISTING, output, settings={"VOK_SOURCE": "Voice of Corea (EN)"})
    assert wrong.code == 12, wrong.stderr
    assert wrong.errors["source_never_seen"] == 1
    assert wrong.articles() == []
    right = crawl(server.url + LISTING, output)
    assert right.code == 0, right.stderr
    assert "source_never_seen" not in right.errors
    assert_same(right.articles(), site.truth()["articles"])
    assert_same(right.teasers(), site.truth()["teasers"])


def test_a_stream_whose_logos_have_unknown_names_is_left_for_the_sources_listing_once_an_article_was_read(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = Everywhere(45, "/", in_all(r'(?<=<img class="img-fluid" src=")[^"]*(?=")', "/uploads/logo-x.png"))
    server = serve(site=site)
    done = crawl(server.url + STREAM, output)
    assert done.code == 0, done.stderr
    assert_same(done.articles(), site.truth()["articles"])
    assert by_id({"id": each["id"]} for each in done.teasers()) == by_id(
        {"id": each["id"]} for each in site.truth()["teasers"]
    )
    crawled = {urlsplit(each["url"]).path: each for each in done.manifest["listings"]}
    assert crawled[STREAM]["stop_reason"] == "replaced by another discovery strategy"
    assert crawled[LISTING]["found_by"] == "article page"
    assert crawled[LISTING]["complete"]
    # 60 items in all: six pages.
    assert crawled[STREAM]["pages"] < 5


# Articles that are redirected to what is not there

ELSEWHERE = {"the sign-up form": "/free-member-form/", "the front page": "/", "another path": "/elsewhere/"}


def redirected(site: HostileSite, ids: list[str]) -> None:
    """Each article leads to another page that answers 404."""
    for identity, path in zip(ids, ELSEWHERE.values(), strict=True):
        site.change(identity, redirect(path))
        site.change(path, reply("<html><body><h1>Page not found</h1></body></html>", status=404))


def healed(site: HostileSite, ids: list[str]) -> None:
    for key in (*ids, *ELSEWHERE.values()):
        site.change(key, reply(""), times=0)


def test_an_article_redirected_to_a_missing_page_is_retried_at_its_own_url_until_it_is_delivered(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(9)
    server = serve(site=site)
    articles = site.truth()["articles"]
    lost = articles[2:5]
    redirected(site, [each["id"] for each in lost])
    for hours in (0, 30):
        done = crawl(server.url + LISTING, output, at=T0 + timedelta(hours=hours))
        assert done.code == 10, done.stderr
        assert {each["id"]: each["url"] for each in done.manifest["pending_retries"]} == {
            each["id"]: each["url"] for each in lost
        }
        assert not {"article_not_found", "article_gone"} & done.errors.keys()
    assert_same(done.articles(), [each for each in articles if each not in lost])
    assert_same(done.teasers(), site.truth()["teasers"])

    healed(site, [each["id"] for each in lost])
    done = crawl(server.url + LISTING, output, at=T0 + timedelta(days=30))
    assert (done.code, done.manifest["pending_retries"]) == (0, []), done.stderr
    assert_whole(done, site)


def test_a_delivered_article_that_is_redirected_to_a_missing_page_is_not_removed(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(6)
    server = serve(site=site)
    ids = [each["id"] for each in site.truth()["articles"][1:4]]
    first = crawl(server.url + LISTING, output, settings=ALWAYS, at=T0)
    assert first.code == 0, first.stderr
    redirected(site, ids)
    for hours in (1, 30):
        server.reset()
        done = crawl(server.url + LISTING, output, settings=ALWAYS, at=T0 + timedelta(hours=hours))
        assert done.code in (10, 11), done.stderr
        assert [asked_for(server, identity) for identity in ids] == [1, 1, 1]
        assert (done.manifest["counts"], done.removals()) == ({}, [])
        # What was delivered stays; a check of it is pending.
        assert {each["id"] for each in done.manifest["pending_retries"]} == set(ids)
    healed(site, ids)
    done = crawl(server.url + LISTING, output, settings=ALWAYS, at=T0 + timedelta(hours=60))
    assert (done.code, done.manifest["outcome"]) == (0, "nothing new"), done.stderr
    assert_whole(done, site)


# Sidebars

SIDEBARS = {
    "an aside": "<aside><h3>Popular</h3><ul>{}</ul></aside>",
    "a div under a heading": "<div><h3>Popular</h3><ul>{}</ul></div>",
}
# Where a skin's content ends.
ENDS = {"classic": "</main>\n", "plain": '<div class="colophon">'}


def with_sidebar(skin: str, sidebar: str, items: list[tuple[str, str]]) -> Change:
    """Puts a list of articles (address and date in words) beside the content of a page."""
    listed = "".join(
        f"<li><a href='{href}'>Popular piece</a><p>Many have read it again</p><p>{date}</p></li>"
        for href, date in items
    )
    side = SIDEBARS[sidebar].format(listed)
    return replacing(ENDS[skin], side + ENDS[skin] if skin == "plain" else ENDS[skin] + side)


@pytest.mark.parametrize(("skin", "sidebar"), list(zip(ENDS, SIDEBARS, strict=True)))
def test_a_sidebar_behind_the_block_of_an_article_page_gives_no_teasers(
    skin: str, sidebar: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(30, skin=skin)
    server = serve(site=site)
    truth = site.truth()
    start, old = truth["articles"][3], truth["articles"][27]
    strange = "/newstream/1549700000-4711/popular-piece/"
    beside = [(old["url"], "December 10, 2024"), (strange, "December 09, 2024")]
    site.change(start["id"], with_sidebar(skin, sidebar, beside))
    done = crawl(start["url"], output, args={"max_pages": 1})
    assert done.code == 0, done.stderr
    # The listing's ten and the block's twenty.
    assert {each["id"] for each in done.teasers()} == {each["id"] for each in truth["teasers"][:20]}
    assert len(done.teasers()) == 20
    assert_same(done.articles(), truth["articles"][:10])
    assert asked_for(server, old["id"]) == asked_for(server, "1549700000-4711") == 0


@pytest.mark.parametrize(("skin", "sidebar"), list(zip(ENDS, SIDEBARS, strict=True)))
def test_a_sidebar_does_not_keep_since_from_ending_pagination(
    skin: str, sidebar: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    beside = [(f"/newstream/154970000{n}-4711/popular-piece/", "December 31, 2037") for n in (1, 2)]
    site = Everywhere(35, LISTING, with_sidebar(skin, sidebar, beside), skin=skin)
    server = serve(site=site)
    truth = site.truth()
    newest = max(each["published_on"] for each in truth["articles"])
    done = crawl(server.url + LISTING, output, args={"since": newest})
    assert done.code == 0, done.stderr
    (listing,) = done.manifest["listings"]
    assert (listing["stop_reason"], listing["newest"]) == ("reached the date in since", newest)
    assert listing["pages"] < 4
    assert_same(done.articles(), [each for each in truth["articles"] if each["published_on"] == newest])
    assert asked_for(server, "-4711") == 0


# Settings and addresses


def test_a_field_below_its_minimum_coverage_is_a_layout_that_is_not_understood_and_named(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(25)
    lacking = [each for each in server.site.truth()["articles"] if each["original_url"] is None]
    assert lacking
    done = crawl(server.url + LISTING, output, settings={"VOK_MIN_COVERAGE": "original_url=1"})
    assert (done.code, done.manifest["outcome"]) == (12, "layout not understood"), done.stderr
    assert done.errors["coverage_original_url"] == 1
    assert_whole(done, server.site)


def test_an_address_with_a_password_is_refused_and_the_password_is_nowhere_said(crawl: Crawling, output: Path) -> None:
    done = crawl("http://somebody:open-sesame@127.0.0.1:1/x", output)
    assert done.code == 2
    assert "start_url" in done.stderr
    assert "Traceback" not in done.stderr
    for word in ("open-sesame", "somebody"):
        assert word not in done.stdout + done.stderr
    assert not output.exists()


WRONG = [
    ("DOWNLOAD_DELAY", "abc"),
    ("CONCURRENT_REQUESTS", "abc"),
    # With these a crawl would wait for ever.
    ("CONCURRENT_REQUESTS", "0"),
    ("CONCURRENT_REQUESTS_PER_DOMAIN", "0"),
    ("CONCURRENT_ITEMS", "0"),
    ("DOWNLOAD_TIMEOUT", "-1"),
    ("DOWNLOAD_TIMEOUT", "0"),
    ("AUTOTHROTTLE_MAX_DELAY", "nan"),
    ("AUTOTHROTTLE_MAX_DELAY", "0"),
    ("LOG_LEVEL", "FOO"),
    ("USER_AGENT", " "),
    ("VOK_SOURCE_ID", "a b&c"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_value_that_a_setting_cannot_have_is_refused_in_words(
    name: str, value: str, crawl: Crawling, output: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}{LISTING}"
        done = crawl(url, output, settings={name: value})
    assert done.code == 2, done.stderr
    assert f"{name}: " in done.stderr
    assert value in done.stderr
    assert "Traceback" not in done.stderr
    # Nothing that a schedule would take for a run, and none left open that the next one would tell as killed.
    assert not output.exists()


def test_a_memory_limit_that_the_program_itself_exceeds_is_refused(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(3)
    done = crawl(server.url + LISTING, output, settings={"MEMUSAGE_LIMIT_MB": 20})
    assert done.code == 2, done.stderr
    assert "MEMUSAGE_LIMIT_MB: 20 is less than the " in done.stderr
    assert "Traceback" not in done.stderr
    assert (server.requests, output.exists()) == ([], False)
    assert crawl(server.url + LISTING, output, settings={"MEMUSAGE_LIMIT_MB": 2000}).code == 0


def test_links_with_a_user_are_not_followed(crawl: Crawling, serve: Serving, output: Path) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    link = server.url.replace("://", "://somebody:open-sesame@") + "/newstream/1549700000-4711/choir-sings/"
    item = (
        f'<article class="clearfix"><div class="article-desc"><h4><a href="{link}">Choir sings</a></h4><p>The choir</p>'
        '<p class="articled-date">February 09, 2019</p><p>The choir</p></div></article>'
    )
    site.change(LISTING, replacing("</article>\n", f"</article>\n{item}"))
    done = crawl(server.url + LISTING, output)
    assert done.code == 0, done.stderr
    assert asked_for(server, "1549700000-4711") == 0
    assert done.manifest["errors"]["offsite_link"]["examples"] == [link]
    assert not any("Authorization" in each.headers for each in server.requests)
    assert_whole(done, site)


def test_a_more_articles_link_with_credentials_is_not_followed_and_the_listing_is_incomplete(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    away = server.url.replace("://", "://somebody:open-sesame@") + f"{LISTING}page/2/"
    site.change(LISTING, more_to(away))
    done = crawl(server.url + LISTING, output)
    assert done.code == 10, done.stderr
    assert f"{LISTING}page/2/" not in paths(server)
    assert not any("Authorization" in each.headers for each in server.requests)
    assert_same(done.articles(), site.truth()["articles"][:10])
    # It was refused, not asked for in vain.
    assert done.manifest["errors"].get("offsite_more") == {"count": 1, "examples": [away]}, done.errors
    assert "Traceback" not in done.stderr
