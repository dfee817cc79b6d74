"""The parts of an article that the site splits into several pages (WordPress: `<!--nextpage-->`).

The first part has the URL of the article. Part 2 has the path `…/2/`, or the query `?page=2` without pretty permalinks.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from vokcrawl.normalize import absolute_url, article_id, authority
from vokcrawl.pages.tree import Element

__all__ = ["linked_parts", "part_number"]

_NUMBER = re.compile(r"[1-9]\d{0,3}", re.ASCII)


def part_number(url: str) -> int:
    """Return which part of its article a URL names; 1 for the URL of the article itself.

    >>> part_number("https://example.org/newstream/1750885366-665971553/slug/3/")
    3
    >>> part_number("https://example.org/newstream/1750885366-665971553/slug/?page=2")
    2
    """
    return _split(url)[1] if _may_be_later(url) else 1


def linked_parts(root: Element, url: str) -> dict[int, str]:
    """Return the other parts, from the second on, that the article page at `url` links to: their URLs by number."""
    own, number = "", 1
    found: dict[int, str] = {}
    for link in root.css("a[href]"):
        href = link.attributes.get("href") or ""
        # An article page has dozens of other links: nearly none of them ends in a digit.
        if not (href.rstrip("/")[-1:].isdecimal() or "?" in href or "#" in href) or not _may_be_later(href):
            continue
        if not own:
            own, number = _split(url)
        target = absolute_url(url, href)
        if target is None or authority(target) != authority(url):
            continue
        path, other = _split(target)
        if path == own and other != number:
            found.setdefault(other, target)
    return found


def _may_be_later(href: str) -> bool:
    """Return whether a link may lead to a later part. It is cheap: an article page has dozens of other links."""
    if "page=" in href:
        return True
    path = href.partition("#")[0].partition("?")[0].rstrip("/")
    # Nearly no path ends in a digit.
    return path[-1:].isdecimal() and path.rpartition("/")[2].isdecimal()


def _split(url: str) -> tuple[str, int]:
    """Return the path of the article and the number of the part."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    identity = article_id(url)
    behind = path.rpartition(f"/{identity}/")[2].split("/") if identity is not None else []
    # The number follows the slug. Without a slug it could be the slug itself.
    if len(behind) == 2 and behind[1] != "1" and _NUMBER.fullmatch(behind[1]):
        return path.removesuffix(f"/{behind[1]}"), int(behind[1])
    pages = parse_qs(parts.query).get("page", []) if "page=" in parts.query else []
    return path, int(pages[0]) if len(pages) == 1 and _NUMBER.fullmatch(pages[0]) else 1
