"""Go on or stop, and why: the rules of the walk through one listing (docs/architecture.md, "The walk").

Pure: what a page showed goes in, a decision comes out. No page is parsed and nothing is remembered here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum


class StopReason(StrEnum):
    """Why a walk stopped, as it stands in the manifest."""

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


# The reasons after which all that the listing holds (back to `since`, where that was given) has been seen.
_COMPLETE = frozenset({StopReason.END, StopReason.UNCHANGED, StopReason.KNOWN, StopReason.SINCE})
# So many entries in a row that are older than `since`: single ones may be dated back.
_LEAST_BEFORE = 10
# This many pages in a row that only repeat this walk's own entries: the site ignores where it is asked to go on.
_MOST_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One teaser of a listing page.

    `day` is the shown date (``YYYY-MM-DD``) or None; `wanted` is False for another source's; `already_crawled` says
    that a complete crawl of the listing has seen it, and that it is resolved.
    """

    id: str
    day: str | None
    wanted: bool = True
    already_crawled: bool = False


@dataclass(frozen=True, slots=True)
class StopRules:
    """What bounds a walk.

    `known_pages` is how many familiar pages in a row end it, 0 for never (`full`, or no complete walk yet to
    join); `head` are the ids that the last complete walk ended with on the first page; in a sweep familiar pages are
    read all the same, back to `rescan_days` before `today` or before the newest day shown, whichever is earlier. With
    `in_windows` a page is a window of days: an empty one is no end, what it repeats is no circle, and `since` bounds
    the windows, not what they show.
    """

    since: str | None = None
    max_pages: int | None = None
    known_pages: int = 0
    head: tuple[str, ...] = ()
    rescan_days: int | None = None
    today: str = "9999-12-31"
    in_windows: bool = False


@dataclass
class ListingProgress:
    """The walk through one listing, page by page."""

    rules: StopRules
    pages: int = 0
    received: int = 0
    new: int = 0
    head: tuple[str, ...] = ()
    newest: str | None = None
    oldest: str | None = None
    # What was shown, in the order in which it was read: the place of each id in it.
    ids: dict[str, int] = field(default_factory=dict)
    stopped: StopReason | None = None
    # How many entries only reading the first pages once more has shown.
    new_on_top: int = 0
    # How many entries of the last page no page before had shown, and whether a page behind the first had such.
    fresh: int = 0
    led_on: bool = False
    # How many entries had been shown when the first pages were read once more, the place of the last entry there, and
    # how many entries up to it followed each other as they did before.
    _read: int | None = None
    _last_place: int = -2
    _in_order: int = 0
    # How many entries the first page had.
    _first_page: int = 0
    _familiar: int = 0
    # Entries in a row that are older than `since`.
    _before: int = 0
    _repeats: int = 0

    def page(self, entries: Sequence[Entry], *, may_repeat: bool = False) -> StopReason | None:
        """Takes in the next page's entries; gives the reason to stop, or None to go on.

        With `may_repeat` pages that only repeat what was shown are no reason: whoever asks for them counts them.
        `received` counts what the site sent, repeats too: that is how far the listing was advanced.
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
        self.stopped = self._decide(entries, fresh, may_repeat or self.rules.in_windows)
        return self.stopped

    def again(self, entries: Iterable[Entry]) -> bool:
        """Takes in the first pages read once more at the end; True when they have come to what was read.

        A listing moves while it is read: what came in at the top meanwhile is met here. Entries may have been moved to
        the top, so it takes two that followed each other on the first two pages, or three anywhere.
        """
        entries = list(entries)
        pinned = 0
        if self._read is None:
            self._read = len(self.ids)
        else:
            # What stands on top of each page says nothing of what follows it.
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
            joins |= self._in_order >= (2 if place < 2 * self._first_page else 3)
        fresh = {entry.id: entry for entry in entries if entry.id not in self.ids}
        self.new_on_top += len(fresh)
        self.new += sum(entry.wanted and not entry.already_crawled for entry in fresh.values())
        self._note_ids(entries)
        self._note_days(entries)
        return joins

    def begin_again(self) -> None:
        """The first pages are read once more from the top."""
        self._read, self._last_place, self._in_order, self.new_on_top = None, -2, 0, 0

    def note_read(self, ids: Iterable[str]) -> None:
        """Entries that an earlier run has read in the same crawl of the listing."""
        for identity in ids:
            self.ids.setdefault(identity, len(self.ids))

    def stop(self, why: StopReason) -> None:
        """Ends the walk for a reason that lies outside the pages' entries; the first reason stays."""
        self.stopped = self.stopped or why

    def mark_incomplete(self, why: StopReason) -> None:
        """Ends the walk for a reason that undoes an earlier one: what looked complete is not."""
        self.stopped = why

    def unchanged(self) -> None:
        """Takes the site's word that the first page is as the last complete walk left it."""
        self.pages += 1
        self.head = self.rules.head
        self.stopped = StopReason.UNCHANGED

    @property
    def complete(self) -> bool:
        """Whether all that the listing holds, or holds back to `since`, was seen."""
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
        if not entries and not rules.in_windows:
            return StopReason.END
        if self.pages == 1 and rules.head == self.head and rules.known_pages and rules.rescan_days is None:
            return StopReason.UNCHANGED
        self._repeats = 0 if fresh or may_repeat else self._repeats + 1
        if self._repeats >= _MOST_REPEATS:
            return StopReason.REPEATS
        self._count_familiar(fresh)
        if rules.known_pages and self._familiar >= rules.known_pages and not self._is_rescanning(entries):
            return StopReason.KNOWN
        if self._before >= _LEAST_BEFORE and self._all_before(entries, rules.since or ""):
            return StopReason.SINCE
        if rules.max_pages is not None and self.pages >= rules.max_pages:
            return StopReason.MAX_PAGES
        return None

    def _count_before(self, fresh: Iterable[Entry]) -> None:
        since = self.rules.since
        if since is None or self.rules.in_windows:
            return
        for entry in fresh:
            if entry.day is not None:
                self._before = self._before + 1 if entry.day < since else 0

    def _count_familiar(self, fresh: Sequence[Entry]) -> None:
        wanted = [entry for entry in fresh if entry.wanted]
        # A page that holds only other sources' entries, or what was shown before, says nothing either way.
        if wanted:
            self._familiar = self._familiar + 1 if all(entry.already_crawled for entry in wanted) else 0

    def _is_rescanning(self, entries: Sequence[Entry]) -> bool:
        """Whether familiar pages are read on: a sweep that has not yet passed its days."""
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
