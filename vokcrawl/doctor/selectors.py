"""Finds CSS selectors for known elements, by names first, then by positions. Each is tried on all pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from vokcrawl.pages.tree import Element, is_same

__all__ = ["Found", "find_common", "find_selector"]

# The element to find, and the root below which it is looked for.
Found = tuple[Element, Element]

_NAME = re.compile(r"-?[_a-zA-Z][\w-]{0,60}", re.ASCII)
_VALUE = re.compile(r"[\w./:-]{1,60}", re.ASCII)
# Attributes that say what an element is. Of the first ones the value counts, of the others that they are there.
_VALUES, _PRESENT = ("itemprop", "rel", "property", "role", "data-testid"), ("datetime", "colspan", "valign")
_MOST_CLASSES = 4
# The number of ancestors that are searched.
_MOST_UP = 8
_NOTHING: Sequence[Element] = ()


def find_selector(
    found: Sequence[Found],
    absent: Sequence[Element] = _NOTHING,
    fits: Callable[[Element], bool] | None = None,
    also: Sequence[str] = (),
) -> str | None:
    """A selector whose first element is the wanted one below each root; if possible, one that finds only that.

    It matches nothing below the roots in `absent`; `fits` must hold for each element that it matches anywhere. The
    selectors in `also` are tried behind the names of the element itself.
    """
    if not found:
        return None
    root, element = found[0]
    candidates = [
        each
        for each in (*_names(element), *also, *_candidates(element, root))
        if is_same(root.css_first(each), element)
    ]
    for alone in (True, False):
        for each in candidates:
            if all(_matches(each, *pair, alone) for pair in found) and _matches_only(each, found, absent, fits):
                return each
    return None


def find_common(
    groups: Sequence[tuple[Element, Sequence[Element]]], others: Sequence[Element], fits: Callable[[Element], bool]
) -> str | None:
    """A selector of exactly these elements below each root, or at least of them all.

    `fits` must hold for each element that it matches below the roots in `others`, which are not listings.
    """
    root, items = groups[0]
    candidates = list(dict.fromkeys(_candidates(items[0], root, with_place=False)))
    for exact in (True, False):
        for each in candidates:
            if all(_selects(each, root, items, exact) for root, items in groups) and all(
                fits(element) for other in others for element in other.css(each)
            ):
                return each
    return None


def _matches(selector: str, root: Element, element: Element, alone: bool) -> bool:
    if not alone:
        return is_same(root.css_first(selector), element)
    matched = root.css(selector)
    return len(matched) == 1 and is_same(matched[0], element)


def _matches_only(
    selector: str, found: Sequence[Found], absent: Sequence[Element], fits: Callable[[Element], bool] | None
) -> bool:
    if any(root.css_first(selector) is not None for root in absent):
        return False
    return fits is None or all(fits(element) for root, _ in found for element in root.css(selector))


def _selects(selector: str, root: Element, items: Sequence[Element], exact: bool) -> bool:
    matched, wanted = {each.mem_id for each in root.css(selector)}, {each.mem_id for each in items}
    return matched == wanted if exact else wanted <= matched and len(matched) <= 2 * len(wanted)


def _candidates(element: Element, root: Element, *, with_place: bool = True) -> Iterator[str]:
    """Selectors of an element: by its own names, by those of its ancestors, and by its place in the page."""
    names, places = list(_names(element)), list(_places(element)) if with_place else [element.tag or ""]
    yield from names
    path: list[str] = []
    up = element.parent
    for _ in range(_MOST_UP):
        if up is None or up.tag in ("body", "html"):
            break
        between = "".join(f"{each} > " for each in reversed(path))
        for outer in _names(up):
            for inner in (*names, *places):
                yield f"{outer} > {between}{inner}"
                if path:
                    yield f"{outer} {inner}"
        if is_same(up, root):
            break
        path.append(next(_places(up)))
        up = up.parent
    yield from places
    yield from _from_top(element, root, places)


def _from_top(element: Element, root: Element, places: Sequence[str]) -> Iterator[str]:
    """The place of an element in the page, or below its root, if that is an element of the page."""
    path: list[str] = []
    up = element.parent
    while up is not None and up.tag not in ("body", "html"):
        path.append(next(_places(up)))
        if is_same(up, root):
            break
        for place in places:
            yield " > ".join((*reversed(path), place))
        up = up.parent
    if up is not None and up.tag == "body":
        yield from (" > ".join(("body", *reversed(path), place)) for place in places)


def _names(element: Element) -> Iterator[str]:
    """Selectors of an element by its id, class names, attributes, and a tag of the site's own."""
    tag, attributes = element.tag or "", element.attributes
    identity = attributes.get("id") or ""
    if _is_lasting(identity):
        yield f"#{identity}"
    classes = [each for each in (attributes.get("class") or "").split()[:_MOST_CLASSES] if _is_lasting(each)]
    yield from (f"{tag}.{each}" for each in classes)
    if len(classes) > 1:
        yield f"{tag}.{'.'.join(classes)}"
    for name in _VALUES:
        if _VALUE.fullmatch(attributes.get(name) or ""):
            yield f'{tag}[{name}="{attributes[name]}"]'
    yield from (f"{tag}[{name}]" for name in _PRESENT if name in attributes)
    if "-" in tag:
        yield tag


def _is_lasting(name: str) -> bool:
    """Whether a name is one of the layout: numbers belong to one entry."""
    return bool(_NAME.fullmatch(name)) and not re.search(r"\d{3}", name)


def _places(element: Element) -> Iterator[str]:
    """Selectors of an element among its siblings."""
    tag = element.tag or ""
    before, behind = _count(element, "prev"), _count(element, "next")
    if not before and not behind:
        yield tag
        yield f"{tag}:only-of-type"
        return
    yield f"{tag}:nth-of-type({before + 1})"
    yield f"{tag}:nth-last-of-type({behind + 1})"
    yield tag


def _count(element: Element, direction: str) -> int:
    """The number of siblings of the same kind before or behind an element."""
    count = 0
    beside = getattr(element, direction)
    while beside is not None:
        count += beside.tag == element.tag
        beside = getattr(beside, direction)
    return count
