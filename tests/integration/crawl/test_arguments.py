"""The arguments of `scrapy crawl vok`: what each one limits, and the errors for invalid values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.crawling import Crawl
from tests.support.expected_records import Record, assert_same, assert_whole, by_id
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

WRONG = {
    "a day that is none": ({"since": "2024-02-30"}, ["since: '2024-02-30'", "YYYY-MM-DD"]),
    "a day in words": ({"until": "yesterday"}, ["until: 'yesterday'", "YYYY-MM-DD"]),
    "no page": ({"max_pages": "0"}, ["max_pages: '0'", "whole number of 1 or more"]),
    "half a yes": ({"full": "maybe"}, ["full: 'maybe'", "is not 1 or 0"]),
    "another protocol": ({"start_url": "ftp://example.org/"}, ["start_url: 'ftp://example.org/'", "http or https URL"]),
    "an argument that is none": (
        {"sincee": "2024-12-10"},
        ["sincee: no such argument", "start_url, since, until, max_pages, full"],
    ),
    "since after until": (
        {"since": "2024-12-10", "until": "2024-12-09"},
        ["since: '2024-12-10'", "until: '2024-12-09'", "since must be the earlier day"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_argument_is_refused_before_anything_is_opened_or_sent(
    case: str, crawl: Crawling, output: Path
) -> None:
    args, said = WRONG[case]
    done = crawl(None, output, args=args)
    assert done.code == 2
    last = done.stderr.strip().splitlines()[-1]
    assert [words for words in said if words not in last] == [], last
    assert "Traceback" not in done.stderr
    assert not output.exists()


def days_of(records: list[Record]) -> list[str]:
    return sorted({each["published_on"] for each in records})


def between(records: list[Record], since: str, until: str) -> list[Record]:
    return [each for each in records if since <= each["published_on"] <= until]


@pytest.mark.parametrize("start", ["/article/163/", "an article"])
def test_since_and_until_bound_what_is_delivered_and_what_is_left_comes_with_the_next_run(
    start: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(25)
    truth = server.site.truth()
    days = days_of(truth["articles"])
    since, until = days[1], days[-2]
    assert since <= until
    url = truth["articles"][10]["url"] if start == "an article" else server.url + start

    bounded = crawl(url, output, args={"since": since, "until": until})
    assert bounded.code == 0, bounded.stderr
    assert_same(bounded.articles(), between(truth["articles"], since, until))
    assert_same(bounded.teasers(), between(truth["teasers"], since, until))
    assert bounded.manifest["arguments"]["since"] == since

    after = crawl(url, output)
    assert after.code == 0, after.stderr
    assert_whole(after, server.site)


def test_pagination_stops_after_the_date_of_since(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(45)
    truth = server.site.truth()["articles"]
    newest = max(each["published_on"] for each in truth)
    done = crawl(f"{server.url}/article/163/", output, args={"since": newest})
    assert_same(done.articles(), between(truth, newest, newest))
    (listing,) = done.manifest["listings"]
    assert listing["stop_reason"] == "reached the date in since"
    assert listing["pages"] < 5
    # What is older was not asked for.
    asked = {each.target for each in server.requests}
    assert not any(each["published_on"] < newest and each["url"].removeprefix(server.url) in asked for each in truth)


def test_max_pages_limits_pagination_and_leaves_later_entries_uncrawled(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(25, skin="classic")
    url, truth = f"{server.url}/article/163/", server.site.truth()
    bounded = crawl(url, output, args={"max_pages": 1})
    assert bounded.code == 0, bounded.stderr
    assert_same(bounded.articles(), truth["articles"][:10])
    # The block on the articles' pages shows ten more, without their titles.
    listed = [each for each in bounded.teasers() if each["title"] is not None]
    assert_same(listed, truth["teasers"][:10])
    (listing,) = bounded.manifest["listings"]
    assert (listing["pages"], listing["complete"], listing["stop_reason"]) == (1, False, "max_pages reached")
    assert [each.target for each in server.requests if "/page/" in each.target] == []

    after = crawl(url, output)
    assert after.code == 0, after.stderr
    assert_same(after.articles(), truth["articles"])
    assert by_id({"id": each["id"]} for each in after.teasers()) == by_id(
        {"id": each["id"]} for each in truth["teasers"]
    )


def test_a_second_run_stops_at_the_first_page_and_a_full_one_paginates_to_the_end(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(45)
    url = f"{server.url}/article/163/"
    first = crawl(url, output)
    before = (first.articles(), first.teasers())
    server.reset()
    idle = crawl(url, output)
    assert (idle.code, idle.manifest["outcome"]) == (0, "nothing new")
    assert [each.target for each in server.requests] == ["/robots.txt", "/article/163/"]
    full = crawl(url, output, args={"full": 1})
    assert (full.code, full.manifest["outcome"]) == (0, "nothing new")
    (listing,) = full.manifest["listings"]
    assert (listing["pages"], listing["stop_reason"]) == (5, "end of the listing")
    assert (full.articles(), full.teasers()) == before
