"""A crawl of the whole sample site delivers all its content, with each pagination strategy."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.crawling import Crawl
from tests.support.expected_records import Record, assert_whole, by_id
from vokcrawl.sample import ALL_FAULTS, SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

# Fields that tell of the run, or of how the page was read, and not of the site.
OF_THE_RUN = ("run_id", "first_seen_at", "fetched_at", "extractor", "archived_as")


def of_the_site(records: list[Record], server: SampleServer) -> list[Record]:
    """The records without what tells of the run, and with one host for all servers."""
    text = json.dumps([{name: each[name] for name in each if name not in OF_THE_RUN} for each in by_id(records)])
    return json.loads(text.replace(server.url, "http://site"))


@pytest.mark.parametrize("more", ["link", "ajax"])
def test_all_skins_give_all_articles_and_teasers_and_the_same_records(
    more: str, crawl: Crawling, serve: Serving, tmp_path: Path
) -> None:
    found = []
    for skin in ("current", "classic", "plain"):
        server = serve(45, skin=skin, more=more)
        done = crawl(f"{server.url}/article/163/", tmp_path / skin)
        assert done.code == 0, done.stderr
        assert_whole(done, server.site)
        assert {each["strategy"] for each in done.manifest["listings"]} == {more}
        found.append([of_the_site(records, server) for records in (done.articles(), done.teasers())])
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("more", ["link", "ajax"])
def test_the_mixed_news_stream_gives_the_wanted_source_only(
    more: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(30, more=more)
    done = crawl(f"{server.url}/newstream/", output)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
    others = server.site.truth()["others"]
    assert others
    assert not {each["id"] for each in done.articles() + done.teasers()} & set(others)


def test_manifest_is_filled_from_the_stats_of_scrapy(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(30, faults=ALL_FAULTS)
    done = crawl(f"{server.url}/article/163/", output, settings={"LOG_LEVEL": "INFO"})
    dumped = re.findall(r"'(vok/[^']+)': (\d+)", done.stderr)
    stats = {name: int(value) for name, value in dumped}

    def below(area: str) -> dict[str, int]:
        return {name.removeprefix(area): value for name, value in stats.items() if name.startswith(area) and value}

    manifest = done.manifest
    assert below("vok/records/") == manifest["counts"]
    assert below("vok/problems/") == done.errors
    assert below("vok/extractors/article/") == manifest["extractors_used"]["article"]
    assert below("vok/extractors/teaser/") == manifest["extractors_used"]["teaser"]
    pages = manifest["pages"]
    assert (stats["vok/pages/read"], stats["vok/articles/read"]) == (pages["read"], pages["articles"])
    assert (stats.get("vok/pages/failed", 0), stats["vok/articles/truncated"]) == (pages["failed"], pages["truncated"])


@pytest.mark.parametrize(("skin", "more"), [("classic", "link"), ("plain", "ajax")])
def test_an_article_page_leads_to_its_whole_source(
    skin: str, more: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(30, skin=skin, more=more)
    # Not one of the twenty of the block: it is found as the start page, and later in the listing.
    start = server.site.truth()["articles"][25]
    done = crawl(start["url"], output)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
    asked = [each.target for each in server.requests if urlsplit(start["url"]).path == each.target]
    assert len(asked) == 1


def test_start_pages_that_overlap_give_each_record_once_and_ask_for_no_article_twice(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(25)
    starts = f"{server.url}/newstream/,{server.url}/article/163/"
    done = crawl(None, output, settings={"VOK_START_URLS": starts})
    assert done.code == 0, done.stderr
    articles = [each.target for each in server.requests if re.match(r"/newstream/\d", each.target)]
    assert [each for each in set(articles) if articles.count(each) > 1] == []
    assert_whole(done, server.site)


def test_the_stream_knows_other_sources_without_their_logos_by_their_articles(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(20)
    done = crawl(f"{server.url}/newstream/", output, settings={"VOK_SOURCE": "pyongyang TIMES"})
    assert done.code == 0, done.stderr
    assert {each["source"] for each in done.articles()} == {"Pyongyang Times"}
    assert {each["id"] for each in done.articles()} <= set(server.site.truth()["others"])
    assert {each["id"] for each in done.teasers()} == {each["id"] for each in done.articles()}


def test_an_output_directory_of_another_source_gives_a_warning_with_both_names_and_a_remedy(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(20)
    url = f"{server.url}/newstream/"
    first, again = crawl(url, output), crawl(url, output, settings={"VOK_SOURCE": "voice of korea (en)"})
    assert "VOK_OUTPUT_DIR" not in first.stderr + again.stderr
    done = crawl(url, output, settings={"VOK_SOURCE": "Pyongyang Times"})
    assert (done.code, len(done.articles()) > 20) == (0, True), done.stderr
    (line,) = (line for line in done.stderr.splitlines() if "WARNING" in line and "VOK_OUTPUT_DIR" in line)
    # As it was last written.
    assert "state.sqlite3 has records of voice of korea (en), and VOK_SOURCE is Pyongyang Times" in line
    assert line.endswith("give each source its own VOK_OUTPUT_DIR")


def test_the_usual_trouble_of_the_site_costs_no_record(crawl: Crawling, serve: Serving, output: Path) -> None:
    """Too many requests, a listing in an article's place, and an article that comes in while the listing is crawled."""
    server = serve(25, faults=("rate_limited", "listing_instead", "inserted"))
    done = crawl(f"{server.url}/article/163/", output)
    assert done.code == 0, done.stderr
    assert len(done.articles()) == 26
    assert_whole(done, server.site)


def test_removed_and_blocked_articles_are_counted_and_the_rest_is_complete(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(20, faults=("sign_up", "removed"))
    done = crawl(f"{server.url}/article/163/", output)
    assert_whole(done, server.site)
    expected = {"article_block_page_sign_up": 1, "article_not_found": 1, "article_gone": 1}
    assert {name: done.errors.get(name) for name in expected} == expected
    withheld = {*server.site.truth()["blocked"], *(each["id"] for each in server.site.truth()["removed"])}
    assert {each["id"] for each in done.manifest["pending_retries"]} == withheld


def test_teasers_say_where_they_were_found(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(12)
    teasers = crawl(f"{server.url}/article/163/", output).teasers()
    places = [(each["found_on"], each["position"]) for each in by_id(teasers)[::-1]]
    first, second = f"{server.url}/article/163/", f"{server.url}/article/163/page/2/"
    assert sorted(places) == sorted([(first, at) for at in range(1, 11)] + [(second, 1), (second, 2)])
