"""Which blocks of a page belong to which teaser, when nothing but links and nesting tells.

A teaser's blocks are those inside the largest element that links to its article and to no other. Where items have
no element of their own (one flat row of tags), they are the blocks from one link to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vokcrawl.normalize import article_id
from vokcrawl.pages.flow import Block
from vokcrawl.pages.teaser_lines import date_in_block
from vokcrawl.pages.tree import Element, ancestors, is_same

# What stands behind the last teaser of a list.
_END = re.compile(r"more articles|load more|more from\b.*", re.IGNORECASE)


def runs(blocks: Sequence[Block]) -> Iterator[tuple[str, int, list[Block]]]:
    """Yields each linked article's id, the index of its first block, and its blocks, in the order of the page."""
    touched = [_identity(block) for block in blocks]
    owners = _owners(blocks, touched)
    dates_first = _dates_first(blocks, touched, owners)
    taken = -1
    for place, identity in enumerate(touched):
        if identity is None or place <= taken:
            continue
        first, last = _held(blocks, owners, touched, place)
        first = max(first, taken + 1)
        last = next((at - 1 for at in range(place + 1, last + 1) if _END.fullmatch(blocks[at].text)), last)
        if not _has_date(blocks[first : last + 1]):
            flat = _flat(blocks, touched, place, identity, dates_first)
            if _has_date(blocks[flat[0] : flat[1] + 1]) and flat[0] > taken:
                first, last = flat
        taken = last
        yield identity, first, list(blocks[first : last + 1])


def _identity(block: Block) -> str | None:
    return next((found for href in block.hrefs if (found := article_id(href)) is not None), None)


def _owners(blocks: Sequence[Block], touched: Sequence[str | None]) -> list[Element | None]:
    """For each block the element that holds a whole teaser around it; None where there is none."""
    inside = _ids_inside(blocks, touched)
    lonely = len({identity for identity in touched if identity is not None}) == 1
    # Where the page links to one article only, the largest such element would be the whole page: then the
    # smallest one with a date in it.
    dated = _around(block.element for block in blocks if date_in_block(block)) if lonely else set()
    holders: dict[Element, bool] = {}
    for block, identity in zip(blocks, touched, strict=True):
        if identity is None or inside.get(block.element) != {identity}:
            continue
        holder = block.element
        for parent in ancestors(holder):
            if inside.get(parent) != {identity} or (lonely and holder in dated):
                break
            holder = parent
        holders[holder] = True
    known: dict[Element, Element | None] = {}
    return [_nearest(block.element, holders, known) for block in blocks]


def _ids_inside(blocks: Sequence[Block], touched: Sequence[str | None]) -> dict[Element, set[str]]:
    """For each element around a link to an article, the ids that are linked inside it: one, or two that say "many"."""
    inside: dict[Element, set[str]] = {}
    for block, identity in zip(blocks, touched, strict=True):
        if identity is None:
            continue
        for element in (block.element, *ancestors(block.element)):
            ids = inside.setdefault(element, set())
            if len(ids) > 1 and identity not in ids:
                # What is around it holds many already.
                break
            ids.add(identity)
    return inside


def _around(elements: Iterator[Element]) -> set[Element]:
    found: set[Element] = set()
    for element in elements:
        for each in (element, *ancestors(element)):
            if each in found:
                break
            found.add(each)
    return found


def _nearest(element: Element, holders: dict[Element, bool], known: dict[Element, Element | None]) -> Element | None:
    path = []
    answer = None
    for each in (element, *ancestors(element)):
        if each in known:
            answer = known[each]
            break
        path.append(each)
        if each in holders:
            answer = each
            break
    for each in path:
        known[each] = answer
    return answer


def _held(
    blocks: Sequence[Block], owners: Sequence[Element | None], touched: Sequence[str | None], place: int
) -> tuple[int, int]:
    """First and last block of the teaser's own element; without one, the blocks that touch the same article."""
    owner, identity = owners[place], touched[place]
    first = last = place
    if owner is None:
        while last + 1 < len(blocks) and touched[last + 1] == identity and owners[last + 1] is None:
            last += 1
        return first, last
    while first > 0 and is_same(owners[first - 1], owner):
        first -= 1
    while last + 1 < len(blocks) and is_same(owners[last + 1], owner):
        last += 1
    return first, last


def _has_date(blocks: Sequence[Block]) -> bool:
    return any(date_in_block(block) for block in blocks)


def _dates_first(blocks: Sequence[Block], touched: Sequence[str | None], owners: Sequence[Element | None]) -> bool:
    """Whether in a flat row the date stands before its link: judged by the first link, which no other date precedes."""
    place = next((at for at, identity in enumerate(touched) if identity is not None), 0)
    first = place
    while first > 0 and is_same(owners[first - 1], owners[place]):
        first -= 1
    return first > 0 and date_in_block(blocks[first - 1]) is not None


def _flat(
    blocks: Sequence[Block], touched: Sequence[str | None], place: int, identity: str, dates_first: bool
) -> tuple[int, int]:
    """The blocks from this link to the next one, a heading of something else, or the end of the list."""
    last = place
    for index in range(place + 1, len(blocks)):
        block = blocks[index]
        if touched[index] not in (None, identity) or block.item is not None or _END.fullmatch(block.text):
            break
        if block.heading and touched[index] != identity:
            break
        last = index
    if not dates_first:
        return place, last
    # The date before this link is its own; one at the end is the next one's.
    if last > place and date_in_block(blocks[last]):
        last -= 1
    return (place - 1 if place and date_in_block(blocks[place - 1]) else place), last
