"""The state of the crawl core between runs, as a protocol. Changes belong to the open transaction of the caller.

`storage.state` implements it for a crawl; a simulation keeps it in dictionaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from vokcrawl.storage.state.rows import ArticleRow, EntryRow, ListingRow, RetryRow


class CrawlState(Protocol):
    """Moments are ``YYYY-MM-DDTHH:MM:SSZ``, days ``YYYY-MM-DD``. Every method may raise an error of the storage."""

    def articles(self, ids: Iterable[str]) -> dict[str, ArticleRow]:
        """The rows of those of the ids that are known."""

    def put_article(self, row: ArticleRow) -> None:
        """Stores the row of an article."""

    def due(self, now: str, after: tuple[str, str], most: int) -> Sequence[ArticleRow]:
        """Articles whose next check is due, by (due moment, id), behind `after`."""

    def delivered(self, after: str, most: int) -> Sequence[ArticleRow]:
        """Articles of which a version was delivered, by id, behind the id `after`."""

    def entries(self, ids: Iterable[str]) -> dict[str, EntryRow]:
        """The listing entries of those of the ids that are known."""

    def put_entry(self, identity: str, crawl: int | None = None, delivered: bool = False) -> None:
        """Notes that a listing crawl has read an entry, that its teaser was delivered, or both."""

    def begin_listing_crawl(self, listing: str, run_id: str) -> int:
        """Begins a crawl of a listing and returns its number, higher than those before."""

    def complete_listing_crawl(self, number: int, back_to: str | None) -> None:
        """Notes that a listing crawl was complete, back to a day or (None) to the end."""

    def listing(self, url: str, source: str) -> ListingRow | None:
        """The row of a listing, if a crawl of it was complete."""

    def put_listing(self, row: ListingRow) -> None:
        """Stores the row of a listing."""

    def stored_route(self, start: str, source: str) -> str | None:
        """The stored route from a start page to the source's listing, as text."""

    def put_route(self, start: str, source: str, route: str) -> None:
        """Stores the route from a start page."""

    def drop_route(self, start: str, source: str) -> None:
        """Removes a stored route."""

    def pending_retries(self, until: str | None = None) -> Sequence[RetryRow]:
        """The pending retries, or those that are due at `until`; longest pending first."""

    def retry_of(self, identity: str) -> RetryRow | None:
        """The pending retry of an article, if there is one."""

    def put_retry(self, row: RetryRow) -> None:
        """Schedules a retry."""

    def drop_retry(self, identity: str) -> None:
        """Removes a retry."""

    def note(self, name: str) -> str | None:
        """A value that was stored under a name."""

    def put_note(self, name: str, value: str) -> None:
        """Stores a value under a name."""
