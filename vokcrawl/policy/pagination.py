"""Stop conditions for paginating a listing (docs/architecture.md, "Pagination"). Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import islice


class StopReason(StrEnum):
    """Why a listing crawl stopped. The values are those of `stop_reason` in the manifest."""

    END = "end of the listing"
    UNCHANGED = "first page unchanged since the last complete crawl"
    KNOWN = "reached pages that a complete crawl has covered"
    SINCE = "reached the date in since"
    MAX_PAGES = "max_pages reached"
    FAILED = "a listing page failed"
    EMPTY = "an empty page before the end"
    CIRCLE = "More Articles leads back to a page already read"
    REPEATS = "pages repeat entries already shown"
    NO_ROUTE = "More Articles not understood"
    NO_MORE = "a full first page without More Articles"
    NO_TEASERS = "no teasers on the first page"
    OFFSITE = "More Articles leads to another host"
    INTERRUPTED = "interrupted"
    TIME = "time limit of the run reached"
    LEFT = "replaced by another discovery strategy"
    DAYS_IGNORED = "the search ignores its date range"
    DAYS_CUT = "days with more articles than the search shows"
    UNJOINED = "batches do not overlap"
    UNRESOLVED = "entries neither delivered nor scheduled for a retry"
    SHARE = "the sitemap's limit per run reached"


# The reasons after which every entry of the listing (back to `since`) was read.
_COMPLETE = frozenset({StopReason.END, StopReason.UNCHANGED, StopReason.KNOWN, StopReason.SINCE})
# Consecutive entries older than `since` that end a crawl: single ones may be back-dated.
_LEAST_BEFORE = 10
# Consecutive pages that only repeat entries of this crawl: the site ignores the page number.
_MOST_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One teaser of a listing page.

    `day` is its date (``YYYY-MM-DD``) or None. `wanted` is False for other sources. `already_crawled` is True if a
    complete crawl of the listing has read it, and it is resolved.
    """

    id: str
    day: str | None
    wanted: bool = True
    already_crawled: bool = False


@dataclass(frozen=True, slots=True)
class StopRules:
    """The limits of a listing crawl.

    `known_pages` consecutive known pages end it; 0 for never (`full`, or no complete crawl yet). `head` are the ids of
    the first page after the last complete crawl. A rescan reads known pages too, back to `rescan_days` before `today`
    or before the newest day shown, whichever is earlier. With `in_date_ranges` a page is a date range: an empty one is
    no end, repeated entries are no circle, and `since` limits the ranges instead of the entries.
    """

    since: str | None = None
    max_pages: int | None = None
    known_pages: int = 0
    head: tuple[str, ...] = ()
    rescan_days: int | None = None
    today: str = "9999-12-31"
    in_date_ranges: bool = False


@dataclass
class ListingProgress:
    """The progress of one listing crawl, page by page."""

    rules: StopRules
    pages: int = 0
    received: int = 0
    new: int = 0
    head: tuple[str, ...] = ()
    newest: str | None = None
    oldest: str | None = None
    # The position of each id in the order in which the entries were read.
    ids: dict[str, int] = field(default_factory=dict)
    stopped: StopReason | None = None
    # Number of entries that were found only by reading the first pages again.
    new_on_top: int = 0
    # The same, over all times that they were read again.
    found_again: int = 0
    # Number of new entries on the last page, and whether any page after the first had some.
    fresh: int = 0
    led_on: bool = False
    # While the first pages are read again: the number of entries before that, the position of the last entry, and how
    # many entries up to it are in the same order as before.
    _read: int | None = None
    _last_place: int = -2
    _in_order: int = 0
    # The entries that were read again, the position of the last one that was read before, and those found to be gone.
    _again: set[str] = field(default_factory=set)
    _reached: int = 0
    _gone: set[str] = field(default_factory=set)
    # Number of entries on the first page.
    _first_page: int = 0
    _known_pages: int = 0
    # Entries in a row that are older than `since`.
    _before: int = 0
    _repeats: int = 0

    def page(self, entries: Sequence[Entry], *, may_repeat: bool = False) -> StopReason | None:
        """Add the entries of the next page; return the reason to stop, or None to continue.

        With `may_repeat` pages that only repeat earlier entries are no reason to stop: the paginator counts them.
        `received` counts all entries that the site sent, including repeated ones.
        """
        self.pages += 1
        self.received += len(entries)
        fresh = list({entry.id: entry for entry in entries if entry.id not in self.ids}.values())
        self._note_ids(entries)
        self._note_days(entries)
        self.fresh = len(fresh)
        self.led_on |= self.pages > 1 and bool(fresh)
        if self.pages == 1:
            self.head = tuple(entry.id for entry in entries)
            self._first_page = len(entries)
        self.new += sum(entry.wanted and not entry.already_crawled for entry in fresh)
        self._count_before(fresh)
        self.stopped = self._decide(entries, fresh, may_repeat or self.rules.in_date_ranges)
        return self.stopped

    def again(self, entries: Iterable[Entry]) -> bool:
        """Add the entries of a first page that was read again; return whether it overlaps with what was read before.

        A listing moves while it is read: new entries at the top are found here. Entries may have been moved to the top,
        so an overlap takes three entries in their earlier order, or the last two of a page if they were read on the
        first two pages.
        """
        entries = list(entries)
        pinned = 0
        if self._read is None:
            self._read = len(self.ids)
        else:
            # Pinned entries are on top of each page.
            while pinned < min(len(entries), len(self.head)) and entries[pinned].id == self.head[pinned]:
                pinned += 1
        places = [place if (place := self.ids.get(entry.id, -2)) < self._read else -2 for entry in entries[pinned:]]
        joins = self._read == 1 and 0 in places
        for place in places:
            if place == self._last_place:
                # The pages overlap.
                continue
            self._in_order = self._in_order + 1 if place == self._last_place + 1 else 1
            self._last_place = place
            joins |= self._in_order >= 3
        joins |= self._in_order >= 2 and self._last_place < 2 * self._first_page
        self._again.update(entry.id for entry in entries)
        self._reached = self._last_place if self._last_place >= 0 else self._reached
        fresh = {entry.id: entry for entry in entries if entry.id not in self.ids}
        self.new_on_top += len(fresh)
        self.found_again += len(fresh)
        self.new += sum(entry.wanted and not entry.already_crawled for entry in fresh.values())
        self._note_ids(entries)
        self._note_days(entries)
        return joins

    def has_lost(self) -> bool:
        """Whether an entry is missing on the pages that were read again, though they show some that were behind it."""
        return next(self._lost(), None) is not None

    def _lost(self) -> Iterator[str]:
        before = islice(self.ids, self._reached)
        return (identity for identity in before if identity not in self._again and identity not in self._gone)

    def ends_with(self, ids: Sequence[str]) -> bool:
        """Whether a page that was read again shows the last of the entries that were read before."""
        return self._read is not None and any(self.ids.get(identity) == self._read - 1 for identity in ids)

    def begin_again(self) -> None:
        """Begin to read the first pages again."""
        self._read, self._last_place, self._in_order, self.new_on_top = None, -2, 0, 0
        self._gone.update(self._lost())
        self._again.clear()
        self._reached = 0

    def note_read(self, ids: Iterable[str]) -> None:
        """Add entries that an earlier run has read in the same listing crawl."""
        for identity in ids:
            self.ids.setdefault(identity, len(self.ids))

    def stop(self, reason: StopReason) -> None:
        """Stop for a reason other than the entries; an earlier reason is kept."""
        self.stopped = self.stopped or reason

    def mark_incomplete(self, reason: StopReason) -> None:
        """Stop for a reason that overrides an earlier one."""
        self.stopped = reason

    def unchanged(self) -> None:
        """Stop because the site answered that the first page has not changed."""
        self.pages += 1
        self.head = self.rules.head
        self.stopped = StopReason.UNCHANGED

    @property
    def joins_known(self) -> bool:
        """Whether the last pages hold only entries that a complete crawl has covered, as many pages as end a crawl."""
        return 0 < self.rules.known_pages <= self._known_pages

    @property
    def complete(self) -> bool:
        """Whether every entry of the listing, or back to `since`, was read."""
        return self.stopped in _COMPLETE

    def _note_ids(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self.ids.setdefault(entry.id, len(self.ids))

    def _note_days(self, entries: Iterable[Entry]) -> None:
        days = [entry.day for entry in entries if entry.day is not None]
        if days:
            self.newest = max(days) if self.newest is None else max(self.newest, *days)
            self.oldest = min(days) if self.oldest is None else min(self.oldest, *days)

    def _decide(self, entries: Sequence[Entry], fresh: Sequence[Entry], may_repeat: bool) -> StopReason | None:
        rules = self.rules
        if not entries and self.pages == 1:
            return StopReason.NO_TEASERS
        if not entries and not rules.in_date_ranges:
            return StopReason.END
        if self.pages == 1 and rules.head == self.head and rules.known_pages and rules.rescan_days is None:
            return StopReason.UNCHANGED
        self._repeats = 0 if fresh or may_repeat else self._repeats + 1
        if self._repeats >= _MOST_REPEATS:
            return StopReason.REPEATS
        self._count_known(fresh)
        if self.joins_known and not self._is_rescanning(entries):
            return StopReason.KNOWN
        if self._before >= _LEAST_BEFORE and self._all_before(entries, rules.since or ""):
            return StopReason.SINCE
        if rules.max_pages is not None and self.pages >= rules.max_pages:
            return StopReason.MAX_PAGES
        return None

    def _count_before(self, fresh: Iterable[Entry]) -> None:
        since = self.rules.since
        if since is None or self.rules.in_date_ranges:
            return
        for entry in fresh:
            if entry.day is not None:
                self._before = self._before + 1 if entry.day < since else 0

    def _count_known(self, fresh: Sequence[Entry]) -> None:
        wanted = [entry for entry in fresh if entry.wanted]
        # A page with only repeated entries or those of other sources is neither known nor new.
        if wanted:
            self._known_pages = self._known_pages + 1 if all(entry.already_crawled for entry in wanted) else 0

    def _is_rescanning(self, entries: Sequence[Entry]) -> bool:
        """Whether known pages are still read: a rescan that has not reached the end of its days."""
        if self.rules.rescan_days is None:
            return False
        latest = min(self.rules.today, self.newest or self.rules.today)
        try:
            until = date.fromisoformat(latest) - timedelta(days=self.rules.rescan_days)
        except OverflowError:
            until = date.min
        return not self._all_before(entries, until.isoformat())

    @staticmethod
    def _all_before(entries: Sequence[Entry], day: str) -> bool:
        """Whether every dated entry of the page is older than `day`, and there is one."""
        days = [entry.day for entry in entries if entry.day is not None]
        return bool(days) and all(each < day for each in days)
