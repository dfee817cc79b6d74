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
    UNCHANGED = "first page as the last complete walk left it"
    KNOWN = "joined what a complete walk has covered"
    SINCE = "passed the day of since"
    MAX_PAGES = "max_pages reached"
    FAILED = "a page of the listing could not be had"
    EMPTY = "an empty page where more was promised"
    CIRCLE = "More Articles leads back to a page already read"
    REPEATS = "pages repeat what was already shown"
    NO_WAY = "no way to More Articles could be read"
    NO_MORE = "a full first page without any More Articles"
    NO_TEASERS = "no teasers on the first page"
    OFFSITE = "More Articles leads to another host"
    INTERRUPTED = "interrupted"
    LEFT = "left for another way"
    DAYS_IGNORED = "the search takes no notice of the days it is asked for"
    DAYS_CUT = "days that hold more than the search shows"
    UNRESOLVED = "records of the listing were lost in a pipeline"
    SHARE = "as much of the sitemap as one run asks for"


# The reasons after which all that the listing holds (back to `since`, where that was given) has been seen.
_COMPLETE = frozenset({StopReason.END, StopReason.UNCHANGED, StopReason.KNOWN, StopReason.SINCE})
# This many pages in a row that only repeat this walk's own entries: the site ignores where it is asked to go on.
_MOST_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One teaser as the walk sees it.

    `day` is the shown date (``YYYY-MM-DD``) or None; `wanted` is False for another source's; `covered` says that a
    complete walk has seen it and nothing about it is open.
    """

    id: str
    day: str | None
    wanted: bool = True
    covered: bool = False


@dataclass(frozen=True, slots=True)
class StopRules:
    """What bounds a walk.

    `known_pages` is how many familiar pages in a row end it, 0 for never (`full`, or no complete walk yet to
    join); `head` are the ids that the last complete walk ended with on the first page; in a sweep familiar pages are
    read all the same, back to `sweep_days` before `today` or before the newest day shown, whichever is earlier. With
    `in_windows` a page is a window of days: an empty one is no end, and what it repeats is no circle.
    """

    since: str | None = None
    max_pages: int | None = None
    known_pages: int = 0
    head: tuple[str, ...] = ()
    sweep_days: int | None = None
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
    ids: set[str] = field(default_factory=set)
    stopped: StopReason | None = None
    # How many entries of the last page no page before had shown, and whether a page behind the first had such.
    fresh: int = 0
    led_on: bool = False
    _familiar: int = 0
    _repeats: int = 0

    def page(self, entries: Sequence[Entry]) -> StopReason | None:
        """Takes in the next page's entries; gives the reason to stop, or None to go on.

        `received` counts what the site sent, repeats too: that is how far the listing was advanced.
        """
        self.pages += 1
        self.received += len(entries)
        fresh = list({entry.id: entry for entry in entries if entry.id not in self.ids}.values())
        self.ids.update(entry.id for entry in entries)
        self._note_days(entries)
        self.fresh = len(fresh)
        self.led_on |= self.pages > 1 and bool(fresh)
        if self.pages == 1:
            self.head = tuple(entry.id for entry in entries)
        self.new += sum(entry.wanted and not entry.covered for entry in fresh)
        self.stopped = self._decide(entries, fresh)
        return self.stopped

    def again(self, entries: Iterable[Entry]) -> bool:
        """Takes in the first pages read once more at the end; True when they overlap with what was walked.

        A listing moves while it is walked: what came in at the top meanwhile is met here.
        """
        entries = list(entries)
        overlaps = not entries or any(entry.id in self.ids for entry in entries)
        fresh = {entry.id: entry for entry in entries if entry.id not in self.ids}
        self.new += sum(entry.wanted and not entry.covered for entry in fresh.values())
        self.ids.update(entry.id for entry in entries)
        self._note_days(entries)
        return overlaps

    def stop(self, why: StopReason) -> None:
        """Ends the walk for a reason that lies outside the pages' entries; the first reason stays."""
        self.stopped = self.stopped or why

    def spoil(self, why: StopReason) -> None:
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

    def _note_days(self, entries: Iterable[Entry]) -> None:
        days = [entry.day for entry in entries if entry.day is not None]
        if days:
            self.newest = max(days) if self.newest is None else max(self.newest, *days)
            self.oldest = min(days) if self.oldest is None else min(self.oldest, *days)

    def _decide(self, entries: Sequence[Entry], fresh: Sequence[Entry]) -> StopReason | None:
        rules = self.rules
        if not entries and self.pages == 1:
            return StopReason.NO_TEASERS
        if not entries and not rules.in_windows:
            return StopReason.END
        if self.pages == 1 and rules.head == self.head and rules.known_pages and rules.sweep_days is None:
            return StopReason.UNCHANGED
        self._repeats = 0 if fresh or rules.in_windows else self._repeats + 1
        if self._repeats >= _MOST_REPEATS:
            return StopReason.REPEATS
        self._count_familiar(fresh)
        if rules.known_pages and self._familiar >= rules.known_pages and not self._sweeping(entries):
            return StopReason.KNOWN
        if rules.since is not None and self._all_before(entries, rules.since):
            return StopReason.SINCE
        if rules.max_pages is not None and self.pages >= rules.max_pages:
            return StopReason.MAX_PAGES
        return None

    def _count_familiar(self, fresh: Sequence[Entry]) -> None:
        wanted = [entry for entry in fresh if entry.wanted]
        # A page that holds only other sources' entries, or what was shown before, says nothing either way.
        if wanted:
            self._familiar = self._familiar + 1 if all(entry.covered for entry in wanted) else 0

    def _sweeping(self, entries: Sequence[Entry]) -> bool:
        """Whether familiar pages are read on: a sweep that has not yet passed its days."""
        if self.rules.sweep_days is None:
            return False
        latest = min(self.rules.today, self.newest or self.rules.today)
        try:
            until = date.fromisoformat(latest) - timedelta(days=self.rules.sweep_days)
        except OverflowError:
            until = date.min
        return not self._all_before(entries, until.isoformat())

    @staticmethod
    def _all_before(entries: Sequence[Entry], day: str) -> bool:
        """Whether every dated entry of the page is older than `day`, and there is one."""
        days = [entry.day for entry in entries if entry.day is not None]
        return bool(days) and all(each < day for each in days)
