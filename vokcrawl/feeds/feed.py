"""A feed: its entries and its metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from vokcrawl.feeds.entries import Entry

# The `updated` of a feed without entries, which needs one.
_NEVER = "1970-01-01T00:00:00Z"
WATCHED = "watched"
TITLES = {
    "new": "new articles",
    "changed": "changed articles",
    "removed": "removed articles",
    WATCHED: "watched words",
}


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of one source, newest entry first. `home` is the start page of the crawl, `base_url` ends with a slash."""

    name: str
    source: str
    home: str
    entries: Sequence[Entry]
    base_url: str | None = None

    @property
    def id(self) -> str:
        """The same for every version of this feed, wherever it is published."""
        return uuid5(NAMESPACE_URL, f"{self.home}#{self.source}#{self.name}").urn

    @property
    def title(self) -> str:
        """The title of the feed."""
        return f"{self.source}: {TITLES[self.name]}"

    @property
    def author(self) -> str:
        """The source, the author of every entry that names no other."""
        return self.source

    @property
    def updated(self) -> str:
        """When the newest entry was updated (UTC)."""
        return max((entry.updated for entry in self.entries), default=_NEVER)

    def url(self, extension: str) -> str | None:
        """The address of the feed in a format; None without a base URL."""
        return f"{self.base_url}{self.name}.{extension}" if self.base_url else None
