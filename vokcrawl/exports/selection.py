"""What of the archive is exported: which kind of records, of which days, and as of when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vokcrawl.config.checks import choice, day, period

WHATS = ("current", "articles", "teasers", "removals")
# The day that `since` and `until` bound, in records of each kind; of a moment its day in UTC.
_DAY_OF = {"current": "published_on", "articles": "published_on", "teasers": "published_on", "removals": "confirmed_at"}


@dataclass
class Selection:
    """`what` is one of `WHATS`, or None: what the form of file holds by default. The days are included.

    `without_day` counts the records that were left out because they have no day, and a bound was given.
    """

    what: str | None = None
    since: str | None = None
    until: str | None = None
    as_of: str | None = None
    without_day: int = field(default=0, init=False)

    @classmethod
    def read(cls, given: Mapping[str, str | None]) -> Selection:
        """From the options of the command line, by their names. Raises `UsageError` for a wrong one."""
        what = given.get("what")
        since, until = period(given, "--")
        return cls(
            what=choice("--what", what, WHATS) if what is not None else None,
            since=since,
            until=until,
            as_of=day("--as-of", given.get("as_of")),
        )

    def takes(self, what: str, record: Mapping[str, Any]) -> bool:
        """Whether a record is of the days asked for. One without a day is of none of them."""
        if self.since is None and self.until is None:
            return True
        shown: str | None = record[_DAY_OF[what]]
        if shown is None:
            self.without_day += 1
            return False
        return (self.since or "") <= shown[:10] <= (self.until or "9999-12-31")
