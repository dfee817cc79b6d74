"""Assigns the blocks of a page to teasers, using only links and nesting.

A teaser consists of the blocks inside the largest element that links to its article and to no other. If items have no
element of their own (a flat sequence of tags), it consists of the blocks from one link to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from vokcrawl.normalize import article_id
from vokcrawl.pages.flow import Block, is_aside
from vokcrawl.pages.profile import site
from vokcrawl.pages.teaser_lines import date_in_block
from vokcrawl.pages.tree import Element, ancestors, is_same

# A link with more letters beside it is part of a sentence.
_SENTENCE = 40
# Length of the beginning of a text that says whether it is a line below a list.
_LONGEST_LINE = 400
# Maximum distance between the link of a teaser and its date, in blocks.
_NEAR = 5


def runs(blocks: Sequence[Block]) -> Iterator[tuple[str, int, list[Block]]]:
    """Yield the id of each linked article, the index of its first block, and its blocks, in document order."""
    yield from _Runs(blocks).found()


def is_other_teaser(run: Sequence[Block], near_or_none: bool = False) -> bool:
    """Whether a run is a teaser with a date, and not a link in a sentence with a date far below it.

    With `near_or_none`, a run without a date may be one too; its other lines decide.
    """
    linked = [at for at, block in enumerate(run) if block.hrefs]
    dated = [at for at, block in enumerate(run) if date_in_block(block)]
    if not dated:
        return near_or_none
    sentences = all(run[at].own_letters > _SENTENCE and not date_in_block(run[at]) for at in linked)
    # The nearest dates before and after each link, in document order.
    places = sorted([(at, True) for at in linked] + [(at, False) for at in dated])
    near = any(one[1] != other[1] and other[0] - one[0] <= _NEAR for one, other in pairwise(places)) or not set(
        linked
    ).isdisjoint(dated)
    return near and not sentences


class _Runs:
    """The blocks of a page, with the article, the owner and the date of each."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.touched = [_identity(block) for block in blocks]
        self.dated = [date_in_block(block) is not None for block in blocks]
        end_of_list = site().end_of_list
        self.ends = [end_of_list.fullmatch(block.text[:_LONGEST_LINE]) is not None for block in blocks]
        self.owners = self._owners()
        # The number of dated blocks before each block, and the next end of a list from each block on.
        self._days = [0]
        for dated in self.dated:
            self._days.append(self._days[-1] + dated)
        self._stops = _next_where(self.ends)
        self._firsts = self._first_of_owner()
        self._lasts = self._last_of_owner()
        self._flats = self._last_of_flat()
        self.dates_first = self._has_dates_first()

    def found(self) -> Iterator[tuple[str, int, list[Block]]]:
        taken = -1
        for place, identity in enumerate(self.touched):
            if identity is None or place <= taken:
                continue
            first, last = max(self._firsts[place], taken + 1), self._lasts[place]
            if place + 1 <= last:
                last = min(last, self._stops[place + 1] - 1)
            if not self._has_day(first, last):
                flat = self._flat(place)
                if self._has_day(*flat) and flat[0] > taken:
                    first, last = flat
            taken = last
            yield identity, first, list(self.blocks[first : last + 1])

    def _has_day(self, first: int, last: int) -> bool:
        return self._days[last + 1] > self._days[first]

    def _owners(self) -> list[Element | None]:
        """For each block, the element around it that contains a whole teaser, or None."""
        blocks, touched = self.blocks, self.touched
        inside = _ids_inside(blocks, touched)
        lonely = len({identity for identity in touched if identity is not None}) == 1
        # If the page links to one article only, the largest such element would be the whole page: use the smallest
        # one with a date.
        around = (block.element for block, dated in zip(blocks, self.dated, strict=True) if dated)
        dated = _around(around) if lonely else set()
        holders: set[Element] = set()
        # The largest element found from each element.
        largest: dict[Element, Element] = {}
        for block, identity in zip(blocks, touched, strict=True):
            if identity is None or inside.get(block.element) != {identity}:
                continue
            holder = block.element
            path = [holder]
            for parent in ancestors(holder):
                if holder in largest:
                    holder = largest[holder]
                    break
                if inside.get(parent) != {identity} or (lonely and holder in dated):
                    break
                holder = parent
                path.append(holder)
            for each in path:
                largest[each] = holder
            holders.add(holder)
        known: dict[Element, Element | None] = {}
        return [_nearest(block.element, holders, known) for block in blocks]

    def _first_of_owner(self) -> list[int]:
        """For each block, the first adjacent one of the same owner; itself if it has none."""
        firsts = list(range(len(self.blocks)))
        for at in range(1, len(firsts)):
            if self.owners[at] is not None and is_same(self.owners[at - 1], self.owners[at]):
                firsts[at] = firsts[at - 1]
        return firsts

    def _last_of_owner(self) -> list[int]:
        """For each block, the last adjacent one of the same owner, or else of the same article."""
        lasts = list(range(len(self.blocks)))
        for at in range(len(lasts) - 2, -1, -1):
            owner, following = self.owners[at], self.owners[at + 1]
            same = is_same(owner, following)
            if owner is None:
                same = following is None and self.touched[at] is not None and self.touched[at] == self.touched[at + 1]
            if same:
                lasts[at] = lasts[at + 1]
        return lasts

    def _last_of_flat(self) -> list[int]:
        """For each linked block, the last one before another article, another heading, or the end of the list."""
        total = len(self.blocks)
        stops = _next_where([self._is_stop(at) for at in range(total)])
        # For each linked block, the next one that links to another article.
        others, following = [total] * total, total
        for at in range(total - 1, -1, -1):
            if self.touched[at] is None:
                continue
            if following < total:
                same = self.touched[following] == self.touched[at]
                others[at] = others[following] if same else following
            following = at
        return [min(others[at], stops[at + 1]) - 1 for at in range(total)]

    def _is_stop(self, at: int) -> bool:
        block = self.blocks[at]
        return block.item is not None or self.ends[at] or (block.heading > 0 and self.touched[at] is None)

    def _has_dates_first(self) -> bool:
        """Whether the date precedes its link in a flat sequence, judged by the first link outside of sidebars."""
        linked = [at for at, identity in enumerate(self.touched) if identity is not None]
        place = next((at for at in linked if not is_aside(self.blocks[at])), next(iter(linked), None))
        if place is None:
            return False
        first = self._firsts[place]
        return first > 0 and self.dated[first - 1]

    def _flat(self, place: int) -> tuple[int, int]:
        """The blocks from this link to the next one, to another heading, or to the end of the list."""
        last = self._flats[place]
        if not self.dates_first:
            return place, last
        # The date before this link belongs to it; a date at the end belongs to the next one.
        if last > place and self.dated[last]:
            last -= 1
        return (place - 1 if place and self.dated[place - 1] else place), last


def _next_where(marks: Sequence[bool]) -> list[int]:
    """For each index, the next marked one, itself included; the length of `marks` if there is none."""
    found = [len(marks)] * (len(marks) + 1)
    for at in range(len(marks) - 1, -1, -1):
        found[at] = at if marks[at] else found[at + 1]
    return found


def _identity(block: Block) -> str | None:
    return next((found for href in block.hrefs if (found := article_id(href)) is not None), None)


def _ids_inside(blocks: Sequence[Block], touched: Sequence[str | None]) -> dict[Element, set[str]]:
    """For each element around a link to an article, the ids linked inside it: one, or two for "many"."""
    inside: dict[Element, set[str]] = {}
    for block, identity in zip(blocks, touched, strict=True):
        if identity is None:
            continue
        for element in (block.element, *ancestors(block.element)):
            ids = inside.setdefault(element, set())
            if identity in ids or len(ids) > 1:
                # Its ancestors contain this id, or many, already.
                break
            ids.add(identity)
    return inside


def _around(elements: Iterable[Element]) -> set[Element]:
    found: set[Element] = set()
    for element in elements:
        for each in (element, *ancestors(element)):
            if each in found:
                break
            found.add(each)
    return found


def _nearest(element: Element, holders: set[Element], known: dict[Element, Element | None]) -> Element | None:
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
