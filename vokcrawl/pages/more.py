"""How to follow "More Articles", read from the page.

In this order: the href of the "More Articles" element; its data attributes, or those of an ancestor; an inline script
with the AJAX call; a link to the next one of numbered pages (`numbered_pages`). The values of the call come from the
page too (`calls`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from vokcrawl.normalize import absolute_url, article_id, clean_text
from vokcrawl.pages.calls import call_from, call_in_address, call_in_handler, call_in_script
from vokcrawl.pages.numbered_pages import next_page_link
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import LinkRoute, Route
from vokcrawl.pages.tree import TEXT, UNSEEN, Element, ancestors, descendants, text_of

_CLICKABLE = "a, button, input, [onclick], [role=button]"
_NEXT = "a[rel=next][href], link[rel=next][href]"
_SCRIPTS = "script:not([src])"
# Maximum number of texts and of nodes (for example of an icon) in a button.
_MOST_TEXTS, _MOST_NODES = 8, 256


@dataclass(frozen=True, slots=True)
class More:
    """Whether a page has a "More Articles" element, and the route that it leads to, if known."""

    label_found: bool
    route: Route | None


def read_more(root: Element, base: str, received: int) -> More:
    """Return the route to the next page. `base` is the page's URL, `received` the number of its teasers."""
    elements = _behind_teasers(root, list(_elements(root)))
    # Scripts with the listing's action first: the page may have other calls too.
    scripts = [text_of(script) for script in root.css(_SCRIPTS)] if elements else []
    action = site().ajax.action
    scripts.sort(key=lambda script: action not in script)
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
        if url is not None and article_id(url) is None and not _is_of_button(href, url, base):
            return More(True, LinkRoute(url))
    following = next_page_link(root, base)
    return More(bool(elements), None) if following is None else More(True, LinkRoute(following))


def _elements(root: Element) -> Iterator[Element]:
    """The "More Articles" elements: clickable ones, or else any element with only these words."""
    labels, found = site().more, False
    if chosen := labels.selector.all(root):
        yield from chosen
        return
    # An element that matches two of the selectors is returned twice.
    for element in dict.fromkeys(root.css(_CLICKABLE)):
        if article_id(element.attributes.get("href") or "") is not None:
            continue
        words = element.attributes.get("value") or "" if element.tag == "input" else _text(element)
        if labels.button.fullmatch(words):
            found = True
            yield element
    if found:
        return
    for element in descendants(root):
        first = next((node for node in element.iter(include_text=True) if node.tag not in UNSEEN), None)
        text = first.text_content if first is not None else None
        if text and labels.button.fullmatch(clean_text(text)):
            yield element


def _behind_teasers(root: Element, elements: list[Element]) -> list[Element]:
    """Sort the elements after the last article link first: a menu may have the same words."""
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
    # Do not collect long texts, which are not buttons.
    nodes = islice(element.traverse(include_text=True), _MOST_NODES)
    texts = (node.text_content or "" for node in nodes if node.tag == TEXT)
    return clean_text("".join(islice(texts, _MOST_TEXTS)))


def _is_of_button(href: str, url: str, base: str) -> bool:
    """Whether an href is what a button has: this very page but for a fragment, or any page with an empty fragment."""
    return href.endswith("#") or ("#" in href and url.partition("#")[0] == base.partition("#")[0])


def _of_element(element: Element, scripts: Sequence[str], base: str, received: int) -> Route | None:
    href = clean_text(element.attributes.get("href") or "")
    scripted = href.lower().startswith("javascript:")
    if href and not href.startswith("#") and not scripted:
        url = absolute_url(base, href)
        # Not a link to an article.
        if url is not None and article_id(url) is None and not _is_of_button(href, url, base):
            return call_in_address(url, base, received) or LinkRoute(url)
    keys = site().ajax.keys
    for holder in (element, *islice(ancestors(element), 3)):
        values = {
            keys[name]: value or ""
            for attribute, value in holder.attributes.items()
            if (name := attribute.removeprefix("data-")) in keys and attribute.startswith("data-")
        }
        route = call_from(values, base, received, sure=holder is element)
        if route is not None:
            return route
    handler = element.attributes.get("onclick") or (href[len("javascript:") :] if scripted else "")
    return call_in_script(handler, base, received) or call_in_handler(handler, scripts, base, received)
