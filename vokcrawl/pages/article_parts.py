"""The parts of an article that the site splits into several pages (WordPress: `<!--nextpage-->`).

The first part has the URL of the article. Part 2 has the path `…/2/`, or the query `?page=2` without pretty permalinks.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from vokcrawl.normalize import absolute_url, authority
from vokcrawl.pages.tree import Element

__all__ = ["linked_parts", "part_number"]

# The number follows the slug. Without a slug it could be the slug itself.
_PATH = re.compile(r"(/newstream/\d{10}-\d{1,12}/[^/]+)/([1-9]\d{0,3})/?$", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d{0,3}", re.ASCII)


def part_number(url: str) -> int:
    """Return which part of its article a URL names; 1 for the URL of the article itself.

    >>> part_number("https://example.org/newstream/1750885366-665971553/slug/3/")
    3
    >>> part_number("https://example.org/newstream/1750885366-665971553/slug/?page=2")
    2
    """
    return _split(url)[1]


def linked_parts(root: Element, url: str) -> dict[int, str]:
    """Return the other parts of the article that its page at `url` links to: their URLs by number."""
    own, number = _split(url)
    found: dict[int, str] = {}
    for link in root.css("a[href]"):
        href = link.attributes.get("href") or ""
        if href[:1] == "#" or not any(character.isdigit() for character in href):
            continue
        target = absolute_url(url, href)
        if target is None or authority(target) != authority(url):
            continue
        path, other = _split(target)
        if path == own and other != number:
            found.setdefault(other, target)
    return found


def _split(url: str) -> tuple[str, int]:
    """Return the path of the article and the number of the part."""
    parts = urlsplit(url)
    if (match := _PATH.search(parts.path)) is not None and match[2] != "1":
        return parts.path[: match.start()] + match[1], int(match[2])
    pages = parse_qs(parts.query).get("page", []) if "page=" in parts.query else []
    number = int(pages[0]) if len(pages) == 1 and _NUMBER.fullmatch(pages[0]) else 1
    return parts.path.rstrip("/"), number
