"""The readers take linear time, whatever a page repeats."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import FULL_SIZE, THOROUGH
from vokcrawl.crawling.article_result import article_page, find_article
from vokcrawl.normalize import article_id
from vokcrawl.pages.block_pages import find_block_page
from vokcrawl.pages.document import TOO_MANY_ELEMENTS, PageFault, read_document
from vokcrawl.pages.extractors import EXTRACTORS
from vokcrawl.pages.more import read_more
from vokcrawl.pages.search import number_in_form
from vokcrawl.pages.tree import MOST_ELEMENTS

URL = "http://site.test/newstream/1733799346-500000000/works-completed-in-sariwon/"
HEAD = "<h1>Works completed in Sariwon</h1><p>Date: 10/12/2024 | Source: Voice of Korea (EN)</p>"
LINK = "<a href='/newstream/1733800000-{n}/s-{n}/'>Title {n}</a>"
SAME = "<a href='/newstream/1733800000-7/s/'>Title</a>"
PARTS = {
    "captioned pictures in one block": (
        "<div class='wp-caption'>",
        "<img src='/a{n}.jpg'>",
        "<p class='wp-caption-text'>c</p></div>",
    ),
    "pictures in one figure": ("<figure>", "<img src='/a{n}.jpg'>", "<figcaption>c</figcaption></figure>"),
    "captions in one figure": ("<figure><img src='/a.jpg'>", "<figcaption>c {n}</figcaption>", "</figure>"),
    "gallery items": (
        "",
        "<dl class=gallery-item><dt><img src='/a{n}.jpg'><dd class=gallery-caption>c</dl>",
        "",
    ),
    "lazy pictures": ("", "<p><img src='data:x'><noscript><img src='/a{n}.jpg'></noscript></p>", ""),
    "paragraphs": ("", "<p>A paragraph of the text, number {n}, as there are many.</p>", ""),
    "line breaks": ("<p>", "x<br>", "</p>"),
    "lines of one teaser": (f"<div class='article-desc'>{SAME}", "<p>line {n}</p><p>line {n}</p>", "</div>"),
    "linked lines of one teaser": ("<div class='article-desc'>", SAME, "</div>"),
    "headings of one teaser": (f"<div class='article-desc'>{SAME}", "<h4>line {n}</h4><h4>line {n}</h4>", "</div>"),
    "teasers": ("", "<article><div class='article-desc'><h4>" + LINK + "</h4><p>e {n}</p></div></article>", ""),
    "teasers by structure": ("<ul>", "<li>" + LINK + "<p>December 10, 2024</p></li>", "</ul>"),
    "flat links": ("<div>", LINK + "<p>x</p>", "</div>"),
    "one article's links": ("<div>", f"<p>{SAME}</p>", "</div>"),
    "rows of More From": (f"<div>{SAME}", f"<p>More From Voice of Korea (EN)</p><p>{SAME}</p>", "</div>"),
    "More From headings": ("", "<h3>More From the north {n}</h3>" + LINK, ""),
    "More Articles": ("", "<button data-id='{n}'>More Articles</button>", ""),
    "meta lines": ("", "<p>Date: x | Source: y {n}</p>", ""),
    "hidden elements": ("", "<p style='display:none' class='a b c'>x</p>", ""),
    "comments": ("<div>", "<div><p>Said by somebody, and rather long it is, too {n}</p></div>", "</div>"),
    "list links": ("<ul>", "<li>" + LINK + "</li>", "</ul>"),
    "unknown elements": ("<p>", "<x-a>a</x-a> ", "</p>"),
    "hidden addresses": ("<p>", "<span data-cfemail='7d171214133d0e180f0b1253120f1a'>x</span>", "</p>"),
    "warnings": ("<p>", "Warning: x in /a.php on line 3 ", "</p>"),
    "warnings without an end": ("<p>", "Warning: x on line ", "</p>"),
    "base and links": ("<base href='http://site.test/'>", "<a href='x{n}'>x</a>", ""),
    "days": ("", "<p>December 10, 2024</p>", ""),
    "forms": ("", "<form><p>Posted</p><input name='post_passwor'></form>", ""),
    "options": ("<select name='source'>", "<option value='{n}'>Voice of Korea</option>", "</select>"),
    "nested elements": ("", "<div><span>", ""),
    "elements named like a plugin's": ("", "<p class='my-share-box-{n}'>share {n} <a href='/x'>x</a></p>", ""),
    "long elements named like a plugin's": ("", f"<div class='ct-share-box'>{'text ' * 60}</div>", ""),
    "nested elements named like a plugin's": ("", "<div class='ct-share-box-{n}'>some words", ""),
    "class names": ("", "<p class='a{n} b{n} c-x{n} sr-onl{n}' style='/*x*/a:b!important'>x</p>", ""),
    "attributes of lazy pictures": ("", "<img data-x{n}='/a{n}.jpg' data-z='y' src='data:,'>", ""),
    "pictures beside noscript": (
        "",
        "<span><img class=lazy src='data:,'></span><noscript><img src='/a{n}.jpg'></noscript>",
        "",
    ),
    "links that share": ("<p>", "<a href='https://www.facebook.com/sharer.php?u={n}'>x</a> ", "</p>"),
    "headers with dates": ("", "<header><p>Date: 10/12/2024</p></header>", ""),
    "errors of the database": ("<p>", "You have an error in your SQL syntax; check the manual that ", "</p>"),
    "errors of the server": ("", "<p>503 Service Unavailable</p>", ""),
    "passwords": ("", "<p>This content is password protected {n}</p>", ""),
    "words of a check": ("", "<p>captcha just a moment</p>", ""),
}
# Bytes of the larger page, and CPU seconds that prove nothing.
LARGE, NEGLIGIBLE = (480_000, 0.4) if FULL_SIZE else (240_000, 0.2) if THOROUGH else (120_000, 0.1)
# Elements of the larger page, and how often a slow pair is measured again.
MOST_OF_LARGE, ATTEMPTS = MOST_ELEMENTS - 200, 5
# The largest page that is downloaded, and the CPU seconds that it may take.
LONGEST_PAGE, CPU_LIMIT = 4_000_000, 2.0
START_TAG = re.compile("<[a-z]")


def repeats(name: str) -> int:
    """How often the larger page repeats its part."""
    part = PARTS[name][1]
    return min(LARGE // len(part), MOST_OF_LARGE // max(1, len(START_TAG.findall(part))))


def page(name: str, number: int, content: bool, filler: str = "") -> bytes:
    start, part, end = PARTS[name]
    text = f"{start}{''.join(part.replace('{n}', str(n)) for n in range(number))}{end}{filler}"
    body = f"<div class='article-content'>{text}</div>" if content else f"<div>{text}</div>"
    return f"<html><head></head><body>{HEAD}{body}</body></html>".encode()


def read_as_listing(body: bytes) -> None:
    root = read_document(body, "text/html; charset=utf-8", URL).root
    EXTRACTORS[-1].teasers(root)
    read_more(root, URL, 10)
    number_in_form(root, "Voice of Korea")


def read_as_article(body: bytes) -> None:
    root = read_document(body, "text/html; charset=utf-8", URL).root
    try:
        seen = article_page(EXTRACTORS[-1], root, URL, body)
    except PageFault:
        return
    find_article(seen, str(article_id(URL)), URL, body)
    seen.teasers()


def read(body: bytes) -> None:
    read_as_listing(body)
    read_as_article(body)
    find_block_page(body)


@pytest.fixture(autouse=True, scope="module")
def _quick_collections() -> Iterator[None]:
    """Lets the collector skip what was there before these tests, which takes it longer than a page."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def seconds(body: bytes, read: Callable[[bytes], None] = read) -> float:
    """CPU time of reading a page once, without the garbage collector's."""
    gc.collect()
    gc.disable()
    try:
        begin = time.process_time()
        read(body)
        return time.process_time() - begin
    finally:
        gc.enable()


@pytest.mark.parametrize("content", [True, False], ids=["in the content", "by structure"])
@pytest.mark.parametrize("name", PARTS)
def test_reading_time_grows_linearly_with_page_length(name: str, content: bool) -> None:
    number = repeats(name)
    small, large = page(name, number // 4, content), page(name, number, content)
    best_small = best_large = float("inf")
    for _ in range(ATTEMPTS):
        best_small, best_large = min(best_small, seconds(small)), min(best_large, seconds(large))
        # Four times the page: linear is 4, quadratic 16. Very short times prove nothing.
        if best_large < max(NEGLIGIBLE, 8 * best_small):
            return
    raise AssertionError(f"{best_small:.3f} s for {len(small)} bytes, {best_large:.3f} s for {len(large)}")


@pytest.mark.thorough
@pytest.mark.parametrize("read", [read_as_listing, read_as_article])
@pytest.mark.parametrize("name", PARTS)
def test_largest_page_is_read_within_two_seconds(name: str, read: Callable[[bytes], None]) -> None:
    part = PARTS[name][1]
    number = min(LONGEST_PAGE // len(part), MOST_OF_LARGE // max(1, len(START_TAG.findall(part))))
    number = min(number, (LONGEST_PAGE - 100_000) // (len(part) + 5))
    rest = LONGEST_PAGE - len(page(name, number, True))
    body = page(name, number, True, f"<p>{'A sentence of the text. ' * (rest // 25)}</p>")
    assert len(body) > 0.9 * LONGEST_PAGE
    # The fastest of several: other programs on the machine slow down even CPU time.
    assert any(seconds(body, read) < CPU_LIMIT for _ in range(ATTEMPTS))


@pytest.mark.parametrize(
    "part", ["<div>", "<p><b class='x{n}'>", "<p><i id='{n}'><!--</i>-->", "<table><b a='{n}'>", "<br>"]
)
@pytest.mark.parametrize("size", [40_000, pytest.param(LONGEST_PAGE, marks=pytest.mark.thorough)])
def test_page_of_too_many_elements_is_refused_within_two_seconds(part: str, size: int) -> None:
    body = f"{HEAD}{''.join(part.replace('{n}', str(n)) for n in range(size // len(part)))}".encode()

    def read(body: bytes) -> None:
        try:
            read_as_article(body)
        except PageFault as fault:
            assert fault.name == TOO_MANY_ELEMENTS  # noqa: PT017

    assert any(seconds(body, read) < CPU_LIMIT for _ in range(ATTEMPTS))
