"""The interface of the crawl state, with two implementations: `sqlite` for one directory, `redis` for several workers.

Changes are made in a transaction and are visible to its owner at once; `commit` makes them durable, all or none. The
same tests run against both implementations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Protocol

from vokcrawl.storage.state.rows import ArticleRow, EntryRow, FileRow, ListingRow, PayloadRow, RetryRow, RunRow


@dataclass(frozen=True, slots=True)
class Lost:
    """Ids that another worker has committed first: the changes of this worker to them were dropped."""

    articles: frozenset[str] = frozenset()
    teasers: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.articles or self.teasers)


class State(Protocol):
    """An open state. Every method may raise `StorageError`."""

    # The location of the state, for messages.
    where: str

    @property
    def shared(self) -> bool:
        """Whether other workers use this state, too.

        Runs, files and archived payloads are always those of this output directory.
        """

    # The transaction

    def begin(self) -> None:
        """Begins a transaction, unless one is open."""

    def commit(self) -> Lost:
        """Makes all changes durable, or none.

        If it returns ids, nothing was committed, and the changes to these ids were dropped: remove their records from
        the files, and commit again. Only a shared state returns ids.
        """

    def rollback(self) -> None:
        """Drops the changes since the last commit."""

    def close(self) -> None:
        """Closes the state; uncommitted changes are dropped."""

    def check(self) -> list[str]:
        """Returns the faults that the storage itself finds, for example by its integrity check."""

    # Runs and their files

    def take_run_id(self, run_id: str) -> bool:
        """Reserves a run id; returns whether it was free."""

    def put_run(self, row: RunRow) -> None:
        """Adds or replaces a run."""

    def unfinished_runs(self) -> list[RunRow]:
        """The runs that have not ended, oldest first."""

    def runs(self, most: int = -1) -> list[RunRow]:
        """The runs, newest first."""

    def run_ids(self) -> Set[str]:
        """The ids of all runs."""

    def last_manifest(self) -> tuple[str, str] | None:
        """Run id and SHA-256 of the newest manifest, which the next one refers to."""

    def put_file(self, row: FileRow) -> None:
        """Adds or replaces a file of a run."""

    def drop_file(self, path: str) -> None:
        """Removes a file."""

    def files(self, run_id: str | None = None) -> list[FileRow]:
        """The files of one run, or all of them, by path."""

    def meet_payload(self, row: PayloadRow) -> PayloadRow | None:
        """The archive record that had this payload first; if it is new, stores the given one and returns None."""

    def note(self, name: str) -> str | None:
        """A small value stored under a name, if there is one."""

    def put_note(self, name: str, value: str) -> None:
        """Stores a small value under a name."""

    # Articles

    def articles(self, ids: Iterable[str]) -> dict[str, ArticleRow]:
        """The rows of the known ones among the ids, in any order."""

    def put_article(self, row: ArticleRow) -> None:
        """Adds or replaces an article."""

    def due(self, now: str, after: tuple[str, str], most: int) -> list[ArticleRow]:
        """Articles due for a recheck at `now`, sorted by due time and id, after the position `after`."""

    def delivered(self, after: str, most: int) -> list[ArticleRow]:
        """Delivered articles, sorted by id, after the id `after`."""

    def newest(self) -> str | None:
        """The id of the delivered article that the site ingested last."""

    def all_articles(self) -> Iterator[ArticleRow]:
        """All known articles, in any order."""

    def days(self) -> list[tuple[str, int]]:
        """Number of delivered articles by shown day, oldest first."""

    def count_articles(self) -> dict[str, int]:
        """Number of known articles by status."""

    def count_revised(self) -> int:
        """Number of articles with more than one delivered version."""

    # Listing entries and listing crawls

    def entries(self, ids: Iterable[str]) -> dict[str, EntryRow]:
        """The known entries among the ids, in any order."""

    def put_entry(self, identity: str, crawl: int | None = None, delivered: bool = False) -> None:
        """Notes that a listing crawl saw an entry, that its teaser was delivered, or both; earlier notes stay."""

    def count_teasers(self) -> int:
        """Number of delivered teasers."""

    def delivered_teasers(self) -> Iterator[str]:
        """The ids of delivered teasers, in any order."""

    def begin_listing_crawl(self, listing: str, run_id: str) -> int:
        """Registers a listing crawl and returns its number, which is higher than all before."""

    def complete_listing_crawl(self, number: int, covered_since: str | None) -> None:
        """Marks a listing crawl as complete, back to a day or (None) to the end."""

    def listing(self, url: str, source: str) -> ListingRow | None:
        """The row of a listing for a source, which is compared without case."""

    def listings(self) -> list[ListingRow]:
        """All listings, by URL."""

    def put_listing(self, row: ListingRow) -> None:
        """Adds or replaces a listing."""

    def stored_route(self, start: str, source: str) -> str | None:
        """The stored route from a start page to the listing of a source, if there is one."""

    def put_route(self, start: str, source: str, route: str) -> None:
        """Stores the route from a start page to the listing of a source."""

    def drop_route(self, start: str, source: str) -> None:
        """Removes a stored route."""

    # The retry queue

    def pending_retries(self, until: str | None = None) -> list[RetryRow]:
        """All pending retries, or those due by the time `until`, oldest failure first."""

    def retry_of(self, identity: str) -> RetryRow | None:
        """The pending retry of an article, if there is one."""

    def put_retry(self, row: RetryRow) -> None:
        """Adds or replaces a pending retry."""

    def drop_retry(self, identity: str) -> None:
        """Removes a pending retry."""
