"""The position of an interrupted listing crawl, stored between runs: the next run continues there.

The position is the last page of which, and of all pages before it, every entry is resolved, so a kill loses nothing.
The first entries of the listing are stored with it. A run that finds two of them next to each other has read everything
new at the top, and continues at the position.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise

import orjson

from vokcrawl.crawling.context import Context
from vokcrawl.pages.routes import AjaxRoute, LinkRoute, Route, SearchRoute, route_from, route_to_text
from vokcrawl.policy.pagination import StopReason

# The stop reasons after which the next run continues at the position of this one; None stands for a killed run.
_CONTINUED = frozenset({StopReason.TIME, StopReason.INTERRUPTED, StopReason.FAILED, StopReason.EMPTY, None})
# The number of first entries that are stored, and of the entries read last.
_HEAD = 40
# Maximum number of entries that are pinned on top of a listing.
_MOST_PINNED = 2


@dataclass(frozen=True, slots=True)
class Position:
    """A stored position: the crawl of the listing continues behind it.

    `number` is the number of the crawl in the state, `route` leads to the position, `ids` are the last entries before
    it. `head` are the first entries of the listing. `pages` and `entries` count what was read up to there, `since` is
    the bound of the crawl, and `began_at` when its first run began.
    """

    number: int
    route: Route
    ids: tuple[str, ...]
    head: tuple[str, ...]
    since: str | None
    pages: int
    entries: int
    began_at: str


@dataclass(slots=True)
class _Page:
    """A page that was read, and those of its entries that are not resolved.

    Without a route the position does not move to it, but waits for its entries. `head` are the first entries of the
    listing from then on.
    """

    open: list[str]
    head: tuple[str, ...] = ()
    route: Route | None = None
    ids: tuple[str, ...] = ()
    entries: int = 0
    # Whether it was read before the stored position was reached.
    is_on_top: bool = False


@dataclass
class Positions:
    """The position of one listing: read when its crawl begins, written as its pages are resolved."""

    context: Context
    key: str
    number: int = 0
    # The position that an earlier run has stored, until this run continues there.
    stored: Position | None = None
    # Whether this run continues at such a position.
    resumed: bool = False
    # The last entries before that position.
    continued_ids: frozenset[str] = frozenset()
    began_at: str = ""
    pages: int = 0
    entries: int = 0
    _unresolved: deque[_Page] = field(default_factory=deque)
    # The position, the first entries of the listing that are stored with it, and the last ones that were read.
    _at: _Page | None = None
    _head: tuple[str, ...] = ()
    _recent: tuple[str, ...] = ()
    # How far the new entries on top were read while the stored position was not reached.
    _on_top: _Page | None = None
    _head_on_top: tuple[str, ...] = ()
    # Whether a page was noted in this run.
    _has_begun: bool = False
    # The number of entries that earlier runs have read, 0 if this run does not continue their crawl.
    entries_before: int = 0
    # How many pages were read from the position on that an earlier run had stored.
    continued_pages: int = 0

    @classmethod
    def read(cls, context: Context, key: str) -> Positions:
        """The position of a listing, where an earlier run has stored one that this run may continue at."""
        positions = cls(context, key)
        positions.began_at = context.utc_now()
        record = context.state.note(positions._name)
        if record and positions.is_kept:
            stored = _position_from(record)
            if stored is not None and stored.since == context.config.since:
                positions.stored = stored
                positions.began_at, positions.pages, positions.entries = stored.began_at, stored.pages, stored.entries
                positions.entries_before = stored.entries
        return positions

    @property
    def is_kept(self) -> bool:
        """Whether positions are stored: not in runs of a part of the listing, and not with `full`."""
        config = self.context.config
        return not (config.full or config.until is not None or config.max_pages is not None)

    @property
    def route(self) -> Route | None:
        """The route to the position; None if there is none yet."""
        return self._at.route if self._at is not None else None

    @property
    def _name(self) -> str:
        return f"position:{self.context.config.source.casefold()}:{self.key}"

    def new_on_top(self, seen: Sequence[str]) -> int | None:
        """The number of entries that were added at the top since the position was stored; None while it is unknown.

        It is known by two entries that follow each other in `seen`, the entries that this run has read, and did so
        among the first entries that were stored; by three, if they stand higher than they did.
        """
        if self.stored is None:
            return None
        head = self.stored.head
        same = next((at for at, (one, other) in enumerate(zip(seen, head, strict=False)) if one != other), None)
        same = min(len(seen), len(head)) if same is None else same
        # The results of a search do not move, and nothing is pinned on top of them: one entry is enough.
        is_fixed = isinstance(self.stored.route, SearchRoute)
        pinned = 0 if is_fixed else min(same, _MOST_PINNED)
        if same > pinned:
            return 0
        # What both begin with may be pinned, and says nothing of what follows it.
        places = {identity: place for place, identity in enumerate(head) if place >= pinned}
        if is_fixed:
            return next((max(0, at - places[one]) for at, one in enumerate(seen) if one in places), None)
        in_order = 0
        for at, (one, other) in enumerate(pairwise(seen)):
            in_order = in_order + 1 if one in places and places.get(other) == places[one] + 1 else 0
            # Two that stand higher than before may have been moved to the top one by one.
            if in_order > 1 or (in_order and at >= places[one]):
                return max(0, at - places[one])
        return None

    def take(self, seen: Sequence[str]) -> Position | None:
        """Return the stored position, and continue the crawl there: the new entries on top (`seen`) were read."""
        stored, self.stored = self.stored, None
        if stored is not None:
            self.resumed = True
            self._at = _Page([], route=stored.route, ids=stored.ids)
            self._head, self._recent = stored.head, stored.ids
            self.continued_ids = frozenset(stored.ids)
            head = dict.fromkeys([*seen, *stored.head])
            self._on_top = None
            for page in self._unresolved:
                page.route, page.head, page.is_on_top = None, (), False
            self._unresolved.append(_Page([], tuple(islice(head, _HEAD))))
        return stored

    def abandon(self) -> None:
        """Drop the position: the listing has moved too far to continue there, and is read from the top."""
        self.resumed, self.stored = False, None
        for page in self._unresolved:
            page.is_on_top = False
        self._at, self._recent, self.pages, self.entries, self.entries_before = None, (), 0, 0, 0
        self._head = self._head_on_top or self._head

    def note_page(self, route: Route, ids: Sequence[str], opened: Sequence[str], seen: Iterable[str]) -> None:
        """Notes a page that was read. `opened` are its unresolved entries, `seen` all entries that were read so far.

        The first page is no position, and neither are those that are read on top before the stored one is reached.
        """
        if not self.is_kept or not isinstance(route, LinkRoute | AjaxRoute | SearchRoute):
            return
        page = _Page(list(opened), is_on_top=self.stored is not None)
        self._recent = (*(each for each in self._recent if each not in ids), *ids)[-_HEAD:]
        self.continued_pages += self.resumed
        if self._has_begun and _may_continue_at(route, bool(ids)):
            page.route, page.ids, page.entries = route, self._recent, len(ids)
        if not self.resumed and _is_in_order(route):
            page.head = tuple(islice(seen, _HEAD))
        self._has_begun = True
        self._unresolved.append(page)

    def advance(self, is_resolved: Callable[[list[str]], bool]) -> None:
        """Move the position behind the pages whose entries are all resolved, and store it."""
        moved = False
        while self._unresolved and is_resolved(self._unresolved[0].open):
            page = self._unresolved.popleft()
            if page.is_on_top:
                self._on_top = page if page.route is not None else self._on_top
                self._head_on_top = page.head or self._head_on_top
                continue
            self._head = page.head or self._head
            if page.route is not None:
                self._at = page
                self.pages += 1
                self.entries += page.entries
            moved = True
        if moved:
            self._store()

    def _store(self) -> None:
        page = self._at
        if page is None or page.route is None:
            return
        record = {
            "number": self.number,
            "route": route_to_text(page.route),
            "ids": page.ids,
            "head": self._head,
            "since": self.context.config.since,
            "pages": self.pages,
            "entries": self.entries,
            "began_at": self.began_at,
        }
        self.context.state.put_note(self._name, orjson.dumps(record).decode())

    def finish(self, stopped: StopReason | None) -> None:
        """Ends the listing crawl: drops its position, unless the next run continues there."""
        if stopped is StopReason.TIME and self.stored is not None and self._on_top is not None:
            # One run does not reach the stored position: the next one continues where this one has come to.
            self._at, self._head, self.pages = self._on_top, self._on_top.head, 0
            self.entries = len(self._on_top.ids)
            self._store()
        # A position that the crawl could not continue at is useless, whatever the reason was.
        is_lost = self.resumed and not self.continued_pages and stopped in (StopReason.FAILED, StopReason.EMPTY)
        if self.is_kept and (is_lost or stopped not in _CONTINUED) and self.context.state.note(self._name):
            self.context.state.put_note(self._name, "")


def _may_continue_at(route: Route, has_entries: bool) -> bool:
    """Whether a crawl may continue at a page: not at an empty one, and not at a search for the newest days."""
    if isinstance(route, SearchRoute) and not route.page:
        return route.end is not None
    return has_entries


def _is_in_order(route: Route) -> bool:
    """Whether a page continues the order in which the listing begins. The days of a search do not."""
    return not isinstance(route, SearchRoute) or route.start is None


def _position_from(record: str) -> Position | None:
    """The inverse of what is stored; None for what cannot be read."""
    try:
        values = json.loads(record)
        lists = {name: tuple(values[name]) for name in ("ids", "head")}
        return Position(**{**values, "route": route_from(values["route"]), **lists})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
