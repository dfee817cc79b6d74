"""The periods by which the report groups articles; their length depends on the age of the archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

# Maximum number of periods.
_MAX_PERIODS = 36


@dataclass(frozen=True, slots=True)
class Unit:
    """A kind of period: its name, and a function that returns the first day of the period of a day."""

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
    """The newest periods from `first` to `last`, each named by its first day."""

    def __init__(self, first: date, last: date) -> None:
        self.unit = next((unit for unit in UNITS if _begins(unit, first, last)[0] <= first), UNITS[-1])
        self.all = [each.isoformat() for each in _begins(self.unit, first, last)]
        self._known = frozenset(self.all)
        self._of: dict[str, str | None] = {}

    def of(self, day: str) -> str | None:
        """Return the period of a day (`YYYY-MM-DD`); None if it is invalid or in none of them."""
        if day not in self._of:
            try:
                period = self.unit.begin(date.fromisoformat(day)).isoformat()
            except ValueError:
                period = ""
            self._of[day] = period if period in self._known else None
        return self._of[day]


def _begins(unit: Unit, first: date, last: date) -> list[date]:
    """Return the first days of the newest periods, in order, back to that of `first` or to the maximum number."""
    begins = [unit.begin(last)]
    while begins[-1] > first and len(begins) < _MAX_PERIODS:
        begins.append(unit.begin(begins[-1] - timedelta(days=1)))
    return begins[::-1]
