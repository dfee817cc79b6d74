"""Scheme, host and port make the site: a site that is crawled by https is never asked for anything in the clear."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support.altered_responses import FORBIDDING, redirect, reply
from tests.support.commands import scrapy
from tests.support.crawling import Crawl
from tests.support.expected_records import by_id
from tests.support.hostile_site import HostileSite, with_body
from tests.support.recording_server import RecordingServer
from vokcrawl.sample import Answer, SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

LISTING = "/article/163/"
SETTINGS = {"DOWNLOAD_VERIFY_CERTIFICATES": False, "RETRY_TIMES": 0, "VOK_BACKOFF_SECONDS": 0}


@pytest.fixture
def secure() -> Iterator[RecordingServer]:
    """A site that is served by https, and whose links all lead to http."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with RecordingServer(HostileSite(25), tls=context) as server:
        server.site.base_url = server.url.replace("https://", "http://")
        yield server


def assert_all_secure(done: Crawl, server: RecordingServer) -> None:
    assert done.code == 0, done.stderr
    expected: list[dict[str, Any]] = [
        {**each, "url": each["url"].replace("http://", "https://")} for each in server.site.truth()["articles"]
    ]
    found = by_id(done.articles())
    assert [(each["id"], each["url"]) for each in found] == [(each["id"], each["url"]) for each in by_id(expected)]
    assert all(each["url"].startswith("https://") for each in done.teasers())


def test_links_down_to_http_are_upgraded(secure: RecordingServer, crawl: Crawling, output: Path) -> None:
    site = secure.site
    assert isinstance(site, HostileSite)
    for number in ("", "page/2/"):
        path, following = LISTING + number, f"{site.base_url}{LISTING}page/{2 if not number else 3}/"
        site.change(path, lambda answer, to=following: with_more(answer, to))  # type: ignore[misc]
    assert_all_secure(crawl(secure.url + LISTING, output, settings=SETTINGS), secure)
    replayed = scrapy("replay", "--diff", "--json", output=output, env={"VOK_START_URLS": secure.url + LISTING})
    assert replayed.code == 0, replayed.stderr
    kinds = json.loads(replayed.stdout)["kinds"]
    for found in (kinds["articles"], kinds["teasers"]):
        assert (found["changed"], found["would_appear"], found["would_vanish"]) == (0, 0, 0)
        assert found["same"] == 25


def with_more(answer: Answer, to: str) -> Answer:
    assert b'class="btn" href="' in answer.body
    return with_body(answer, re.sub(rb'(?<=class="btn" href=")[^"]*', to.encode(), answer.body))


def test_redirects_down_to_http_are_upgraded(secure: RecordingServer, crawl: Crawling, output: Path) -> None:
    site = secure.site
    assert isinstance(site, HostileSite)
    for each in site.truth()["articles"][3:5]:
        site.change(each["id"], redirect(each["url"] + "?now=here"), times=1)
    site.change(LISTING, redirect(site.base_url + LISTING + "?all=1"), times=1)
    assert_all_secure(crawl(secure.url + LISTING, output, settings=SETTINGS), secure)


def test_a_site_that_redirects_from_https_to_http_and_back_ends(
    secure: RecordingServer, crawl: Crawling, output: Path
) -> None:
    site = secure.site
    assert isinstance(site, HostileSite)
    site.change(LISTING, redirect(site.base_url + LISTING))
    done = crawl(secure.url + LISTING, output, settings=SETTINGS)
    assert done.code == 14, done.stderr
    assert done.errors == {"start_redirect_loop": 1}


# robots.txt


def test_a_redirected_robots_txt_is_followed_within_the_site(crawl: Crawling, serve: Serving, output: Path) -> None:
    site = HostileSite(3)
    server = serve(site=site)
    site.change("/robots.txt", redirect("/rules/robots.txt"))
    site.change("/rules/robots.txt", FORBIDDING)
    done = crawl(server.url + LISTING, output)
    assert (done.code, list(done.errors)) == (14, ["start_robots_forbidden"]), done.stderr
    site.change("/rules/robots.txt", reply("User-agent: *\nDisallow: /private/\n", kind="text/plain"))
    assert crawl(server.url + LISTING, output).code == 0


def test_a_robots_txt_that_is_redirected_off_the_site_names_the_setting(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(3)
    server = serve(site=site)
    moved = server.url.replace("127.0.0.1", "localhost") + "/robots.txt"
    site.change("/robots.txt", redirect(moved))
    done = crawl(server.url + LISTING, output, settings={"RETRY_TIMES": 0})
    assert (done.code, list(done.errors)) == (14, ["start_robots_unreadable"]), done.stderr
    assert f"is redirected to {moved}; if that is the same site, use it in VOK_START_URLS" in done.stderr
