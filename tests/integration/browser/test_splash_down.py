"""Splash missing, down, slow, overloaded or invalid: reported as such, and never taken for the end of a listing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from tests.support.children import ROOT
from tests.support.crawling import Crawl
from tests.support.fake_splash import FakeSplash
from vokcrawl.config import Options
from vokcrawl.downloader.rendering.result import Outcome, read_answer
from vokcrawl.errors import UsageError
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]
# A page of twelve and its block make one listing page and a bit.
ARTICLES = 15


def first_page(server: SampleServer) -> set[str]:
    return {each["id"] for each in server.site.truth()["teasers"][:10]}


@pytest.mark.parametrize("more", ["auto", "browser"])
def test_without_a_splash_the_run_ends_with_12_and_names_the_setting(
    crawl: Crawling, serve: Serving, output: Path, more: str
) -> None:
    server = serve(ARTICLES, more="script" if more == "auto" else "link")
    done = crawl(f"{server.url}/article/163/", output, settings={"VOK_PAGINATION": more})
    assert done.code == 12
    assert "SPLASH_URL" in done.stderr
    assert (done.errors["more_needs_browser"], done.errors["more_not_understood"]) == (1, 1)
    assert first_page(server) <= {each["id"] for each in done.teasers()}


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "127.0.0.1:8050", "http://me:secret@127.0.0.1:8050", "http://a/?b"]
)
def test_a_wrong_address_is_no_setting(url: str) -> None:
    settings = Settings()
    settings.setmodule("vokcrawl.settings.base", priority="project")
    settings.set("SPLASH_URL", url, priority="cmdline")
    with pytest.raises(UsageError, match="SPLASH_URL"):
        Options.read(settings)


def test_a_wrong_address_in_the_environment_is_refused_at_once(crawl: Crawling, output: Path) -> None:
    done = crawl("http://127.0.0.1:9/article/163/", output, env={"SPLASH_URL": "localhost"})
    assert done.code == 2
    assert "SPLASH_URL: 'localhost'" in done.stderr
    assert not output.exists()


def test_nothing_of_splash_is_loaded_unless_it_is_used() -> None:
    code = "import sys, vokcrawl.spiders.vok; sys.exit('scrapy_splash' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


ANSWERS: dict[str, tuple[dict[str, Any], int, str]] = {
    "overloaded": ({"status": 503}, 2, "browser_unreachable"),
    "out of time": ({"status": 504, "body": b'{"error": 504, "type": "GlobalTimeoutError"}'}, 2, "browser_unreachable"),
    "silent": ({"silent": True}, 2, "browser_unreachable"),
    "garbage": ({"body": b"\xff\x00<html>", "kind": "text/html"}, 2, "browser_unreachable"),
    "another program": ({"body": b'{"ok": true}'}, 2, "browser_unreachable"),
    "refusing the script": ({"status": 400, "body": b'{"error": 400, "type": "ScriptError"}'}, 1, "browser_refused"),
}


@pytest.mark.parametrize("how", ANSWERS)
def test_a_splash_that_does_not_work_is_asked_again_and_then_reported(
    crawl: Crawling, serve: Serving, imitate: Callable[..., FakeSplash], output: Path, how: str
) -> None:
    answer, asked, reason = ANSWERS[how]
    server, fake = serve(ARTICLES, more="script"), imitate(**answer)
    settings = {"SPLASH_URL": fake.url, "VOK_SPLASH_TIMEOUT": 1, "RETRY_TIMES": 1}
    done = crawl(f"{server.url}/article/163/", output, settings=settings)
    assert (done.code, done.errors.get(f"listing_{reason}")) == (14, 1), done.stderr
    assert "SPLASH_URL" in done.stderr
    # Nothing but the script is sent there, and its robots.txt is not asked for: that is the site's to have.
    assert fake.asked == ["POST /execute"] * asked
    assert not done.manifest["listings"][0]["complete"]
    assert first_page(server) <= {each["id"] for each in done.teasers()}


def test_a_splash_that_is_down_is_reported_and_the_next_run_goes_on(
    crawl: Crawling, serve: Serving, imitate: Callable[..., FakeSplash], output: Path
) -> None:
    with FakeSplash() as gone:
        url = gone.url
    server = serve(ARTICLES, more="script")
    down = crawl(f"{server.url}/article/163/", output, settings={"SPLASH_URL": url})
    assert (down.code, down.errors.get("listing_browser_unreachable")) == (14, 1), down.stderr
    data = {"url": f"{server.url}/article/163/", "outcome": "end", "pages": [], "clicks": 0}
    working = imitate(body=json.dumps(data).encode())
    done = crawl(f"{server.url}/article/163/", output, settings={"SPLASH_URL": working.url})
    assert (done.code, done.manifest["listings"][0]["complete"]) == (0, True)


def test_what_splash_says_of_a_page_elsewhere_is_not_believed(
    crawl: Crawling, serve: Serving, imitate: Callable[..., FakeSplash], output: Path
) -> None:
    data = {"url": "http://127.0.0.1:9/article/163/", "outcome": "end", "pages": ["<p>x</p>"], "clicks": 1}
    server, fake = serve(ARTICLES, more="script"), imitate(body=json.dumps(data).encode())
    done = crawl(f"{server.url}/article/163/", output, settings={"SPLASH_URL": fake.url})
    assert (done.code, done.errors.get("listing_offsite")) == (10, 1), done.stderr


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{}", b'{"url": "x", "outcome": "fine"}', b'{"url": 1, "outcome": "end"}']
    + [b'{"url": "x", "outcome": "end", "pages": [1]}', b'{"url": "x", "outcome": "end", "clicks": "1"}'],
)
def test_an_answer_that_the_script_would_not_give_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_answer(body)


@pytest.mark.parametrize(
    ("rest", "refusal"),
    [("0", True), (" -1\n", True), ('{"success": false}', True), ("[]", True), ("", False), ("That was all.", False)],
)
def test_what_a_call_answers_when_it_refuses_is_known_in_the_browser_too(rest: str, refusal: bool) -> None:
    data = {"url": "x", "outcome": "end", "rest": rest}
    assert read_answer(json.dumps(data).encode()).is_refusal is refusal


def test_missing_and_empty_lua_values_are_understood() -> None:
    rendered = read_answer(b'{"url": "x", "outcome": "end", "pages": {}, "clicks": 2.0, "status": 0}')
    assert (rendered.outcome, rendered.pages, rendered.clicks, rendered.status) == (Outcome.END, (), 2, None)
