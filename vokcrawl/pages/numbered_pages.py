"""Numbered pages of a listing, as WordPress and its themes link them: finds the next page where there is no button.

A link is followed only if its URL is that of a later page of the same listing, because picture galleries have "Next"
links, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import parse_qsl, urlsplit

from vokcrawl.normalize import absolute_url, article_id, authority, clean_text
from vokcrawl.pages.profile import site
from vokcrawl.pages.tree import Element, text_of

__all__ = ["last_page_number", "next_page_link", "page_number"]

PAGE_PATH = re.compile(r"/page/(\d{1,6})/?$", re.ASCII)
_FIELDS = re.compile(r"paged|page|pg|query(?:-\d{1,4})?-page")
# The maximum number of links of a page that are examined.
_MOST_LINKS = 3_000


def page_number(url: str) -> tuple[str, int]:
    """The path of a listing without the number of its page, and that number; the page without one is 1.

    >>> page_number("https://example.org/news/page/3/")
    ('/news', 3)
    >>> page_number("https://example.org/news/?paged=2")
    ('/news', 2)
    """
    parts = urlsplit(url)
    found = PAGE_PATH.search(parts.path)
    path = parts.path[: found.start()] if found else parts.path
    number = int(found[1]) if found else 1
    for name, value in parse_qsl(parts.query):
        if _FIELDS.fullmatch(name) and value.isascii() and value.isdigit() and len(value) < 7:
            number = max(number, int(value))
    return path.rstrip("/"), number


def next_page_link(root: Element, base: str) -> str | None:
    """The address of the page behind the one at `base`; None where the page names none.

    By the class names of the link, then by its words, then by the number that follows the page's own.
    """
    later = list(_later_pages(root, base))
    _, own = page_number(base)
    for is_next in (_has_next_class, _has_next_words):
        for link, url, _ in later:
            if is_next(link):
                return url
    return next(
        (url for link, url, number in later if number == own + 1 and text_of(link).strip() == str(number)), None
    )


def last_page_number(root: Element, base: str) -> int:
    """Return the highest number of a page of this listing that the page at `base` links to; 0 if there is none."""
    return max((number for _, _, number in _later_pages(root, base)), default=0)


def _later_pages(root: Element, base: str) -> Iterator[tuple[Element, str, int]]:
    """The links to later pages of this listing, with the number of each."""
    path, own = page_number(base)
    for link in islice(root.css("a[href]"), _MOST_LINKS):
        href = link.attributes.get("href") or ""
        url = absolute_url(base, href)
        if url is None or article_id(url) is not None or authority(url) != authority(base):
            continue
        its_path, number = page_number(url)
        if its_path == path and number > own:
            yield link, url, number


def _has_next_class(link: Element) -> bool:
    names = f"{link.attributes.get('class') or ''} {_class_of(link.parent)}".lower().split()
    return not site().more.next_classes.isdisjoint(names)


def _class_of(element: Element | None) -> str:
    return (element.attributes.get("class") or "") if element is not None else ""


def _has_next_words(link: Element) -> bool:
    label = clean_text(text_of(link)) or link.attributes.get("aria-label") or ""
    return len(label) < 40 and site().more.next_words.fullmatch(label) is not None
