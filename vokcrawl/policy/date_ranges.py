"""Date ranges: which days of a search are requested next. Pure functions.

A page of results shows the newest matches, and only a browser may be able to follow it. So the search is requested in
date ranges, newest first, each short enough for one page; a range with more results is split. It is unknown which date
the site compares (the day that it shows, or the day of ingestion), so ranges follow each other without gaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

# The earliest day that the site's search form offers.
FIRST_DAY = date(1997, 1, 1)
_DAY = timedelta(days=1)
# A range is twice as long as the previous one if that had at most this share of a page.
_LITTLE = 1 / 3
_LONGEST = 366
# The clock of this machine may be slow; a date further ahead than this is an error of the site.
_AHEAD = timedelta(days=7)
# After so many ranges without an entry of their own, and none with one, the site ignores the dates.
_MOST_FOREIGN = 3
# After so many consecutive days with more results than are shown, the search is not used.
_MOST_CUT = 3


@dataclass(frozen=True, slots=True)
class DateRange:
    """A range of days, both included; without `end` it is open to the newest."""

    start: date
    end: date | None = None

    @classmethod
    def of(cls, start: str, end: str | None) -> DateRange:
        """Inverse of `to_dict`."""
        return cls(date.fromisoformat(start), date.fromisoformat(end) if end is not None else None)

    def to_dict(self) -> tuple[str, str | None]:
        """Return its days as ``YYYY-MM-DD``."""
        return self.start.isoformat(), self.end.isoformat() if self.end is not None else None

    def holds(self, day: date) -> bool:
        """Return whether a day is in the range."""
        return self.start <= day and (self.end is None or day <= self.end)


class DateRanges:
    """The date ranges of one listing crawl.

    `shown` are the days on the results page without a date range. Days are ``YYYY-MM-DD``; none before `since` is
    requested.
    """

    def __init__(self, shown: Iterable[str], today: str, since: str | None = None) -> None:
        self._latest = date.fromisoformat(today) + _AHEAD
        # The day of ingestion may be the day before the one that the site shows.
        self._floor = max(FIRST_DAY, date.fromisoformat(since) - _DAY) if since is not None else FIRST_DAY
        days = self._sound(shown) or [date.fromisoformat(today)]
        self._newest = days[-1]
        # A page holds the days from the newest to the one after the oldest, which may continue on the next page.
        self._length = min(_LONGEST, max(1, (days[-1] - days[0]).days))
        self._most = 0
        self._foreign = 0
        self._consecutive_cuts = 0
        self._cut_last: DateRange | None = None
        # The start of the range that was split last.
        self._split_start: date | None = None
        # Whether a range had new entries, and the number of days with more results than were shown.
        self.honoured = False
        self.cut = 0

    @classmethod
    def behind(cls, range_: DateRange, today: str, since: str | None = None) -> DateRanges:
        """Return the ranges before one of an earlier run, as long as that one."""
        ranges = cls((), today, since)
        end = range_.end or date.fromisoformat(today)
        ranges._length = min(_LONGEST, max(1, (end - range_.start).days + 1))
        return ranges

    def first(self) -> DateRange:
        """Return the newest range. It is open: late articles may show an earlier day, and match by ingestion."""
        return DateRange(max(self._floor, self._newest - (self._length - 1) * _DAY))

    def previous(self, range_: DateRange, received: int) -> DateRange | None:
        """Return the range before one that had so many entries; None if there are no earlier days.

        Before an empty one it is all that is left: one response shows whether there is anything at all.
        """
        if range_.start <= self._floor:
            return None
        if range_ != self._cut_last:
            self._consecutive_cuts = 0
        end = range_.start - _DAY
        if not received:
            # The range that was split before is known to have entries.
            split = self._split_start
            return DateRange(split if split is not None and split <= end else self._floor, end)
        self._most = max(self._most, received)
        if received <= self._most * _LITTLE:
            self._length = min(_LONGEST, self._length * 2)
        return DateRange(max(self._floor, end - (self._length - 1) * _DAY), end)

    def split(self, range_: DateRange, shown: Iterable[str]) -> DateRange | None:
        """Return the newer part of a range with more results than were shown; None for a single day.

        Results are newest first, so the page ends within the oldest day that it shows; later days are complete.
        """
        days = [day for day in self._sound(shown) if range_.holds(day)]
        newest = days[-1] if days else None
        # An open range may have articles that were ingested after the day that they show.
        end = range_.end or max(self._newest + _DAY, self._latest, range_.start)
        if range_.start == end:
            return None
        start = range_.start
        if days and days[0] < days[-1]:
            start = days[0] + _DAY
        elif newest is not None:
            start = newest + _DAY if range_.end is None and newest == range_.start else newest
        if start <= range_.start:
            # The site compares another date than it shows: the newer half.
            start = end - ((end - range_.start).days - 1) // 2 * _DAY
        self._split_start = range_.start
        self._length = min(_LONGEST, (max(start, newest or end) - start).days + 1)
        return DateRange(start, range_.end)

    def may_be_of(self, range_: DateRange, shown: Iterable[str]) -> bool:
        """Return whether a page may be of the requested days: it shows some of them, or no days at all."""
        days = _dates(shown)
        return not days or any(range_.holds(day + shift * _DAY) for day in days for shift in (-1, 0, 1))

    def note_cut(self, range_: DateRange) -> bool:
        """Note a single day with more results than were shown; return True after several in a row."""
        self._cut_last = range_
        self.cut += 1
        self._consecutive_cuts += 1
        return self._consecutive_cuts >= _MOST_CUT

    def is_foreign(self, range_: DateRange, shown: Iterable[str], fresh: int) -> bool:
        """Return whether a page is not of the requested days: it shows known entries of later days.

        Some sites answer with other news if there are no results; one that always does ignores the dates. `fresh` is
        the number of new entries. In UTC the day of ingestion may be the one before that shown, but no earlier.
        """
        days = _dates(shown)
        if range_.end is None or not days:
            return False
        self.honoured |= fresh > 0
        if fresh or days[-1] <= range_.end + _DAY:
            return False
        self._foreign += _MOST_FOREIGN if range_.start <= self._floor else 1
        return True

    @property
    def ignored(self) -> bool:
        """Whether the site has shown no entry of the requested days, range after range."""
        return not self.honoured and self._foreign >= _MOST_FOREIGN

    def _sound(self, shown: Iterable[str]) -> list[date]:
        """Return the plausible days, oldest first; all of them if the clock makes each look wrong."""
        days = _dates(shown)
        possible = [day for day in days if FIRST_DAY <= day < date.max]
        return [day for day in possible if day <= self._latest] or possible


def _dates(days: Iterable[str]) -> Sequence[date]:
    return sorted(map(date.fromisoformat, days))
