"""The parsed tree that all readings work on, as browsers build it: by Lexbor, which follows the HTML standard.

Two things to know of its elements: they are views, of which there may be several on one element, equal as keys of
sets and dicts, but not the same object, and ``==`` compares what they hold (`is_same` is what is meant); and an
attribute that is written without a value has none (None), as one that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser
from selectolax.lexbor import LexborNode as Element

__all__ = ["TEXT", "UNSEEN", "Element", "ancestors", "descendants", "is_same", "parse", "text_of", "with_class"]

# The `tag` of a text among an element's children, and those of what is neither text nor element.
TEXT = "-text"
UNSEEN: frozenset[str | None] = frozenset(("-comment", None))
# What the standard asks of a parser grows with a page's length times its nesting, its open tags, or the attributes of
# a tag: a page can be made that takes hours. Up to these bounds it is seconds; beyond them it is put in order first.
_MOST_TAGS, _LONGEST = 5_000, 250_000
# Of one tag; and how many different names they may have in a page.
_MOST_ATTRIBUTES, _MOST_NAMES = 1_000, 20_000
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?)?+"""
_KEPT, _CUT = rf"(?:{_ATTRIBUTE}){{0,{_MOST_ATTRIBUTES}}}+", rf"(?:{_ATTRIBUTE})*+"
# Comments, elements that hold no tags, and start tags; the groups are these without the attributes that are too many.
_TAGS = re.compile(
    r"(<!--(?:-?>|.*?(?:--!?>|\Z)))"
    rf"|(<(script|style|textarea|title|xmp|iframe|noembed|noframes)(?=[\s/>]){_KEPT}){_CUT}"
    r"([^>]*+>.*?(?:(?=</\3[\s/>])|\Z))?"
    rf"|(<[a-z][^\s/>]*+{_KEPT}){_CUT}",
    re.IGNORECASE | re.DOTALL,
)
# A batch may be the rows of a table without the table; by themselves they would be no rows.
_ROWS = re.compile(
    r"\s*+(?:<!--.*?-->\s*+)*+<(?:t[rdh]|tbody|thead|tfoot|col|caption)[\s/>]", re.IGNORECASE | re.DOTALL
)
# Nothing is done behind the page's back, such as copying the chosen one of a list's options.
_OPTIONS = LexborDocumentOptions.WO_EVENTS.value


def parse(text: str) -> Element:
    """The tree of an HTML page. Whatever the markup, there is one; a page of nothing but comments gives an empty one.

    NUL characters, which may not stand in a page, are left out.
    """
    if "\0" in text:
        text = text.replace("\0", "")
    if _ROWS.match(text):
        text = f"<table>{text}"
    if len(text) > _LONGEST or text.count("<") > _MOST_TAGS or _link_runs_on(text):
        text = _in_order(text)
    # Lone surrogates cannot be encoded, nor delivered: they become question marks.
    root = LexborHTMLParser(text.encode("utf-8", "replace"), options=_OPTIONS).root
    if root is None:
        raise RuntimeError("a page without a tree")
    return root


def text_of(element: Element) -> str:
    """All text inside an element, as written."""
    return element.text_lexbor()


def with_class(root: Element, name: str) -> list[Element]:
    """The elements at and below `root` that carry a class name, in the order of the page."""
    return root.css(f".{name}")


def is_same(one: Element | None, other: Element | None) -> bool:
    """Whether two views are of one element."""
    return one is not None and other is not None and one.mem_id == other.mem_id


def ancestors(element: Element) -> Iterator[Element]:
    """The elements around an element, from its parent up to the page's root."""
    up = element.parent
    while up is not None and up.is_element_node:
        yield up
        up = up.parent


def descendants(root: Element) -> Iterator[Element]:
    """The elements at and below `root`, in the order of the page."""
    return (node for node in root.traverse() if node.is_element_node)


def _link_runs_on(text: str) -> bool:
    """Whether the end of a link is missing: the standard has it begin anew in all that follows, libxml2 ends it."""
    return text.count("<a ") > text.count("</a")


def _in_order(text: str) -> str:
    """A page as libxml2 understands it: nested no deeper than it allows, all tags closed; attributes are bounded."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True, remove_comments=True)
    # To libxml2, too, each attribute of a tag costs more than the one before.
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
