"""The rolling re-read: once a rescan, a few pages of the old part of a listing are read again.

The whole listing is read again in about a month, so entries that were missed for any reason are found.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from vokcrawl.crawling.context import Context
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import Route, SearchRoute, route_from, route_to_text
from vokcrawl.policy.date_ranges import DateRange, DateRanges

# A turn takes about so many slices; a slice has at least and at most so many pages, and so many while it is not known
# how many the listing has.
_SLICES, _LEAST, _MOST, _UNKNOWN = 30, 3, 40, 10


@dataclass
class Slice:
    """The slice of one listing in this run: `route` is its next page, `left` counts the pages that it may still read.

    `pages` is how many the listing had when it was last read to its end, 0 where that is not known; `done` counts those
    of the present turn.
    """

    context: Context
    key: str
    route: Route | None = None
    left: int = 0
    pages: int = 0
    done: int = 0
    # How many pages in a row were the same as the one before.
    repeats: int = 0

    @classmethod
    def read(cls, context: Context, key: str) -> Slice:
        """Read the position at which the last slice ended; it has no route if the next slice starts from the top."""
        found = cls(context, key)
        record = context.state.note(found._name)
        if record:
            try:
                values = json.loads(record)
                found.pages, found.done = int(values["pages"]), int(values["done"])
                found.route = route_from(values["route"]) if values["route"] else None
            except (ValueError, KeyError, TypeError, AttributeError):
                return cls(context, key)
        return found

    @property
    def _name(self) -> str:
        return f"slice:{self.context.config.source.casefold()}:{self.key}"

    def begin(self, route: Route | None) -> Route | None:
        """Begins the slice, at the stored place or (a new turn) at `route`; None where there is nothing to read."""
        self.left = min(_MOST, max(_LEAST, -(-self.pages // _SLICES))) if self.pages else _UNKNOWN
        self.route = self.route or route
        return self.route

    def advance(self, route: Route | None) -> Route | None:
        """A page was read, and `route` is the one behind it, None at the end: returns what is still to be read now."""
        self.done += 1
        self.left -= 1
        self.route = route
        if route is None:
            self.pages, self.done = self.done, 0
        self._store()
        return route if self.left > 0 else None

    def note_all_read(self, pages: int) -> None:
        """The whole listing was read: a new turn begins."""
        self.route, self.pages, self.done = None, pages, 0
        self._store()

    def _store(self) -> None:
        route = route_to_text(self.route) if self.route is not None else ""
        record = {"route": route, "pages": self.pages, "done": self.done}
        self.context.state.put_note(self._name, json.dumps(record))


def next_date_range(route: SearchRoute, received: int, cut: Sequence[str] | None, today: str) -> SearchRoute | None:
    """The days before those of a search, as many or more of them; None where there are no earlier ones.

    `cut` are the days that a page has shown which does not show all that it found: a part of its days comes next.
    """
    if route.start is None:
        return None
    range_ = DateRange.of(route.start, route.end)
    ranges = DateRanges.behind(range_, today)
    split = ranges.split(range_, cut) if cut is not None and not route.page else None
    following = split or ranges.previous(range_, received if not route.page else site().ajax.page_size)
    return route.between(*following.to_dict()) if following is not None else None
