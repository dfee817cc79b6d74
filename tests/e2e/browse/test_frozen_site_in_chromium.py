"""A frozen site in a real browser, opened from a directory and from a plain HTTP server: its search and its pages."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.archive_builder import article
from tests.support.browse_server import CAPTURED, HOSTILE, LATER, archive, identity, trap
from tests.support.children import ROOT
from tests.support.commands import scrapy

PICTURES = ROOT / "build" / "browse"
PAGES = (
    "index.html",
    "list/2024-01.html",
    f"article/{identity(1)}.html",
    "search.html?q=harvest",
    "runs.html",
    f"captured/{identity(3)}-1.html",
)


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture(scope="module")
def connections() -> Iterator[tuple[str, list[str]]]:
    with trap() as trapped:
        yield trapped


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, connections: tuple[str, list[str]]) -> Path:
    folder = tmp_path_factory.mktemp("frozen")
    made = archive(folder / "output", CAPTURED.format(trap=connections[0]).encode())
    later = LATER.replace(year=2025)
    made.run(
        later,
        [
            article(910, later, title="The Café at Naïve-Street", body="Words: constructor, x2, 2025 and ﬁnal."),
            article(911, later, title="ラジオの工場", body="김정은동지께서 ﾗｼﾞｵ工場を現地指導した。", language="ja"),
        ],
    )
    done = scrapy("browse", "--freeze", str(folder / "site"), "--captures", output=folder / "output")
    assert done.code == 0, done.stderr
    return folder / "site"


@pytest.fixture(scope="module", params=["file", "http"])
def address(request: pytest.FixtureRequest, root: Path) -> Iterator[str]:
    if request.param == "file":
        yield f"{root.as_uri()}/"
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=root)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    window = browser.new_context(viewport={"width": 1280, "height": 900})
    page = window.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    # Browsers ask every server for this picture.
    assert [each for each in said if "404 (File not found)" not in each] == []
    window.close()


def found(page: Page, words: str) -> list[str]:
    """The titles that a search shows, typed into the form of the page."""
    page.locator("[name=q]").fill(words)
    with page.expect_navigation(url="**/search.html?q=*"):
        page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text(re.compile("article|Give"))
    return page.locator("#results h2").all_inner_texts()


def test_search_finds_words_in_the_browser(page: Page, address: str) -> None:
    page.goto(f"{address}article/{identity(7)}.html")
    # Each word must be there, from its beginning, in any order; without case and accents.
    assert found(page, "COUNTY begin 7") == ["Harvest begins in county 7"]
    assert page.locator("#status").inner_text() == "1 article"
    for words in ("cafe", "CAFÉ naive", "street", "constructor", "x2 final"):
        assert found(page, words) == ["The Café at Naïve-Street"], words
    for words in ("김정은", "은동지", "工場 ラジオ", "ﾗｼﾞｵ", "工"):
        assert found(page, words) == ["ラジオの工場"], words
    assert found(page, "평양에서") == ["새 공장"]
    # Phrases in quotation marks, and runs without spaces, are words that follow each other.
    for words in ('"at naïve street"', '"words constructor" final', '"2025 and final"', "'constructor'", '"x2"'):
        assert found(page, words) == ["The Café at Naïve-Street"], words
    for words in ('"工場を現地"', '"工場 現地"', "동지김정", '"naïve at"', '"street words"', '"words x2"'):
        assert found(page, words) == (["ラジオの工場"] if words == '"工場を現地"' else []), words
    # Parts of words, single letters and names of JavaScript find nothing.
    for words in ("arvest", "h", "toString", "harvest nosuchword"):
        assert found(page, words) == [], words
    assert page.locator("#status").inner_text() == "0 articles"
    assert found(page, "?!") == []
    assert page.locator("#status").inner_text() == "Give at least one word."


def test_results_lead_to_the_articles_and_more_of_them_follow(page: Page, address: str) -> None:
    page.goto(f"{address}index.html")
    assert len(found(page, "harvest")) == 50
    assert page.locator("#status").inner_text() == "The newest 50 articles"
    page.locator("#more").click()
    expect(page.locator("#status")).to_have_text("60 articles")
    assert page.locator("#more").is_hidden()
    page.locator("#results a").nth(3).click()
    page.wait_for_url("**/article/*")
    assert page.locator("h1").inner_text().startswith("Harvest")


def test_hostile_title_stays_text_in_the_results(page: Page, address: str) -> None:
    page.goto(f"{address}search.html")
    assert found(page, "owned") == [HOSTILE]
    assert page.evaluate("window.owned") is None
    assert page.locator("#results script, #results img").count() == 0
    found(page, HOSTILE)
    assert page.evaluate("window.owned") is None


def test_captured_page_runs_and_loads_nothing_in_its_frame_and_alone(
    browser: Browser, address: str, connections: tuple[str, list[str]]
) -> None:
    window = browser.new_context()
    page = window.new_page()
    page.goto(f"{address}article/{identity(3)}.html")
    page.get_by_text("Captured page").click()
    page.wait_for_load_state("networkidle")
    frame = page.frame_locator("iframe")
    assert frame.locator("#text").inner_text() == "As it was captured."
    # Nothing can be followed or sent.
    for name in ("#link", "#top", "#send"):
        frame.locator(name).click(no_wait_after=True)
        page.wait_for_timeout(100)
    assert page.evaluate("window.owned") is None
    page.goto(f"{address}captured/{identity(3)}-1-frame.html", wait_until="networkidle")
    assert page.locator("#text").inner_text() == "As it was captured."
    for name in ("#link", "#top", "#send"):
        page.locator(name).click(no_wait_after=True)
        page.wait_for_timeout(100)
    assert page.evaluate("window.owned") is None
    window.close()
    assert connections[1] == []


def test_index_of_another_time_is_named(page: Page, root: Path) -> None:
    path = root / "search" / "2025-0.js"
    content = path.read_bytes()
    try:
        path.write_bytes(content.replace(b'vok("2025-0","', b'vok("2025-0","f'))
        page.goto(f"{root.as_uri()}/search.html?q=cafe")
        expect(page.locator("#status")).to_have_text(
            "The search failed: the site has just been updated; reload this page."
        )
    finally:
        path.write_bytes(content)


def test_everyone_can_read_it_and_nothing_is_wider_than_the_window(browser: Browser, root: Path) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    window = browser.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True, color_scheme="dark")
    page = window.new_page()
    for name in PAGES:
        page.goto(f"{root.as_uri()}/{name}")
        if "search" in name:
            expect(page.locator("#status")).to_have_text(re.compile("article"))
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        page.screenshot(path=PICTURES / f"frozen-{name.partition('?')[0].replace('/', '-')}.png")
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") == width, name
        page.set_viewport_size({"width": 390, "height": 844})
    window.close()
