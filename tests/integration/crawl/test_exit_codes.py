"""How a failed crawl ends: an exit code for the scheduler, and a message with the remedy."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.altered_responses import EMPTY, FORBIDDING, NOT_FOUND, matching, redirect, reply
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, assert_whole
from tests.support.hostile_site import Change, HostileServer, HostileSite, Wire
from vokcrawl.sample import Answer, SampleServer
from vokcrawl.storage.output_folder import OutputFolder

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]


def assert_ended(done: Crawl, code: int, outcome: str, reason: str) -> None:
    assert done.code == code, done.stderr
    assert (done.manifest["exit_code"], done.manifest["outcome"]) == (code, outcome)
    assert reason in done.errors
    assert done.manifest["errors"][reason]["examples"]


def test_an_article_that_fails_for_ever_makes_the_run_incomplete_and_comes_when_it_answers(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(12)
    truth = server.site.truth()
    failing = truth["articles"][4]
    server.site.fail(failing["id"], 503, -1)
    done = crawl(f"{server.url}/article/163/", output)
    assert_ended(done, 10, "incomplete", "article_http_503")
    assert_same(done.articles(), [each for each in truth["articles"] if each is not failing])
    assert_same(done.teasers(), truth["teasers"])
    # RETRY_TIMES is 3.
    assert [each.status for each in server.requests].count(503) == 4

    server.site.fail(failing["id"], 503, 0)
    after = crawl(f"{server.url}/article/163/", output)
    assert after.code == 0, after.stderr
    assert after.manifest["counts"] == {"articles": 1}
    assert after.manifest["pending_retries"] == []
    assert_whole(after, server.site)


def test_a_listing_page_that_always_fails_makes_the_run_incomplete_and_the_next_run_continues_after_it(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(25)
    truth = server.site.truth()
    server.site.fail("/article/163/page/3/", 500, -1)
    done = crawl(f"{server.url}/article/163/", output)
    assert_ended(done, 10, "incomplete", "listing_http_500")
    assert_same(done.articles(), truth["articles"][:20])

    server.site.fail("/article/163/page/3/", 500, 0)
    after = crawl(f"{server.url}/article/163/", output)
    assert after.code == 0, after.stderr
    assert_whole(after, server.site)


NOT_UNDERSTOOD: dict[str, tuple[Change | Answer, str]] = {
    "no teasers": (
        matching(r'<div id="latest_article_wrapper">.*</div>\n<p class="more-link">'),
        "listing_without_teasers",
    ),
    "a more articles that says nothing": (
        matching(r'<a class="btn" href="[^"]*">More Articles</a>', "<b onclick='more()'>More Articles</b>"),
        "more_not_understood",
    ),
    "an empty page": (EMPTY, "start_empty_page"),
    "no page": (NOT_FOUND, "start_http_404"),
}


@pytest.mark.parametrize("case", NOT_UNDERSTOOD)
def test_a_listing_that_is_not_what_it_was_is_a_layout_that_is_not_understood(
    case: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    change, reason = NOT_UNDERSTOOD[case]
    site = HostileSite(12)
    site.change("/article/163/", change)
    done = crawl(f"{serve(site=site).url}/article/163/", output)
    assert_ended(done, 12, "layout not understood", reason)


def test_a_listing_that_redirects_to_the_sign_up_form_is_blocked(crawl: Crawling, serve: Serving, output: Path) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    site.change("/article/163/", redirect("/free-member-form/?return=article"))
    done = crawl(f"{server.url}/article/163/", output)
    assert_ended(done, 11, "blocked", "start_block_page_sign_up")
    assert done.articles() == done.teasers() == []


def test_a_site_that_truncates_every_article_is_blocked(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(4)
    for article in server.site.truth()["articles"]:
        server.site.truncate(article["id"])
    done = crawl(f"{server.url}/article/163/", output)
    assert_ended(done, 11, "blocked", "article_truncated")
    assert {each["truncated"] for each in done.articles()} == {True}
    assert_whole(done, server.site)


def test_a_port_where_nothing_listens_is_out_of_reach(crawl: Crawling, output: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    done = crawl(f"http://127.0.0.1:{port}/article/163/", output)
    assert (done.code, done.manifest["outcome"]) == (14, "unreachable"), done.stderr
    (reason,) = done.manifest["errors"]
    assert reason.startswith("start_")
    assert "Connection was refused" in done.stderr


def test_a_robots_txt_that_forbids_the_start_page_is_obeyed(crawl: Crawling, serve: Serving, output: Path) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    site.change("/robots.txt", FORBIDDING)
    done = crawl(f"{server.url}/article/163/", output)
    assert_ended(done, 14, "unreachable", "start_robots_forbidden")
    assert [each.target for each in server.requests] == ["/robots.txt"]


def test_articles_that_robots_txt_forbids_are_not_asked_for_and_make_the_run_incomplete(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(5)
    server = serve(site=site)
    site.change("/robots.txt", reply("User-agent: *\nDisallow: /newstream/\n", kind="text/plain"))
    done = crawl(f"{server.url}/article/163/", output)
    assert_ended(done, 10, "incomplete", "article_robots_forbidden")
    assert {each.target for each in server.requests} == {"/robots.txt", "/article/163/"}
    assert_same(done.teasers(), site.truth()["teasers"])


def test_an_output_folder_that_cannot_be_made_is_a_failure_of_the_storage(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(12)
    output.write_text("a file stands in its place", encoding="utf-8")
    done = crawl(f"{server.url}/article/163/", output)
    assert done.code == 15, done.stderr
    assert str(output) in done.stderr
    assert "Traceback" not in done.stderr
    assert output.read_text(encoding="utf-8") == "a file stands in its place"
    assert server.requests == []


def test_a_file_that_cannot_be_written_ends_the_run_and_the_next_one_brings_everything(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(12)
    blocked = output / "articles"
    output.mkdir()
    blocked.write_text("a file stands in the folder's place", encoding="utf-8")
    done = crawl(f"{server.url}/article/163/", output)
    assert done.code == 15, done.stderr
    assert str(blocked) in done.stderr

    blocked.unlink()
    after = crawl(f"{server.url}/article/163/", output)
    assert after.code == 0, after.stderr
    assert_whole(after, server.site)
    assert [each["outcome"] for each in after.manifests()] == ["crashed", "done"]


def test_a_directory_locked_by_another_run_is_not_touched(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(12)
    folder = OutputFolder(output)
    folder.take("a test")
    try:
        done = crawl(f"{server.url}/article/163/", output)
    finally:
        folder.release()
    assert done.code == 13, done.stderr
    assert "a test" in done.stderr
    assert "Traceback" not in done.stderr
    assert server.requests == []


def test_trouble_on_the_wire_is_asked_again_and_costs_no_record(crawl: Crawling, output: Path) -> None:
    site = HostileSite(12)
    with HostileServer(site) as server:
        ids = [each["id"] for each in site.truth()["articles"]]
        server.disturb(ids[2], Wire.RESET, times=2)
        server.disturb(ids[4], Wire.CUT, times=2)
        server.disturb(ids[6], Wire.HANG, times=1)
        server.disturb("/article/163/page/2/", Wire.RESET, times=1)
        done = crawl(f"{server.url}/article/163/", output, settings={"DOWNLOAD_TIMEOUT": 2})
        assert done.code == 0, done.stderr
        assert_whole(done, site)


@pytest.mark.thorough
def test_trouble_on_the_wire_that_does_not_end_is_named_for_what_it_is(crawl: Crawling, output: Path) -> None:
    site = HostileSite(12)
    with HostileServer(site) as server:
        articles = site.truth()["articles"]
        for place, wire in ((2, Wire.RESET), (4, Wire.CUT), (6, Wire.HANG)):
            server.disturb(articles[place]["id"], wire)
        done = crawl(f"{server.url}/article/163/", output, settings={"DOWNLOAD_TIMEOUT": 2, "RETRY_TIMES": 1})
        assert done.code == 10, done.stderr
        expected = {"article_connection": 1, "article_cut_off": 1, "article_timeout": 1}
        assert {name: done.errors.get(name) for name in expected} == expected
        assert_same(done.articles(), [each for at, each in enumerate(articles) if at not in (2, 4, 6)])
