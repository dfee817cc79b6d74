"""The parsed tree that all readings work on: plain lxml, which is much faster to walk than its HTML classes."""

from __future__ import annotations

import re
from collections.abc import Collection

from lxml import etree
from lxml.etree import _Element as Element

__all__ = ["Element", "by_class", "parse", "text_of", "with_class"]

_EARLY_END = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)
_STRING = etree.XPath("string()")


def parse(text: str) -> Element:
    """The tree of an HTML page. Whatever the markup, there is one; a page of nothing but comments gives an empty one.

    NUL characters, at which the parser would stop, are left out.
    """
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True, remove_comments=True)
    # What stands behind an early end of the page still is of the page: the parser would hang it elsewhere.
    text = _EARLY_END.sub("", text.replace("\0", "") if "\0" in text else text)
    # Lone surrogates cannot be encoded, nor delivered: they become question marks.
    root: Element | None = etree.fromstring(text.encode("utf-8", "replace") or b"<html/>", parser)
    return etree.Element("html") if root is None else root


def text_of(element: Element) -> str:
    """All text inside an element, as written."""
    return str(_STRING(element))


def with_class(root: Element, name: str) -> list[Element]:
    """The elements at and below `root` that carry a class name, in the order of the page."""
    return by_class(root, (name,))[name]


def by_class(root: Element, names: Collection[str]) -> dict[str, list[Element]]:
    """The same for several names in one pass over the page, which is what costs; each name has its list."""
    found: dict[str, list[Element]] = {name: [] for name in names}
    # As fast as an XPath expression that looks for one of them, and a second name costs little more.
    for element in root.iter():
        written = element.get("class")
        if written:
            for name, carrying in found.items():
                # Mostly it is not even a part of what is written.
                if name in written and name in written.split():
                    carrying.append(element)
    return found
