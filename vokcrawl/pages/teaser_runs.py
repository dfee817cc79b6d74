"""Which blocks of a page belong to which teaser, when nothing but links and nesting tells.

A teaser's blocks are those inside the largest element that links to its article and to no other. Where items have
no element of their own (one flat row of tags), they are the blocks from one link to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vokcrawl.fields import article_id
from vokcrawl.pages.flow import Block
from vokcrawl.pages.teaser_lines import date_in_line
from vokcrawl.pages.tree import Element

# What stands behind the last teaser of a list.
_END = re.compile(r"(more articles|load more|more from\b.*)", re.IGNORECASE)


def runs(blocks: Sequence[Block]) -> Iterator[tuple[str, list[Block]]]:
    """Yields each linked article's id with its blocks, in the order of the page."""
    touched = [_identity(block) for block in blocks]
    inside = _elements(blocks, touched)
    taken = -1
    for place, identity in enumerate(touched):
        if identity is None or place <= taken:
            continue
        first, last = _held(blocks, place, identity, inside)
        first = max(first, taken + 1)
        last = next((at - 1 for at in range(place + 1, last + 1) if _END.fullmatch(blocks[at].text)), last)
        if not _has_date(blocks[first : last + 1]):
            first, last = place, _until_next(blocks, touched, place, identity)
        taken = last
        yield identity, list(blocks[first : last + 1])


def _identity(block: Block) -> str | None:
    return next((found for href in block.hrefs if (found := article_id(href)) is not None), None)


def _elements(blocks: Sequence[Block], touched: Sequence[str | None]) -> dict[Element, set[str]]:
    """For each element around a link to an article, the ids that are linked inside it."""
    inside: dict[Element, set[str]] = {}
    for block, identity in zip(blocks, touched, strict=True):
        if identity is None:
            continue
        for element in (block.element, *block.element.iterancestors()):
            ids = inside.setdefault(element, set())
            if identity in ids and len(ids) == 1:
                continue
            ids.add(identity)
    return inside


def _held(blocks: Sequence[Block], place: int, identity: str, inside: dict[Element, set[str]]) -> tuple[int, int]:
    """First and last block inside the largest element that links to this article only.

    Where the page links to no other article that element would be the whole page: then it is the smallest
    one with a date in it.
    """
    lonely = all(ids == {identity} for ids in inside.values())
    element = blocks[place].element
    first, last = _span(blocks, place, element)
    for parent in element.iterancestors():
        if inside.get(parent) != {identity} or (lonely and _has_date(blocks[first : last + 1])):
            break
        first, last = _span(blocks, place, parent, first, last)
    return first, last


def _span(
    blocks: Sequence[Block], place: int, element: Element, first: int | None = None, last: int | None = None
) -> tuple[int, int]:
    """The blocks around `place` that stand inside `element`, widening a span that is known to be inside."""
    first = place if first is None else first
    last = place if last is None else last
    while first > 0 and _within(blocks[first - 1].element, element):
        first -= 1
    while last + 1 < len(blocks) and _within(blocks[last + 1].element, element):
        last += 1
    return first, last


def _within(element: Element, holder: Element) -> bool:
    return element is holder or any(each is holder for each in element.iterancestors())


def _has_date(blocks: Sequence[Block]) -> bool:
    return any(date_in_line(block) for block in blocks)


def _until_next(blocks: Sequence[Block], touched: Sequence[str | None], place: int, identity: str) -> int:
    last = place
    for index in range(place + 1, len(blocks)):
        if touched[index] not in (None, identity) or _END.fullmatch(blocks[index].text):
            break
        last = index
    return last
