"""Which days of a search are looked at next: the windows of days in which its results are walked. Pure.

A page of results shows the newest of what was found, and how it goes on may be known to a browser only. So the search
is asked for spans of days, newest first, each short enough for a page; of a span that held more a shorter one is asked
for. What the site compares with these days, the day that it shows or the day of its intake, is not known: windows that
follow each other without a gap hold everything either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

# As far back as the site's search has been seen to be asked.
FIRST_DAY = date(1997, 1, 1)
_DAY = timedelta(days=1)
# A window is twice as long as the one before that showed no more than this share of a page.
_LITTLE = 1 / 3
_LONGEST = 366
# The clock of this machine may be behind; a day further ahead than this is a slip of the site's.
_AHEAD = timedelta(days=7)
# So many windows without an entry of their own, before any with one: the site does not look at the days at all.
_MOST_FOREIGN = 3
# So many days in a row that hold more than is shown: the search shows too little to be of use.
_MOST_CUT = 3


@dataclass(frozen=True, slots=True)
class Window:
    """A span of days, both included; without `end` it is open to the newest."""

    start: date
    end: date | None = None

    @classmethod
    def of(cls, start: str, end: str | None) -> Window:
        """The inverse of `told`."""
        return cls(date.fromisoformat(start), date.fromisoformat(end) if end is not None else None)

    def to_dict(self) -> tuple[str, str | None]:
        """Its days as ``YYYY-MM-DD``."""
        return self.start.isoformat(), self.end.isoformat() if self.end is not None else None

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.start <= day and (self.end is None or day <= self.end)


class Windows:
    """The windows of one walk. `shown` are the days on the page that the search shows without days, `today` is one.

    Days are ``YYYY-MM-DD``. Nothing older than `since` is looked at.
    """

    def __init__(self, shown: Iterable[str], today: str, since: str | None = None) -> None:
        self._latest = date.fromisoformat(today) + _AHEAD
        # The site's day of intake may be the day before the one that it shows.
        self._floor = max(FIRST_DAY, date.fromisoformat(since) - _DAY) if since is not None else FIRST_DAY
        days = self._sound(shown) or [date.fromisoformat(today)]
        self._newest = days[-1]
        # What fits on a page reaches from the newest day to the one before the oldest, of which more may follow.
        self._length = min(_LONGEST, max(1, (days[-1] - days[0]).days))
        self._most = 0
        self._foreign = 0
        self._cut_in_a_row = 0
        self._cut_last: Window | None = None
        # Where the window began that was narrowed last.
        self._wider: date | None = None
        # Whether a window has shown what the newest results did not, and how many days held more than was shown.
        self.honoured = False
        self.cut = 0

    @classmethod
    def behind(cls, window: Window, today: str, since: str | None = None) -> Windows:
        """The windows behind one that was looked at before, as long as that one."""
        windows = cls((), today, since)
        end = window.end or date.fromisoformat(today)
        windows._length = min(_LONGEST, max(1, (end - window.start).days + 1))
        return windows

    def first(self) -> Window:
        """The newest window. It is open: what came late is shown far below, and stands in it by its day of intake."""
        return Window(max(self._floor, self._newest - (self._length - 1) * _DAY))

    def older(self, window: Window, received: int) -> Window | None:
        """What lies before a window that showed so many entries, and held no more; None where there are no such days.

        Before an empty one that is all that is left: one answer tells whether there is anything at all.
        """
        if window.start <= self._floor:
            return None
        if window != self._cut_last:
            self._cut_in_a_row = 0
        end = window.start - _DAY
        if not received:
            # What was narrowed before is known to hold something.
            return Window(self._wider if self._wider is not None and self._wider <= end else self._floor, end)
        self._most = max(self._most, received)
        if received <= self._most * _LITTLE:
            self._length = min(_LONGEST, self._length * 2)
        return Window(max(self._floor, end - (self._length - 1) * _DAY), end)

    def narrower(self, window: Window, shown: Iterable[str]) -> Window | None:
        """The newer part of a window that held more than it showed; None for a single day.

        Newest first, the page ends within the oldest day that it shows: of the days behind that one it showed all.
        """
        days = [day for day in self._sound(shown) if window.holds(day)]
        newest = days[-1] if days else None
        # An open one may hold what was taken in after the day that it shows.
        end = window.end or max(self._newest + _DAY, self._latest, window.start)
        if window.start == end:
            return None
        start = window.start
        if days and days[0] < days[-1]:
            start = days[0] + _DAY
        elif newest is not None:
            start = newest + _DAY if window.end is None and newest == window.start else newest
        if start <= window.start:
            # Its days are not those shown: the newer half.
            start = end - ((end - window.start).days - 1) // 2 * _DAY
        self._wider = window.start
        self._length = min(_LONGEST, (max(start, newest or end) - start).days + 1)
        return Window(start, window.end)

    def was_full(self, received: int, page_size: int) -> bool:
        """Whether so many entries may not be all: as many as a page has ever shown, and no fewer than a page's."""
        self._most = max(self._most, received)
        return page_size <= received == self._most

    def may_be_of(self, window: Window, shown: Iterable[str]) -> bool:
        """Whether a page can be of the days it was asked for: some of the days that it shows are, or it shows none."""
        days = _dates(shown)
        return not days or any(window.holds(day + shift * _DAY) for day in days for shift in (-1, 0, 1))

    def note_cut(self, window: Window) -> bool:
        """A single day held more than was shown. True once that is so day after day: the search shows too little."""
        self._cut_last = window
        self.cut += 1
        self._cut_in_a_row += 1
        return self._cut_in_a_row >= _MOST_CUT

    def is_foreign(self, window: Window, shown: Iterable[str], fresh: int) -> bool:
        """Whether a page is not of the days it was asked for: it shows what was shown before, and of later days.

        Some sites answer with other news where there is nothing; one that always does takes no notice of days. `fresh`
        counts what was not shown before. In UTC the day of intake may be the one before that shown, but no earlier.
        """
        days = _dates(shown)
        if window.end is None or not days:
            return False
        self.honoured |= fresh > 0
        if fresh or days[-1] <= window.end + _DAY:
            return False
        self._foreign += _MOST_FOREIGN if window.start <= self._floor else 1
        return True

    @property
    def ignored(self) -> bool:
        """Whether the site has shown nothing of the days it was asked for, window after window, or in all of them."""
        return not self.honoured and self._foreign >= _MOST_FOREIGN

    def _sound(self, shown: Iterable[str]) -> list[date]:
        """The days that can be true, oldest first; where the clock makes all of them look wrong, they are believed."""
        days = _dates(shown)
        possible = [day for day in days if FIRST_DAY <= day < date.max]
        return [day for day in possible if day <= self._latest] or possible


def _dates(days: Iterable[str]) -> Sequence[date]:
    return sorted(map(date.fromisoformat, days))
