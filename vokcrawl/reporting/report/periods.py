"""The stretches of time that an archive is looked at by: as many as fit side by side, whatever its age."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

# So many stand side by side.
_MOST = 36


@dataclass(frozen=True, slots=True)
class Unit:
    """A kind of period: its name, and the first day of the one that holds a day."""

    name: str
    begin: Callable[[date], date]


UNITS = (
    Unit("day", lambda day: day),
    Unit("week", lambda day: day - timedelta(days=day.weekday())),
    Unit("month", lambda day: day.replace(day=1)),
    Unit("quarter", lambda day: day.replace(month=day.month - (day.month - 1) % 3, day=1)),
    Unit("year", lambda day: day.replace(month=1, day=1)),
)


class Periods:
    """The newest periods up to the day `last` that hold the days from `first` on, each named by its first day."""

    def __init__(self, first: date, last: date) -> None:
        self.unit = next((unit for unit in UNITS if _begins(unit, first, last)[0] <= first), UNITS[-1])
        self.all = [each.isoformat() for each in _begins(self.unit, first, last)]
        self._known = frozenset(self.all)
        self._of: dict[str, str | None] = {}

    def of(self, day: str) -> str | None:
        """The period that holds a day (`YYYY-MM-DD`); None for one that is not among them, or no day at all."""
        if day not in self._of:
            try:
                period = self.unit.begin(date.fromisoformat(day)).isoformat()
            except ValueError:
                period = ""
            self._of[day] = period if period in self._known else None
        return self._of[day]


def _begins(unit: Unit, first: date, last: date) -> list[date]:
    """The first days of the newest periods, in order: back to the one that holds `first`, if they are not too many."""
    begins = [unit.begin(last)]
    while begins[-1] > first and len(begins) < _MOST:
        begins.append(unit.begin(begins[-1] - timedelta(days=1)))
    return begins[::-1]
