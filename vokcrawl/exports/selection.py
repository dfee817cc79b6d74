"""Which records are exported: the table, the range of days, and the date of the snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vokcrawl.config.arguments import read_date_range
from vokcrawl.config.values import DAY_PHRASE, optional, parse_day, parse_one_of, read_value

TABLES = ("current", "articles", "teasers", "removals")
# The field that `since` and `until` filter by; of a timestamp, its UTC day.
_DAY_FIELD = {
    "current": "published_on",
    "articles": "published_on",
    "teasers": "published_on",
    "removals": "confirmed_at",
}


@dataclass
class Selection:
    """Selected records. `what` is one of `TABLES`, or None for the default of the file format.

    `since` and `until` are inclusive. `without_day` counts the records that a date filter left out because they have
    no day.
    """

    what: str | None = None
    since: str | None = None
    until: str | None = None
    as_of: str | None = None
    without_day: int = field(default=0, init=False)

    @classmethod
    def read(cls, given: Mapping[str, str | None]) -> Selection:
        """Build a selection from command-line options by name. Raises `UsageError` for an invalid value."""
        since, until = read_date_range(given)
        return cls(
            what=read_value("--what", optional(parse_one_of(TABLES)), given.get("what")),
            since=since,
            until=until,
            as_of=read_value("--as-of", optional(parse_day), given.get("as_of"), DAY_PHRASE),
        )

    def takes(self, what: str, record: Mapping[str, Any]) -> bool:
        """Return whether the date filter accepts a record. A record without a day never matches a filter."""
        if self.since is None and self.until is None:
            return True
        shown: str | None = record[_DAY_FIELD[what]]
        if shown is None:
            self.without_day += 1
            return False
        return (self.since or "") <= shown[:10] <= (self.until or "9999-12-31")
