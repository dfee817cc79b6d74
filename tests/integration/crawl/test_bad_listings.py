"""Listings with loops, missing pages or items of an unknown source: gaps are reported and nothing is invented."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.altered_responses import all_of, another_more, more_to, reply, twice, without_logo
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, assert_whole
from tests.support.hostile_site import HostileSite
from vokcrawl.sample import Answer, SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

AJAX = "/wp-admin/admin-ajax.php"
SECOND = "/article/163/page/2/"


def assert_led_back(done: Crawl, url: str) -> None:
    assert done.code == 10, done.stderr
    assert done.manifest["errors"]["more_leads_back"] == {"count": 1, "examples": [url]}
    listing = done.manifest["listings"][0]
    assert not listing["complete"]


@pytest.mark.parametrize("leads_to", [SECOND, "/article/163/"])
def test_a_last_page_that_links_back_makes_the_listing_incomplete_and_loses_no_record(
    leads_to: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    site.change(SECOND, another_more(leads_to))
    done = crawl(f"{server.url}/article/163/", output)
    assert_led_back(done, server.url + SECOND)
    assert_whole(done, site)
    # It was not asked for again and again.
    assert [each.target for each in server.requests].count(SECOND) == 1


def test_a_first_page_that_leads_to_itself_covers_nothing_behind_it(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(25)
    server = serve(site=site)
    articles = site.truth()["articles"]
    site.change("/article/163/", more_to("/article/163/"), times=1)
    done = crawl(f"{server.url}/article/163/", output)
    assert_led_back(done, f"{server.url}/article/163/")
    assert_same(done.articles(), articles[:10])
    after = crawl(f"{server.url}/article/163/", output)
    assert after.code == 0, after.stderr
    assert_same(after.articles(), articles)


def test_a_batch_that_repeats_makes_the_listing_incomplete(crawl: Crawling, serve: Serving, output: Path) -> None:
    site = HostileSite(25, more="ajax")
    server = serve(site=site)
    articles = site.truth()["articles"]
    same = site.answer("GET", f"{AJAX}?action=get_cat_by_source&id=189901&from=10&to=10", {})
    assert articles[12]["id"].encode() in same.body
    site.change(AJAX, same)
    done = crawl(f"{server.url}/article/163/", output)
    assert done.code == 10, done.stderr
    assert done.errors["more_repeats"] == 1
    assert_same(done.articles(), articles[:20])


@pytest.mark.parametrize("answer", [reply("0"), reply('{"error": true}', kind="application/json"), reply("")])
def test_an_invalid_batch_behind_a_page_that_announced_one_is_a_failure_and_not_an_end(
    answer: Answer, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(15, more="ajax")
    server = serve(site=site)
    site.change(AJAX, answer)
    done = crawl(f"{server.url}/article/163/", output)
    assert done.code == 10, done.stderr
    failed = {name: count for name, count in done.errors.items() if name.startswith("listing_")}
    assert list(failed.values()) == [1], failed
    assert not done.manifest["listings"][0]["complete"]
    assert_same(done.articles(), site.truth()["articles"][:10])
    # When the site has come to itself, the next run brings what lay behind.
    site.change(AJAX, answer, times=0)
    after = crawl(f"{server.url}/article/163/", output)
    assert after.code == 0, after.stderr
    assert_same(after.articles(), site.truth()["articles"])


def test_an_empty_batch_behind_a_full_one_is_asked_for_again(crawl: Crawling, serve: Serving, output: Path) -> None:
    site = HostileSite(25, more="ajax")
    server = serve(site=site)
    site.change(AJAX, reply(""), times=1)
    done = crawl(f"{server.url}/article/163/", output)
    assert done.code == 0, done.stderr
    assert_whole(done, site)


def test_an_empty_page_behind_a_more_articles_link_is_a_failure_and_no_end(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(15)
    server = serve(site=site)
    site.change(SECOND, reply(""))
    done = crawl(f"{server.url}/article/163/", output)
    assert done.code == 10, done.stderr
    assert done.manifest["errors"]["listing_empty_page"] == {"count": 1, "examples": [server.url + SECOND]}
    assert_same(done.articles(), site.truth()["articles"][:10])


def test_an_item_without_a_logo_that_is_shown_twice_waits_for_its_article(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    """Only the article's page can tell that it is another source's: so neither copy of the teaser is delivered."""
    site = HostileSite(12)
    server = serve(site=site)
    first_page = site.answer("GET", "/newstream/", {}).body
    other = next(each for each in site.truth()["others"] if each.encode() in first_page)
    site.change("/newstream/", all_of(without_logo(other), twice(other)))
    done = crawl(f"{server.url}/newstream/", output)
    assert done.code == 0, done.stderr
    assert other not in {each["id"] for each in done.teasers()}
    assert_whole(done, site)


def test_a_teaser_without_a_logo_has_the_source_of_its_article_also_where_the_crawl_began_there(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    start = site.truth()["articles"][5]
    site.change("/article/163/", without_logo(start["id"]))
    done = crawl(server.url + start["url"].removeprefix(server.url), output)
    assert done.code == 0, done.stderr
    assert_same(done.teasers(), site.truth()["teasers"])
