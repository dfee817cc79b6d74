"""Every reader of a tree takes linear time: twice the page, about twice the time, whatever is repeated in it."""

from __future__ import annotations

import time

import pytest

from vokcrawl.crawling.article_result import article_page, find_article
from vokcrawl.normalize import article_id
from vokcrawl.pages.block_pages import find_block_page
from vokcrawl.pages.document import PageFault, read_document
from vokcrawl.pages.extractors import EXTRACTORS
from vokcrawl.pages.more import read_more
from vokcrawl.pages.search import number_in_form

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
    "words of a check": ("", "<p>captcha just a moment</p>", ""),
}
CPU_LIMIT = 2.0


def page(name: str, size: int, content: bool) -> bytes:
    start, part, end = PARTS[name]
    inner, length, n = [], 0, 0
    while length < size:
        inner.append(part.replace("{n}", str(n)))
        length += len(inner[-1])
        n += 1
    text = f"{start}{''.join(inner)}{end}"
    body = f"<div class='article-content'>{text}</div>" if content else f"<div>{text}</div>"
    return f"<html><head></head><body>{HEAD}{body}</body></html>".encode()


def read(body: bytes) -> None:
    try:
        root = read_document(body, "text/html; charset=utf-8", URL).root
    except PageFault:
        return
    EXTRACTORS[-1].teasers(root)
    read_more(root, URL, 10)
    number_in_form(root, "Voice of Korea")
    try:
        seen = article_page(EXTRACTORS[-1], root, URL, body)
    except PageFault:
        return
    find_article(seen, str(article_id(URL)), URL, body)
    seen.teasers()
    find_block_page(body)


def seconds(body: bytes) -> float:
    best = float("inf")
    for _ in range(2):
        begin = time.process_time()
        read(body)
        best = min(best, time.process_time() - begin)
    return best


@pytest.mark.parametrize("content", [True, False], ids=["in the content", "by structure"])
@pytest.mark.parametrize("name", PARTS)
def test_a_page_twice_as_long_takes_about_twice_as_long(name: str, content: bool) -> None:
    small, large = (seconds(page(name, size, content)) for size in (120_000, 480_000))
    # Four times the page: linear is 4, quadratic 16. What takes next to no time says nothing.
    assert large < max(0.4, 8 * small), f"{small:.3f} s, then {large:.3f} s"
