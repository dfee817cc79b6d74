"""The text that a real browser shows in an article's block: a second opinion on what is visible."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import Browser, Route

BLOCK = "div.article-content"
# What themes do with these classes: they hide the text from readers, in ways that `innerText` does not see.
_THEME = """
.sr-only, .screen-reader-text, .visually-hidden, .visuallyhidden, .hidden, .d-none { display: none !important }
"""
# Shows what the site's scripts would show: e-mail addresses that Cloudflare hides, and the characters of emoji images.
_SCRIPTS = """
for (const link of document.querySelectorAll("[data-cfemail]")) {
    const bytes = link.dataset.cfemail.match(/../g).map(each => parseInt(each, 16));
    link.replaceWith(String.fromCharCode(...bytes.slice(1).map(each => each ^ bytes[0])));
}
for (const image of document.querySelectorAll("img.emoji, img.wp-smiley")) image.replaceWith(image.alt);
"""
_INVISIBLE = re.compile(r"[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")


def shown_lines(browser: Browser, page: bytes, address: str, block: str = BLOCK) -> list[str]:
    """The lines of text that Chromium shows in the elements `block` of a page; nothing else is loaded."""
    tab = browser.new_page()
    try:
        tab.route("**/*", lambda route: _fulfill(route, page, address))
        tab.goto(address, wait_until="domcontentloaded")
        tab.add_style_tag(content=_THEME)
        tab.evaluate(_SCRIPTS)
        texts: list[str] = tab.locator(block).evaluate_all("all => all.map(each => each.innerText)")
        assert texts, f"{block} is not in the page"
    finally:
        tab.close()
    return [line for text in texts for each in text.splitlines() if (line := clean(each))]


def without(lines: Sequence[str], others: Sequence[str]) -> list[str]:
    """The lines without the first occurrence of each of `others`, which must be among them."""
    left = list(lines)
    for other in others:
        assert clean(other) in left, f"{other!r} is not shown: {left}"
        left.remove(clean(other))
    return left


def words(lines: Sequence[str]) -> list[str]:
    """The words of lines of text, in order."""
    return " ".join(map(clean, lines)).split()


def clean(text: str) -> str:
    """A text without invisible characters, and with single spaces."""
    return " ".join(_INVISIBLE.sub("", text).split())


def _fulfill(route: Route, page: bytes, address: str) -> None:
    if route.request.url == address and route.request.is_navigation_request():
        route.fulfill(status=200, content_type="text/html; charset=utf-8", body=page)
    else:
        route.abort()
