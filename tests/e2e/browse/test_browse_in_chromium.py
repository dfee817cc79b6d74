"""`scrapy browse` in a real browser: nothing runs or leaves the machine, and everyone can read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.browse_server import CAPTURED, HOSTILE, Browsing, archive, browsing, identity, trap
from tests.support.children import ROOT

PHONE = {"width": 390, "height": 844}
WINDOW = {"width": 1280, "height": 900}
PICTURES = ROOT / "build" / "browse"
PATHS = {
    "articles": "/",
    "filtered": "/?month=2024-01&source=Rodong%20Sinmun",
    "search": "/search?q=paragraph+harvest",
    "article": f"/article/{identity(1)}",
    "removed": f"/article/{identity(2)}",
    "captured": f"/article/{identity(3)}/1/page",
    "hostile": f"/article/{identity(900)}",
    "runs": "/runs",
    "run": "/runs/20240210T060000Z",
    "error": "/article/1704088800-77777",
}


@pytest.fixture(scope="module")
def connections() -> Iterator[tuple[str, list[str]]]:
    with trap() as trapped:
        yield trapped


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, connections: tuple[str, list[str]], browser: Browser
) -> Iterator[Browsing]:
    output = tmp_path_factory.mktemp("browse") / "output"
    archive(output, CAPTURED.format(trap=connections[0]).encode())
    with browsing(output) as running:
        yield running


@contextmanager
def opened(browser: Browser, site: Browsing, path: str, **context: Any) -> Iterator[tuple[Page, list[str], list[str]]]:
    """A page, the addresses that it has requested, and the messages of the browser."""
    window = browser.new_context(**context)
    try:
        page = window.new_page()
        requests: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(site.url + path)
        yield page, requests, said
    finally:
        window.close()


def test_pages_load_only_their_style_sheet_and_run_nothing(browser: Browser, site: Browsing) -> None:
    with opened(browser, site, "/") as (page, requests, said):
        for name, path in PATHS.items():
            if name in ("captured", "error"):
                continue
            del requests[:]
            page.goto(site.url + path, wait_until="networkidle" if name == "hostile" else "load")
            assert requests[0] == site.url + path
            # The style sheet may come from the cache.
            assert set(requests[1:]) <= {site.url + "/browse/browse.css"}
            assert said == []
            assert page.evaluate("[window.owned ?? null, document.scripts.length, document.styleSheets.length]") == [
                None,
                0,
                1,
            ]


def test_captured_page_is_shown_and_reaches_nothing(
    browser: Browser, site: Browsing, connections: tuple[str, list[str]]
) -> None:
    with opened(browser, site, PATHS["captured"]) as (page, requests, _):
        page.wait_for_load_state("networkidle")
        frame = page.frame_locator("iframe")
        assert frame.locator("#text").inner_text() == "As it was captured."
        for each in ("#send", "#link", "#top"):
            frame.locator(each).click(no_wait_after=True)
            page.wait_for_timeout(200)
            page.goto(site.url + PATHS["captured"])
        assert page.evaluate("window.owned") is None
        assert {each.split("/")[2] for each in requests if "captured" in each} == {site.url.split("/")[2]}
    with opened(browser, site, PATHS["captured"].removesuffix("page") + "captured") as (page, _, _):
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.origin") == "null"
    assert connections[1] == []


def test_trap_sees_connections(browser: Browser, site: Browsing) -> None:
    with trap() as (url, seen), opened(browser, site, "/") as (page, _, _):
        page.goto(url)
        assert "/" in seen


@pytest.mark.parametrize(("scheme", "size"), [("light", WINDOW), ("dark", PHONE)], ids=["window", "phone"])
def test_everyone_can_read_it(browser: Browser, site: Browsing, scheme: Any, size: Any) -> None:
    # Two pages that have most elements in both sizes, each other one in one of them.
    names = list(PATHS)[0 if scheme == "light" else 1 :: 2]
    with opened(browser, site, "/", color_scheme=scheme, viewport=size, bypass_csp=True) as (page, _, _):
        for path in (PATHS[name] for name in dict.fromkeys(("articles", "article", *names))):
            page.goto(site.url + path)
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            found = Axe().run(page, options={"iframes": False})
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"


def test_nothing_makes_a_page_wider_than_the_window(browser: Browser, site: Browsing) -> None:
    with opened(browser, site, "/") as (page, _, _):
        for width in (320, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            for path in PATHS.values():
                page.goto(site.url + path)
                assert page.evaluate("document.documentElement.scrollWidth") == width, path


def test_light_and_dark_have_other_colours(browser: Browser, site: Browsing) -> None:
    ask = """() => ['body', 'del', 'ins', 'main a'].map(each => getComputedStyle(document.querySelector(each)))
        .map(style => [style.backgroundColor, style.color].join())"""
    seen = {}
    for scheme in ("light", "dark"):
        with opened(browser, site, PATHS["article"], color_scheme=scheme) as (page, _, _):
            seen[scheme] = page.evaluate(ask)
    assert all(light != dark for light, dark in zip(seen["light"], seen["dark"], strict=True))


def test_versions_are_side_by_side_in_a_window_and_below_each_other_on_a_phone(
    browser: Browser, site: Browsing
) -> None:
    for size, beside in ((WINDOW, True), (PHONE, False)):
        with opened(browser, site, PATHS["article"], viewport=size) as (page, _, _):
            before, after = (page.locator(f".{each}").first.bounding_box() for each in ("before", "after"))
            assert before is not None
            assert after is not None
            assert (before["y"] == after["y"]) is beside
            for name, line in (("del", "line-through"), ("ins", "underline")):
                style = page.locator(name).first.evaluate("each => getComputedStyle(each).textDecorationLine")
                assert style == line


def test_keyboard_reaches_search_filters_and_articles(browser: Browser, site: Browsing) -> None:
    with opened(browser, site, "/", viewport=WINDOW) as (page, _, _):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        assert page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        page.locator("#q").focus()
        page.keyboard.type("county 7")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=county+7")
        page.locator(".articles a").first.focus()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/article/{identity(7)}")


def test_hostile_title_shows_as_text(browser: Browser, site: Browsing) -> None:
    with opened(browser, site, PATHS["hostile"]) as (page, _, _):
        shown = page.locator("h1").inner_text()
        assert shown == HOSTILE.replace("\u202e", "U+202E")
        assert page.evaluate("document.querySelectorAll('script, img').length") == 0


def test_pictures_are_kept_for_people_to_look_at(browser: Browser, site: Browsing) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with opened(browser, site, "/") as (page, _, _):
        for name, sizes in (("articles", (WINDOW, PHONE)), ("article", (WINDOW, PHONE)), ("search", (PHONE,))):
            page.goto(site.url + PATHS[name])
            for size, scheme in ((size, scheme) for size in sizes for scheme in ("light", "dark")):
                page.set_viewport_size(size)  # type: ignore[arg-type]
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                picture = page.screenshot(path=PICTURES / f"{name}-{size['width']}-{scheme}.png")
                assert len(picture) > 5_000
