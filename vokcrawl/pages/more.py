"""How "More Articles" is followed: read from the page, not hard-coded.

The ways, in this order: the href of the element that says "More Articles"; its data attributes, or those of an
element around it; an inline script that names the call. The call's numbers come from the page too (`calls`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from vokcrawl.normalize import absolute_url, article_id, clean_text
from vokcrawl.pages.calls import KEYS, call_from, call_in_address, call_in_handler, call_in_script
from vokcrawl.pages.routes import AJAX_ACTION, LinkRoute, Route
from vokcrawl.pages.tree import TEXT, UNSEEN, Element, ancestors, descendants, text_of

# The words on the element, whole: the site's own first, then what was seen on its search and television pages, and
# what themes commonly say. No bare "More" or "Read more": those lead elsewhere.
_THINGS = r"(articles|results|posts|news|stories)"
MORE_WORDS = re.compile(
    rf"\W*(((load|view|show|see|get)\W{{1,3}})?more\W{{1,3}}{_THINGS}|(load|view|show|see|get)\W{{1,3}}more"
    rf"|older\W{{1,3}}{_THINGS})\W*(\d+\W*)?",
    re.IGNORECASE,
)
_CLICKABLE = "a, button, input, [onclick], [role=button]"
_NEXT = "a[rel=next][href], link[rel=next][href]"
_SCRIPTS = "script:not([src])"
# A button holds no more texts than these, nor more elements (of a drawing, say).
_MOST_TEXTS, _MOST_NODES = 8, 256


@dataclass(frozen=True, slots=True)
class More:
    """What a page says of "More Articles": whether it has the words at all, and the route, if one can be read."""

    said: bool
    route: Route | None


def read_more(root: Element, base: str, received: int) -> More:
    """The way on from this page. `base` is its URL, `received` how many teasers it had (where it names no `from`)."""
    elements = _behind_teasers(root, list(_elements(root)))
    # A script that names the very call first: the page may make other calls too.
    scripts = [text_of(script) for script in root.css(_SCRIPTS)] if elements else []
    scripts.sort(key=lambda script: AJAX_ACTION not in script)
    for element in elements:
        route = _of_element(element, scripts, base, received)
        if route is not None:
            return More(True, route)
    for script in scripts:
        call = call_in_script(script, base, received)
        if call is not None:
            return More(True, call)
    for link in root.css(_NEXT):
        href = link.attributes.get("href") or ""
        url = absolute_url(base, href)
        # This very page, but for a fragment, is what a button has for an href.
        same = url is not None and "#" in href and url.partition("#")[0] == base.partition("#")[0]
        if url is not None and article_id(url) is None and not same:
            return More(True, LinkRoute(url))
    return More(bool(elements), None)


def _elements(root: Element) -> Iterator[Element]:
    """The elements that say "More Articles": what can be clicked first, else whatever holds just these words."""
    found = False
    # What is named by two of its selectors is given twice.
    for element in dict.fromkeys(root.css(_CLICKABLE)):
        if article_id(element.attributes.get("href") or "") is not None:
            continue
        words = element.attributes.get("value") or "" if element.tag == "input" else _text(element)
        if MORE_WORDS.fullmatch(words):
            found = True
            yield element
    if found:
        return
    for element in descendants(root):
        first = next((node for node in element.iter(include_text=True) if node.tag not in UNSEEN), None)
        text = first.text_content if first is not None else None
        if text and MORE_WORDS.fullmatch(clean_text(text)):
            yield element


def _behind_teasers(root: Element, elements: list[Element]) -> list[Element]:
    """Those that stand behind the last link to an article first: a menu may have the same words."""
    if len(elements) < 2:
        return elements
    wanted = set(elements)
    behind: list[Element] = []
    for element in descendants(root):
        if element in wanted:
            behind.append(element)
        elif element.tag == "a" and article_id(element.attributes.get("href") or "") is not None:
            behind.clear()
    return list(dict.fromkeys((*behind, *elements)))


def _text(element: Element) -> str:
    # Long texts are no buttons: do not collect them.
    nodes = islice(element.traverse(include_text=True), _MOST_NODES)
    texts = (node.text_content or "" for node in nodes if node.tag == TEXT)
    return clean_text("".join(islice(texts, _MOST_TEXTS)))


def _of_element(element: Element, scripts: Sequence[str], base: str, received: int) -> Route | None:
    href = clean_text(element.attributes.get("href") or "")
    scripted = href.lower().startswith("javascript:")
    if href and not href.startswith("#") and not scripted:
        url = absolute_url(base, href)
        # A link to an article is none to more of them.
        # This very page, but for a fragment, is what a button has for an href.
        same = url is not None and "#" in href and url.partition("#")[0] == base.partition("#")[0]
        if url is not None and article_id(url) is None and not same:
            return call_in_address(url, base, received) or LinkRoute(url)
    for holder in (element, *islice(ancestors(element), 3)):
        values = {
            KEYS[name]: value or ""
            for attribute, value in holder.attributes.items()
            if (name := attribute.removeprefix("data-")) in KEYS and attribute.startswith("data-")
        }
        route = call_from(values, base, received, sure=holder is element)
        if route is not None:
            return route
    handler = element.attributes.get("onclick") or (href[len("javascript:") :] if scripted else "")
    return call_in_script(handler, base, received) or call_in_handler(handler, scripts, base, received)
