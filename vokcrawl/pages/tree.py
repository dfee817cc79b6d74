"""The parsed tree, built like in a browser by Lexbor, which implements the HTML standard.

Elements are views: several objects may refer to one element. They are equal as keys of sets and dicts, but ``==``
compares their contents; use `is_same`. The value of an attribute without a value is None, like that of a missing one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree
from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser
from selectolax.lexbor import LexborNode as Element

__all__ = [
    "MOST_ELEMENTS", "TEXT", "UNSEEN", "Element", "TooManyElementsError", "ancestors", "descendants", "is_same",
    "parse", "text_of", "with_class",
]  # fmt: skip

# The `tag` of text nodes, and of nodes that are neither text nor elements.
TEXT = "-text"
UNSEEN: frozenset[str | None] = frozenset(("-comment", None))
# Parsing by the standard takes time proportional to the length times the nesting, the open tags, or the attributes of
# a tag: hours for a hostile page. Pages beyond these limits are normalised by libxml2 first.
_MOST_TAGS, _LONGEST = 5_000, 250_000
# By the standard, unclosed formatting elements are opened again in each following block: a page of 40 KB can have
# millions of elements. libxml2 does not do that. Maximum numbers of unclosed ones, and in all, without libxml2.
_FORMATTING = r"(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])"
# The first letter decides faster than the alternatives.
_FORMATTING_START = re.compile(rf"<(?=[bcefinstu]){_FORMATTING}", re.IGNORECASE)
_FORMATTING_END = re.compile(rf"</{_FORMATTING}", re.IGNORECASE)
_MOST_UNCLOSED, _MOST_FORMATTING = 20, 300
# One search for both is three times as fast as counting each in the text.
_LINK_TAG = re.compile(r"<(?:a |/a)")
# The readers take up to 40 microseconds for an element. A page of the site has some hundreds.
MOST_ELEMENTS = 30_000
# Maximum number of start tags, which take about two microseconds each. Of nested ones libxml2 keeps a few hundred only.
_MOST_START_TAGS = 500_000
# Maximum number of attributes of a tag, and of attribute names in a page.
_MOST_ATTRIBUTES, _MOST_NAMES = 1_000, 20_000
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?)?+"""
_KEPT, _CUT = rf"(?:{_ATTRIBUTE}){{0,{_MOST_ATTRIBUTES}}}+", rf"(?:{_ATTRIBUTE})*+"
# Comments, raw text elements and start tags; the groups exclude surplus attributes.
_TAGS = re.compile(
    r"(<!--(?:-?>|.*?(?:--!?>|\Z)))"
    rf"|(<(script|style|textarea|title|xmp|iframe|noembed|noframes)(?=[\s/>]){_KEPT}){_CUT}"
    r"([^>]*+>.*?(?:(?=</\3[\s/>])|\Z))?"
    rf"|(<[a-z][^\s/>]*+{_KEPT}){_CUT}",
    re.IGNORECASE | re.DOTALL,
)
# A batch may consist of table rows, which are dropped without a table.
_ROWS = re.compile(
    r"\s*+(?:<!--.*?-->\s*+)*+<(?:t[rdh]|tbody|thead|tfoot|col|caption)[\s/>]", re.IGNORECASE | re.DOTALL
)
# No side effects, such as copying the selected option of a list.
_OPTIONS = LexborDocumentOptions.WO_EVENTS.value


class TooManyElementsError(Exception):
    """Raised by `parse` for a page that is too large to be read in bounded time."""


def parse(text: str) -> Element:
    """Return the tree of an HTML page; an empty one for a page of comments only.

    NUL characters, which are invalid in HTML, are removed. Raises `TooManyElementsError`.
    """
    if "\0" in text:
        text = text.replace("\0", "")
    if _ROWS.match(text):
        text = f"<table>{text}"
    if len(text) > _LONGEST or text.count("<") > _MOST_TAGS or _is_misnested(text):
        text = _in_order(text)
    # Lone surrogates cannot be encoded: they become question marks.
    root = LexborHTMLParser(text.encode("utf-8", "replace"), options=_OPTIONS).root
    if root is None:
        raise RuntimeError("a page without a tree")
    if next(islice(root.traverse(), MOST_ELEMENTS, None), None) is not None:
        raise TooManyElementsError
    return root


def text_of(element: Element) -> str:
    """The text inside an element, as written."""
    return element.text_lexbor()


def with_class(root: Element, name: str) -> list[Element]:
    """The elements with a class name at and below `root`, in document order."""
    return root.css(f".{name}")


def is_same(one: Element | None, other: Element | None) -> bool:
    """Whether two views refer to the same element."""
    return one is not None and other is not None and one.mem_id == other.mem_id


def ancestors(element: Element) -> Iterator[Element]:
    """The ancestors of an element, from its parent up to the root."""
    up = element.parent
    while up is not None and up.is_element_node:
        yield up
        up = up.parent


def descendants(root: Element) -> Iterator[Element]:
    """The elements at and below `root`, in document order."""
    return (node for node in root.traverse() if node.is_element_node)


def _is_misnested(text: str) -> bool:
    """Whether end tags of links or of formatting elements are missing."""
    links = _LINK_TAG.findall(text)
    # Each other one is an end tag.
    if 2 * links.count("<a ") > len(links):
        return True
    starts = len(_FORMATTING_START.findall(text))
    if starts <= _MOST_UNCLOSED:
        return False
    return starts > _MOST_FORMATTING or starts - len(_FORMATTING_END.findall(text)) > _MOST_UNCLOSED


def _in_order(text: str) -> str:
    """Normalise a page with libxml2: limited nesting, all tags closed, limited attributes.

    Raises `TooManyElementsError` for a page of too many start tags.
    """
    if text.count("<") > _MOST_START_TAGS:
        # Counted before anything is built, which would take seconds for a page of a million tags.
        start_tags = (found for found in _TAGS.finditer(text) if found[1] is None)
        if next(islice(start_tags, _MOST_START_TAGS, None), None) is not None:
            raise TooManyElementsError
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True, remove_comments=True)
    # In libxml2, too, each attribute of a tag takes longer than the one before.
    text = _TAGS.sub(r"\1\2\4\5", text)
    root: etree._Element | None = etree.fromstring(text.encode("utf-8", "replace"), parser)
    if root is None:
        return ""
    names: set[str] = set()
    for element in root.iter():
        attributes = element.attrib
        for name in list(attributes):
            if len(names) < _MOST_NAMES:
                names.add(name)
            elif name not in names:
                del attributes[name]
    return str(etree.tostring(root, encoding="unicode", method="html"))
