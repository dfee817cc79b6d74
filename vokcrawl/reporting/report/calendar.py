"""The calendar of articles per day, which highlights days without articles."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from vokcrawl.reporting.status import gaps
from vokcrawl.utils.humanize import pluralize

# Number of years to draw (the newest with articles), and number of earlier years to list.
_MAX_DRAWN = 12
_MAX_LISTED = 30
# Length in days of a gap that needs attention.
_LONG = 3
# Side of a day's square, and distance between squares.
_SIDE, _STEP = 10, 12
SHADES = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """A day: its CSS class, its outline as an SVG path, and its tooltip."""

    kind: str
    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month: its name, its description, its days, and one outline for the days before and after the archive."""

    name: str
    description: str
    cells: list[Cell]
    outside: str


@dataclass(frozen=True, slots=True)
class Year:
    """A year: number of articles, of days with articles, and of days without any in between."""

    number: int
    articles: int
    days: int
    missing: int
    months: list[Month]


@dataclass(frozen=True, slots=True)
class Calendar:
    """`years` are drawn, `older` ones listed, and `more` is the number of the others; newest first, as the `gaps`.

    `levels` are the ranges of articles per day of the shades, from the lightest to the darkest.
    """

    years: list[Year]
    older: list[Year]
    more: int
    levels: list[tuple[int, int]]
    gaps: list[tuple[date, date]]
    longest: tuple[date, date] | None


def days_of(gap: tuple[date, date]) -> int:
    """Return the length of a gap in days, both ends included."""
    return (gap[1] - gap[0]).days + 1


def in_words(gap: tuple[date, date]) -> str:
    """Format a gap as text.

    >>> in_words((date(2024, 12, 3), date(2024, 12, 3))), in_words((date(2024, 11, 30), date(2024, 12, 2)))
    ('3 December 2024', '30 November to 2 December 2024')
    """
    first, last = gap
    if first == last:
        return _name(last)
    begin = f"{first.day}" if (first.year, first.month) == (last.year, last.month) else f"{first.day} {first:%B}"
    begin += "" if first.year == last.year else f" {first:%Y}"
    return f"{begin} to {_name(last)}"


def calendar_of(articles: Mapping[str, int]) -> Calendar:
    """Build the calendar from the number of articles of each day (`YYYY-MM-DD`)."""
    by_day = {date.fromisoformat(day): number for day, number in articles.items()}
    found = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in gaps(sorted(articles))]
    levels = _levels(sorted(by_day.values()))
    by_year: dict[int, dict[date, int]] = defaultdict(dict)
    for day, number in by_day.items():
        by_year[day.year][day] = number
    newest = sorted(by_year, reverse=True)
    years = [
        _year(number, by_year[number], found, levels if place < _MAX_DRAWN else [])
        for place, number in enumerate(newest[: _MAX_DRAWN + _MAX_LISTED])
    ]
    return Calendar(
        years=years[:_MAX_DRAWN],
        older=years[_MAX_DRAWN:],
        more=len(newest) - len(years),
        levels=levels,
        gaps=found[::-1],
        longest=max(found, key=days_of, default=None),
    )


def _levels(counts: list[int]) -> list[tuple[int, int]]:
    """Return ranges of articles per day, one per shade, with about as many days each; fewer if days are similar."""
    ends = sorted({counts[(len(counts) * part - 1) // SHADES] for part in range(1, SHADES + 1)} if counts else ())
    begins = [counts[0] if counts else 0, *(end + 1 for end in ends)]
    return list(zip(begins, ends, strict=False))


def _year(number: int, counts: dict[date, int], found: list[tuple[date, date]], levels: list[tuple[int, int]]) -> Year:
    """Build a year; it is drawn if there are `levels`."""
    first, last = date(number, 1, 1), date(number, 12, 31)
    within = [(gap, max(gap[0], first), min(gap[1], last)) for gap in found if gap[0] <= last and gap[1] >= first]
    missing = {
        begin + timedelta(days=each): days_of(gap) >= _LONG
        for gap, begin, end in within
        for each in range((end - begin).days + 1)
    }
    months = [_month(number, month, counts, missing, levels) for month in range(1, 13)] if levels else []
    return Year(number, sum(counts.values()), len(counts), len(missing), months)


def _month(
    year: int, month: int, counts: Mapping[date, int], missing: Mapping[date, bool], levels: list[tuple[int, int]]
) -> Month:
    before, days = calendar.monthrange(year, month)
    cells, outside = [], ""
    for number in range(1, days + 1):
        day = date(year, month, number)
        row, column = divmod(before + number - 1, 7)
        left, top = column * _STEP + 1, row * _STEP + 1
        if day in counts:
            cells.append(_full(day, left, top, counts[day], levels))
        elif day in missing:
            cells.append(_empty(day, left, top, missing[day]))
        else:
            # Before the first day and after the last one, nothing is missing.
            outside += f"M{left + 4} {top + 4}h2v2h-2z"
    here = [articles for day, articles in counts.items() if day.month == month]
    without = sum(day.month == month for day in missing)
    name = f"{date(year, month, 1):%B %Y}"
    shown = f"{pluralize(len(here), 'day')}, {pluralize(without, 'day')} without any"
    description = f"{name}: {pluralize(sum(here), 'article')} on {shown}"
    return Month(f"{date(year, month, 1):%b}", description, cells, outside)


def _full(day: date, left: int, top: int, articles: int, levels: list[tuple[int, int]]) -> Cell:
    # With fewer levels, the lighter shades are not used.
    level = next(place for place, (_, most) in enumerate(levels, SHADES + 1 - len(levels)) if articles <= most)
    square = f"M{left} {top}h{_SIDE}v{_SIDE}h-{_SIDE}z"
    return Cell(f"d{level}", square, f"{_name(day)}: {pluralize(articles, 'article')}")


def _empty(day: date, left: int, top: int, long: bool) -> Cell:
    # Struck through, so that it is recognisable without colours.
    square = f"M{left} {top}h{_SIDE}v{_SIDE}h-{_SIDE}zM{left} {top + _SIDE}l{_SIDE}-{_SIDE}"
    return Cell("gap long" if long else "gap", square, f"{_name(day)}: no article")


def _name(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
