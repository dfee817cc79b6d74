"""Batches that are requested by offset. They overlap by one entry, so that every shift between two requests is seen.

A batch is taken only if it joins the one before: it begins among what was read, and holds the last entry read. An entry
that was removed, inserted, pinned or served from a stale cache breaks the join; then the paginator goes back. Offsets
advance by the entries that a batch holds besides pinned ones, less the overlap.

The end is proven by two answers: the last entry once more with nothing new behind it, and nothing behind that.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from typing_extensions import override

from vokcrawl.crawling.actions import FetchListing
from vokcrawl.crawling.events import ListingPage, PageKind
from vokcrawl.crawling.listing import Listing
from vokcrawl.crawling.paginators.protocol import TAKE, Checked, Following, Paginator, Trust
from vokcrawl.pages.document import EMPTY_PAGE
from vokcrawl.pages.routes import AjaxRoute, LinkRoute, Route
from vokcrawl.policy.pagination import StopReason

# Maximum number of consecutive steps back: half a batch, then twice as far each time.
_MOST_STEPS_BACK = 6
# Maximum number of restarts from the top of the listing, and of broken joins in excess of the batches read.
_MOST_RESTARTS, _MOST_BREAKS = 2, 30
# Maximum number of consecutive batches without a new entry: behind the last entry read, and before it (there in excess
# of the batches read).
_MOST_BEHIND, _MOST_BEFORE = 4, 8
# Maximum number of requests per batch that the entries read would fill; five batches are added.
_MOST_REQUESTS = 4
# At so many multiples of its page size a site is seen to round offsets.
_CONFIRMATIONS = 3
# A site may send this many entries more than requested.
_SLACK = 2
# Failures of a call behind the last entry that can mean that there are no more entries.
_MISSING = frozenset({"http_204", "http_400", "http_404", "http_410"})


@dataclass(slots=True)
class _Batch:
    """A received batch: the offset that was requested, and its entries without the pinned ones."""

    start: int
    body: list[str]

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.body)


@dataclass(slots=True)
class _Gap:
    """Two batches without a common entry, of which the second was requested right behind the first.

    A site may hide entries after it has cut a batch. The two are accepted as neighbours if both are unchanged when they
    are requested again, one after the other: then nothing has moved in between.
    """

    first: _Batch
    second: _Batch
    first_confirmed: bool = False


class AjaxPaginator(Paginator):
    """Paginates one listing by offset: accepts or rejects each batch, and chooses the next call."""

    def __init__(self) -> None:
        # Whether the site takes only multiples of its page size: then offsets are treated like numbered pages.
        self.aligned = False
        # Whether that is a guess, because the site did not answer for another offset.
        self._multiple_is_guessed = False
        # Whether a call has returned entries other than pinned ones, new or not: then the call is understood.
        self._is_understood = False
        self._overlap = 1
        # The step by which `to` would be the index behind the last item, from the numbers that the page named; and
        # whether it has turned out to be a size.
        self._step = 0
        self._to_is_size = False
        self._to_is_end = False
        # Whether no batch has joined yet what an earlier run has read.
        self._is_resuming = False
        # The batch that was taken last, the one that came last (with pinned entries), and how many were taken.
        self._taken = _Batch(0, [])
        self._received = _Batch(0, [])
        # The entry that was read last of all.
        self._last = ""
        self._batches = 0
        self._requests = 0
        # The place of each entry in the order in which batches were taken.
        self._order: dict[str, int] = {}
        # Number of pinned entries on top of every batch.
        self._pinned = 0
        self._first_is_unpinned = False
        self._steps_back = 0
        self._breaks = 0
        self._restarts = 0
        # Batches in a row without a new entry, behind the last entry read and before it.
        self._behind = 0
        self._before = 0
        # A last batch without the entry that was read last, and how many batches above one were requested for that.
        self._ending: list[str] = []
        self._steps_above = 0
        # The batch that showed the last entry and nothing new, and how often nothing lay behind it.
        self._tail: _Batch | None = None
        self._nothing_behind = 0
        # Whether that batch was not requested a second time.
        self._tail_is_assumed = False
        self._gap: _Gap | None = None
        # The most entries of a batch, with pinned ones, and how many neighbours showed no common entry.
        self._largest = 0
        # The same, of all batches that came, also of those that were not taken.
        self._most_received = 0
        self._gaps = 0
        # A batch that two offsets have brought, and the second of them.
        self._suspected: tuple[list[str], int] | None = None
        # The batch to whose offset others seem to be rounded; then the one at the next multiple, which is to be the
        # same at another offset.
        self._rounded: list[str] = []
        self._multiple: list[str] = []
        # At how many multiples that is still to be seen: outdated answers and entries that leave may look the same.
        self._unconfirmed = 0
        # The place of each entry when the crawl began, and by how many places the listing has moved down since.
        self._places: dict[str, int] = {}
        self._moved = 0
        # Whether places are known. They are not where a batch had fewer entries than others (some may be hidden), and
        # where entries moved up (offsets may be rounded, or an answer was stale).
        self._places_are_known = True
        self._last_received = 0

    @property
    def overlaps(self) -> bool:
        """Whether the batches overlap, so that each one is known to join the one before. Single entries cannot."""
        return not self.aligned and self._largest - self._pinned > 1

    @property
    def pinned(self) -> int:
        """How many entries are pinned on top of every batch."""
        return self._pinned

    @property
    def moved(self) -> int:
        """How many entries at most have come in above the batches that were read."""
        return self._moved if self._places_are_known and not self.aligned else 0

    @property
    def has_holes(self) -> bool:
        """Whether entries are left out: offsets are multiples of a size that no batch has."""
        return self.aligned and self._batches > 1 and self._most_received - self._pinned < self._step

    # The first call

    def first_call(self, listing: Listing, route: AjaxRoute) -> AjaxRoute:
        """The call that a page names, one entry back."""
        self._step = route.size - route.start if route.size > route.start > 0 else route.size
        first_page = list(dict.fromkeys(listing.last_ids))
        self._note_taken(_Batch(0, first_page))
        self._received = _Batch(self._taken.start, first_page)
        self._last_received = len(first_page)
        self.aligned = route.size <= 1
        return route if self.aligned or not route.start else route.at(route.start - self._overlap)

    def _note_taken(self, batch: _Batch) -> None:
        self._taken = batch
        for identity in batch.body:
            if identity not in self._order:
                self._order[identity] = len(self._order)
                self._last = identity

    # Where an earlier run has left the listing

    def place(self, route: AjaxRoute) -> tuple[Route, list[str]]:
        """How to come back to the batch that was taken last, and its entries."""
        if self.aligned:
            return route, self._taken.body
        return route.at(max(0, self._taken.end - 1)), self._taken.body

    def resume(self, route: AjaxRoute, ids: Sequence[str], new: int) -> AjaxRoute:
        """The call for the last of these entries, which `new` ones have moved down since."""
        self._step = route.size
        self._batches += 1
        self._is_resuming = True
        self._tail, self._gap, self._suspected = None, None, None
        if self.aligned:
            self._note_taken(_Batch(route.start, list(ids)))
            return route
        start = route.start + new
        self._to_is_end = route.to_is_end
        self._note_taken(_Batch(max(0, start + 1 - len(ids)), list(ids)))
        # If it stands further down, more entries have come in above than were found on top.
        self._places.setdefault(ids[-1], start - self._moved)
        return route.at(start)

    # Whether a batch is accepted

    @override
    def check(self, listing: Listing, request: FetchListing, page: ListingPage) -> Checked:
        route = _call(request)
        self._step = self._step or route.size
        self._requests += 1
        new = max(1, min(self._step, self._largest - self._pinned or self._step) - 1)
        if self._requests > _MOST_REQUESTS * (len(listing.progress.ids) // new + 5):
            return Checked(Trust.STOP, stop=StopReason.REPEATS)
        ids = list(dict.fromkeys(raw.id for raw in page.teasers))
        self._most_received = max(self._most_received, len(ids))
        if self._is_rounded(ids, route):
            return self._ask_multiple(listing, route, ids)
        rounded = self._rounded_at(ids, route) if ids and not self.aligned else None
        end = self._probe_for_rounding(ids, route) if ids and rounded is None and not self.aligned else None
        batch = self._unpinned(ids, route)
        if batch.body and self._are_pinned(listing, ids, batch):
            batch.body = []
            self._note_pinned(len(ids))
        if not batch.body:
            return self._nothing(listing, request, route, page)
        self._is_understood = True
        if rounded is not None:
            if self._suspected == (ids, rounded):
                return self._ask_multiple(listing, route, ids)
            self._suspected = ids, route.start
            return self._ask(listing, route.at(rounded))
        if end is not None:
            return self._ask(listing, route.at(end))
        self._suspected = None
        fresh = any(identity not in listing.progress.ids for identity in batch.body)
        if self.aligned:
            return self._check_aligned(listing, route, batch, fresh)
        self._note_meaning_of_to(route, batch, fresh)
        if fresh:
            return self._check_fresh(listing, route, batch)
        return self._check_known(listing, route, batch)

    def _rounded_at(self, ids: list[str], route: AjaxRoute) -> int | None:
        """The offset that brought the same batch before, though it is another one; None where none did.

        Once more so, and the site rounds offsets down to multiples of its page size.
        """
        before = self._received
        apart = abs(route.start - before.start)
        # Hidden entries do not explain it: the common places of both have fewer entries than were received.
        is_same = ids == before.body and apart > 0 and route.start // route.size == before.start // route.size
        is_same = is_same and len(ids) - self._pinned > route.size - apart
        return before.start if is_same else None

    def _probe_for_rounding(self, ids: list[str], route: AjaxRoute) -> int | None:
        """The last offset that would be rounded down to that of the same batch before; None where none is suspected.

        Batches with fewer entries than requested may be the same at two offsets because others are hidden. But then not
        at the last one too.
        """
        before = self._received
        apart = route.start - before.start
        if ids != before.body or not 0 < apart < route.size - 1 or len(ids) - self._pinned < 2:
            return None
        if before.start % route.size:
            return None
        self._suspected = ids, before.start
        return before.start + route.size - 1

    def _is_rounded(self, ids: list[str], route: AjaxRoute) -> bool:
        """Whether an offset has brought the batch of the multiple before it, as the offsets in between did."""
        if self._suspected is None or self.aligned:
            return False
        body, start = self._suspected
        return ids == body and start % route.size == 0 and route.start == start + route.size - 1 > start + 1

    def _unpinned(self, ids: list[str], route: AjaxRoute) -> _Batch:
        """The batch without the pinned entries."""
        before = self._received
        if ids:
            self._received = _Batch(route.start, ids)
        if ids and before.body and before.start != route.start:
            common = _common_prefix(ids, before.body)
            # Where one batch is the beginning of the other, that says nothing of what both have on top.
            self._note_pinned(min(common, self._pinned) if common in (len(ids), len(before.body)) else common)
        return _Batch(route.start, ids[self._pinned :])

    def _note_pinned(self, number: int) -> None:
        self._pinned = number
        if number and not self._batches and not self._first_is_unpinned:
            # The first page has them on top, too.
            self._first_is_unpinned = True
            self._taken = _Batch(0, self._taken.body[number:])

    def _are_pinned(self, listing: Listing, ids: list[str], batch: _Batch) -> bool:
        """Whether a batch holds pinned entries only: other ones begin with it, the first page of the listing too."""
        taken = self._taken
        if ids != list(listing.progress.head[: len(ids)]):
            return False
        is_beginning = len(batch.body) < len(taken.body) and taken.body[: len(batch.body)] == batch.body
        return is_beginning and batch.start > taken.start

    def _note_meaning_of_to(self, route: AjaxRoute, batch: _Batch, fresh: bool) -> None:
        if route.to_is_end:
            self._to_is_size |= len(batch.body) > self._step + _SLACK
        elif fresh and route.start >= route.size:
            self._to_is_size = True

    # Batches with something new

    def _check_fresh(self, listing: Listing, route: AjaxRoute, batch: _Batch) -> Checked:
        self._tail, self._tail_is_assumed = None, False
        self._nothing_behind = self._behind = self._before = self._steps_above = 0
        if not self._taken.body or self._joins(batch.body, listing.progress.ids):
            self._gap = None
            return TAKE
        if self._is_right_behind(batch):
            return self._check_gap(listing, route, batch)
        self._gap = None
        if not route.start and self._restarts < _MOST_RESTARTS:
            # There is nothing above it: the listing is read from the top again.
            self._restarts += 1
            return TAKE
        return self._go_back(listing, route)

    def _joins(self, body: list[str], seen: Container[str]) -> bool:
        if body[0] not in seen:
            return False
        if self._taken.body[-1] in body:
            return True
        # The last entry itself may be gone: having gone back, two that followed each other will do.
        if not self._steps_back or len(body) < 2:
            return False
        first, second = self._order.get(body[0]), self._order.get(body[1])
        return first is not None and second is not None and first < second

    def _is_right_behind(self, batch: _Batch) -> bool:
        first = self._gap.first if self._gap is not None else self._taken
        return batch.start == first.end and bool(first.body) and first.body[-1] == self._taken.body[-1]

    def _check_gap(self, listing: Listing, route: AjaxRoute, batch: _Batch) -> Checked:
        gap = self._gap
        if gap is None and self._gaps > 1 and self._largest - self._pinned <= 1:
            # The site sends single entries, which cannot overlap: they are treated like numbered pages.
            return TAKE
        if gap is None:
            gap = self._gap = _Gap(self._taken, batch)
        elif gap.first_confirmed and gap.second.body == batch.body:
            self._gap = None
            self._gaps += 1
            return TAKE
        elif gap.first_confirmed:
            self._gap = None
            return self._go_back(listing, route)
        return self._ask(listing, route.at(gap.first.start))

    def _go_back(self, listing: Listing, route: AjaxRoute) -> Checked:
        self._steps_back += 1
        self._breaks += 1
        above = self.above(route, self._steps_back)
        if above is None or self._breaks > _MOST_BREAKS + self._batches:
            return Checked(Trust.STOP, stop=StopReason.UNJOINED)
        self._overlap = min(max(1, self._step // 2), self._overlap + 1)
        return self._ask(listing, above)

    # Batches of what is known

    def _check_known(self, listing: Listing, route: AjaxRoute, batch: _Batch) -> Checked:
        if not route.to_is_end and not self._to_is_size and route.start:
            # It may have been an end: items behind it would come if it is requested so.
            return self._ask(listing, route.with_end(self._step))
        gap = self._gap
        if gap is not None and batch.start == gap.first.start and batch.body == gap.first.body:
            gap.first_confirmed = True
            return self._ask(listing, route.at(gap.second.start))
        self._gap = None
        if not self._taken.body:
            return TAKE
        if self._nothing_behind >= 2 and self._tail is not None and batch.body[-1] == self._tail.body[-1]:
            return self._end(listing, route)
        if self._tail is not None and batch.start >= self._tail.end and self._last in self._tail.body:
            self._behind += 1
            # What was empty there before was a hiccup.
            self._nothing_behind = 0
        else:
            self._before += 1
        if self._behind > _MOST_BEHIND or self._before > _MOST_BEFORE + self._batches:
            if self._tail is not None and batch.body == self._tail.body:
                # Offsets may be rounded down to multiples of the page size: the next one tells.
                self.aligned = True
                return self._ask(listing, route.at(self._next_multiple(route)))
            return Checked(Trust.STOP, stop=StopReason.REPEATS)
        if self._steps_above and route.start and not self._is_as_read(batch.body):
            return self._look_above(listing, route)
        self._steps_above = 0
        # All of its entries were read, so pagination may continue from it.
        self._taken = batch
        shows_last = self._last in batch.body
        if shows_last and len(batch.body) >= max(2, self._largest - self._pinned):
            # A full batch is no evidence of the end.
            return self._ask(listing, route.at(batch.end - 1))
        if shows_last or len(batch.body) <= self._overlap:
            self._tail, self._tail_is_assumed = batch, False
            return self._ask(listing, route.at(batch.end))
        return self._ask(listing, route.at(batch.end - self._overlap))

    def _end(self, listing: Listing, route: AjaxRoute) -> Checked:
        """The end behind the last batch. If that does not show the entry read last, what is above it is read first.

        Its entry may have moved there, behind others that are new.
        """
        tail = self._tail
        if tail is None or self._last in tail.body or tail.body == self._ending or not tail.start:
            return Checked(Trust.STOP, stop=StopReason.END)
        self._ending, self._tail, self._nothing_behind = tail.body, None, 0
        return self._look_above(listing, route.at(tail.start))

    def _look_above(self, listing: Listing, route: AjaxRoute) -> Checked:
        self._steps_above += 1
        above = self.above(route, self._steps_above)
        return Checked(Trust.STOP, stop=StopReason.UNJOINED) if above is None else self._ask(listing, above)

    def _is_as_read(self, body: list[str]) -> bool:
        """Whether a batch shows the entry read last, or one behind the entry that it followed when it was read."""
        places = [self._order.get(identity, -2) for identity in body]
        # What stands above the entry read last is to be seen, too: that may have moved there.
        shows_last = self._last in body[1:] or body == [self._last]
        return shows_last or any(other == one + 1 for one, other in pairwise(places))

    # Answers without entries

    def _nothing(self, listing: Listing, request: FetchListing, route: AjaxRoute, page: ListingPage) -> Checked:
        kind = page.kind
        if not self._batches and self._tail is None and not self.aligned:
            return self._no_first_batch(listing, request, route, page)
        if kind is not PageKind.END and not route.to_is_end and not self._to_is_size and route.start:
            return self._ask(listing, route.with_end(self._step))
        if self.aligned:
            return self._nothing_aligned(listing, request, route, page)
        if self._tail is None and route.start >= self._taken.end:
            # Single entries cannot overlap: the last one is requested once more.
            self._tail, self._tail_is_assumed = self._taken, True
        tail = self._tail
        if tail is None or route.start < tail.end:
            if request.attempt == 1 and kind is not PageKind.END:
                return self._ask(listing, route, attempt=2)
            # With the overlap the last entry was to be expected.
            return self._look_back(listing, route)
        self._nothing_behind += 1
        says_end = kind in (PageKind.END, PageKind.TEASERS) and not self._tail_is_assumed
        if self._nothing_behind == 1 and not says_end:
            # It could be a hiccup.
            return self._ask(listing, route, attempt=2)
        if kind is PageKind.OTHER or self._tail_is_assumed or len(tail.body) > self._overlap:
            # Unknown text is the end if the batch before it is still the same. So is an end behind several entries:
            # what some hidden ones left below them may have moved up.
            self._nothing_behind = 2
            return self._ask(listing, route.at(tail.start))
        return self._end(listing, route)

    def _look_back(self, listing: Listing, route: AjaxRoute) -> Checked:
        if not self._taken.body:
            return Checked(Trust.FAIL, reason=EMPTY_PAGE)
        self._steps_back += 1
        if self._steps_back > _MOST_STEPS_BACK or not route.start:
            return Checked(Trust.FAIL, reason=EMPTY_PAGE)
        back = max(1, self._step - self._overlap) * 2 ** (self._steps_back - 1)
        return self._ask(listing, route.at(max(0, route.start - back)))

    def _no_first_batch(self, listing: Listing, request: FetchListing, route: AjaxRoute, page: ListingPage) -> Checked:
        """The first batch is empty: there is no listing, or its call is not understood."""
        shown = max(0, self._taken.end - self._overlap)
        if self._taken.body and route.start > shown:
            # The page has fewer entries than the offset of the call.
            return self._ask(listing, route.at(shown))
        if page.kind is PageKind.REFUSAL:
            return Checked(Trust.REPEAT, reason=page.reason)
        if page.kind is PageKind.OTHER:
            return Checked(Trust.REPEAT, reason=EMPTY_PAGE)
        if not route.to_is_end and not self._to_is_size and route.start:
            return self._ask(listing, route.with_end(self._step))
        if request.attempt == 1:
            return self._ask(listing, route, attempt=2)
        if isinstance(listing.first, LinkRoute):
            # A page that had a "More Articles" promised this batch.
            return self._multiple_instead(listing, route) or Checked(Trust.FAIL, reason=EMPTY_PAGE)
        return TAKE

    def _multiple_instead(self, listing: Listing, route: AjaxRoute) -> Checked | None:
        size = self._step
        if self.aligned or not route.start or (route.start + self._overlap) % size:
            return None
        self.aligned = self._multiple_is_guessed = True
        return self._ask(listing, replace(route, start=route.start + self._overlap, size=size, to_is_end=False))

    # Where offsets are multiples of the page size

    def _ask_multiple(self, listing: Listing, route: AjaxRoute, ids: list[str]) -> Checked:
        """Offsets seem to be rounded to that of this batch: the next multiple shows whether they are."""
        self.aligned, self._rounded, self._unconfirmed = True, ids, _CONFIRMATIONS
        return self._ask(listing, route.at(self._next_multiple(route)))

    def _is_not_rounded(self, route: AjaxRoute, batch: _Batch) -> bool:
        """Whether the next multiple has shown some of the batch before it: then others were hidden there."""
        before, self._rounded = self._rounded[self._pinned :], []
        # Longer batches overlap, and the last one may be sent again.
        return len(before) <= route.size and batch.body != before and not set(batch.body).isdisjoint(before)

    def _check_aligned(self, listing: Listing, route: AjaxRoute, batch: _Batch, fresh: bool) -> Checked:
        multiple, self._multiple = self._multiple, []
        if self._is_not_rounded(route, batch) or (multiple and multiple != batch.body):
            self.aligned = False
            return self._check_fresh(listing, route, batch) if fresh else self._check_known(listing, route, batch)
        if fresh and self._is_resuming and self._last not in batch.body:
            return self._ask_above_multiple(listing, route)
        self._is_resuming = False
        if multiple:
            self._unconfirmed -= 1
        elif self._unconfirmed and fresh and route.size > 1:
            # The last offset that is rounded to this one brings the same batch.
            self._multiple = batch.body
            return self._ask(listing, route.at(route.start + route.size - 1))
        if fresh:
            self._nothing_behind = self._behind = 0
            return TAKE
        if self._nothing_behind:
            # The batch before the one that was empty is as it was.
            return Checked(Trust.STOP, stop=StopReason.END)
        self._behind += 1
        if self._behind > _MOST_BEHIND:
            return Checked(Trust.STOP, stop=StopReason.REPEATS)
        return self._ask(listing, route.at(self._next_multiple(route)))

    def _ask_above_multiple(self, listing: Listing, route: AjaxRoute) -> Checked:
        """Requests the multiple above one that does not show what an earlier run has read last."""
        self._steps_back += 1
        above = route.start // route.size - 1
        if self._steps_back > _MOST_STEPS_BACK or above < 0:
            return Checked(Trust.STOP, stop=StopReason.UNJOINED)
        return self._ask(listing, route.at(above * route.size))

    def _nothing_aligned(self, listing: Listing, request: FetchListing, route: AjaxRoute, page: ListingPage) -> Checked:
        self._rounded = []
        if request.attempt == 1 and page.kind is not PageKind.END:
            return self._ask(listing, route, attempt=2)
        if self._nothing_behind or (self._multiple_is_guessed and not self._batches):
            return Checked(Trust.FAIL, reason=page.reason or EMPTY_PAGE)
        if not self._is_understood and page.kind is not PageKind.END:
            # No call has returned anything, although the page announced more: the call may not be understood.
            return Checked(Trust.FAIL, reason=page.reason or EMPTY_PAGE)
        return self._ask_before(listing, route)

    def _ask_before(self, listing: Listing, route: AjaxRoute) -> Checked:
        """Requests the multiple before an empty one, which has the entries that moved up since."""
        self._nothing_behind += 1
        return self._ask(listing, route.at(max(0, self._next_multiple(route) - 2 * route.size)))

    def _next_multiple(self, route: AjaxRoute) -> int:
        return (route.start // route.size + 1) * route.size

    # What comes next

    @override
    def follow(self, listing: Listing, request: FetchListing, page: ListingPage, url: str) -> Following:
        """What comes behind a batch that was taken."""
        route = _call(request)
        if not page.teasers:
            return Following(stop=StopReason.END)
        ids = list(dict.fromkeys(raw.id for raw in page.teasers))
        # One that is larger than requested stands for several.
        self._batches += max(1, len(ids) // max(1, self._step))
        self._steps_back, self._is_resuming = 0, False
        self._largest = max(self._largest, len(ids))
        batch = _Batch(route.start, ids[self._pinned :] or ids)
        self._note_places(batch, len(ids), len(page.teasers))
        self._note_taken(batch)
        if route.to_is_end and self._to_is_size:
            route = replace(route, to_is_end=False)
        self._to_is_end = route.to_is_end
        if self.aligned:
            return Following(route.at(self._next_multiple(route)))
        # What the listing begins with may be pinned on top of this batch too.
        pinned = _common_prefix(batch.body, listing.progress.head) if route.start else 0
        return Following(route.at(route.start + max(1, len(batch.body) - self._overlap - pinned)))

    def _note_places(self, batch: _Batch, received: int, shown: int) -> None:
        """Notes where the entries of a batch are, and how far known ones have moved since they were read."""
        before = self._taken
        if shown > received or 0 < self._last_received < self._largest:
            self._places_are_known = False
        self._last_received = received
        if not self._places:
            self._places = {identity: before.start + at for at, identity in enumerate(before.body)}
        known = [batch.start + at - self._places[each] for at, each in enumerate(batch.body) if each in self._places]
        # An entry that was moved down says nothing of the others.
        moved = min(known, default=self._moved)
        self._places_are_known &= moved >= self._moved
        self._moved = moved
        for at, identity in enumerate(batch.body):
            self._places.setdefault(identity, batch.start + at - self._moved)

    @override
    def follow_again(self, listing: Listing, request: FetchListing, page: ListingPage, url: str) -> Following:
        route = _call(request)
        if not page.teasers:
            return Following(stop=StopReason.END)
        if self.aligned:
            return Following(route.at(self._next_multiple(route)))
        return Following(route.at(route.start + max(1, len(page.teasers) - self._pinned - 1)))

    def with_end(self, route: AjaxRoute) -> AjaxRoute | None:
        """The same call with `to` as an end, where neither meaning has been seen: then it shows whether it is one."""
        if route.to_is_end or self._to_is_size or not route.start:
            return None
        return route.with_end(self._step or route.size)

    def rejoins(self, before: Sequence[str], ids: Sequence[str]) -> bool:
        """Whether a batch that is read once more joins the one before. A single entry cannot overlap."""
        return len(before) - self._pinned <= 1 or before[-1] in ids

    def above(self, route: AjaxRoute, step: int) -> AjaxRoute | None:
        """The call instead of one whose batch did not join: half a batch further up, then twice as far each time.

        None after the last step, and where there is nothing above.
        """
        if step > _MOST_STEPS_BACK or not route.start:
            return None
        return route.at(max(0, route.start - max(1, self._step // 2) * 2 ** (step - 1)))

    def below(self, route: AjaxRoute, step: int) -> AjaxRoute | None:
        """The call one entry further down; None after the last step."""
        return route.at(route.start + 1) if step <= _MOST_STEPS_BACK else None

    def again(self, route: AjaxRoute, received: int) -> AjaxRoute:
        """A call that a page of so many entries names once more, made as the calls before have shown."""
        if self.aligned or not route.start:
            return route
        route = route.at(max(0, min(route.start, received - self._pinned) - self._overlap))
        return route.with_end(self._step) if self._to_is_end else route

    @override
    def failed(self, listing: Listing, request: FetchListing, reason: str) -> Checked | None:
        """A batch could not be fetched: behind the last entry a 404 is the end; a first one may be a multiple."""
        route = _call(request)
        tail = self._tail
        if tail is not None and route.start >= tail.end and reason in _MISSING:
            self._nothing_behind = 2
            return self._ask(listing, route.at(tail.start))
        if self._multiple_is_guessed and not self._batches:
            return None
        if self.aligned and self._received.body and route.start and reason in _MISSING and not self._nothing_behind:
            return self._ask_before(listing, route)
        if self._batches and not self.aligned and reason in _MISSING and route.start > self._taken.start:
            # With the overlap the last entry was to be expected.
            return self._look_back(listing, route)
        if self._batches or not isinstance(listing.first, LinkRoute) or reason.startswith("block_page_"):
            return None
        if not reason.startswith(("http_4", "http_500", "not_html")):
            return None
        return self._multiple_instead(listing, route)

    def _ask(self, listing: Listing, route: AjaxRoute, attempt: int = 1) -> Checked:
        return Checked(Trust.ASK, listing.next_request(route, attempt))


def _call(request: FetchListing) -> AjaxRoute:
    if not isinstance(request.route, AjaxRoute):
        raise TypeError(f"no ajax call: {request.route}")
    return request.route


def _common_prefix(one: Sequence[str], other: Sequence[str]) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length
