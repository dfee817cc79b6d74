"""What is asked of a memory, whatever keeps it: `sqlite` for one folder, `redis` for many workers.

Changes are made in an open transaction and seen at once by whoever made them; `commit` makes them last. So what a run
has met and what was delivered come to be known in the same moment. The same tests run against each memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Protocol

from vokcrawl.storage.state.rows import ArticleRow, EntryRow, FileRow, ListingRow, PayloadRow, RetryRow, RunRow


@dataclass(frozen=True, slots=True)
class Lost:
    """The ids about which another worker has spoken first: what this one wanted to say of them does not count."""

    articles: frozenset[str] = frozenset()
    teasers: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.articles or self.teasers)


class State(Protocol):
    """An open memory. Every method may raise `StorageError`."""

    @property
    def shared(self) -> bool:
        """Whether other folders' runs are remembered here too.

        Runs, files and archived payloads are always this folder's alone.
        """

    @property
    def where(self) -> str:
        """Where it lies, for messages."""

    # The transaction

    def begin(self) -> None:
        """Opens the transaction that all changes go into, unless one is open."""

    def commit(self) -> Lost:
        """Makes the changes last, all or none.

        Where it gives ids, none has lasted: all that was to be said of those was forgotten. Their records are to be
        taken out of the files before the rest is committed once more. A memory that is not shared gives none.
        """

    def rollback(self) -> None:
        """Forgets the changes since the last commit."""

    def close(self) -> None:
        """Lets go of it; what was not committed is forgotten."""

    def check(self) -> list[str]:
        """What the memory itself finds wrong with what it holds; empty when it is sound."""

    # Runs and their files

    def take_run_id(self, run_id: str) -> bool:
        """Whether no run has this id yet; if so, none but the caller's may have it."""

    def put_run(self, row: RunRow) -> None:
        """Adds or replaces a run."""

    def unfinished_runs(self) -> list[RunRow]:
        """The runs that did not live to say how they ended, oldest first."""

    def runs(self, most: int = -1) -> list[RunRow]:
        """The runs, newest first."""

    def run_ids(self) -> Set[str]:
        """The ids of all runs."""

    def last_manifest(self) -> tuple[str, str] | None:
        """Run id and sha256 of the newest manifest, to which the next one is chained."""

    def put_file(self, row: FileRow) -> None:
        """Adds or replaces a file of a run."""

    def drop_file(self, path: str) -> None:
        """Forgets a file."""

    def files(self, run_id: str | None = None) -> list[FileRow]:
        """The files of one run, or all of them, by path."""

    def meet_payload(self, row: PayloadRow) -> PayloadRow | None:
        """The record of this folder's archive that first had such a payload; None where this one is the first."""

    def note(self, name: str) -> str | None:
        """Something small that is remembered under a name."""

    def put_note(self, name: str, value: str) -> None:
        """Stores a small value under a name."""

    # Articles

    def articles(self, ids: Iterable[str]) -> dict[str, ArticleRow]:
        """The rows of those of the ids that are known, in no order."""

    def put_article(self, row: ArticleRow) -> None:
        """Adds or replaces an article."""

    def due(self, now: str, after: tuple[str, str], most: int) -> list[ArticleRow]:
        """Articles to be asked for again at `now`, by the moment they were due and id, behind `after`."""

    def delivered(self, after: str, most: int) -> list[ArticleRow]:
        """Articles of which a version was delivered, by id, behind the id `after`."""

    def newest(self) -> str | None:
        """The id of the delivered article that the site took in last."""

    def all_articles(self) -> Iterator[ArticleRow]:
        """All that are known, in no order."""

    def days(self) -> list[tuple[str, int]]:
        """How many delivered articles each shown day has, oldest first."""

    def count_articles(self) -> dict[str, int]:
        """How many articles are known, by status."""

    def count_revised(self) -> int:
        """How many articles have more than one delivered version."""

    # Teasers and the walks that saw them

    def entries(self, ids: Iterable[str]) -> dict[str, EntryRow]:
        """The entries of those of the ids that are known, in no order."""

    def put_entry(self, identity: str, walk: int | None = None, delivered: bool = False) -> None:
        """Notes that a walk saw it, that its record was delivered, or both; what was noted before stays."""

    def count_teasers(self) -> int:
        """How many were delivered."""

    def delivered_teasers(self) -> Iterator[str]:
        """The ids of those that were delivered, in no order."""

    def begin_listing_crawl(self, listing: str, run_id: str) -> int:
        """Begins a walk and gives its number, higher than those before."""

    def complete_listing_crawl(self, number: int, back_to: str | None) -> None:
        """Says that a walk was complete, back to a day or (None) to the end."""

    def listing(self, url: str, source: str) -> ListingRow | None:
        """How a listing was left for a source, compared without case."""

    def listings(self) -> list[ListingRow]:
        """All listings, by URL."""

    def put_listing(self, row: ListingRow) -> None:
        """Adds or replaces a listing."""

    def stored_route(self, start: str, source: str) -> str | None:
        """Where a start page was found to lead for a source (a route as text), if that is remembered."""

    def put_route(self, start: str, source: str, route: str) -> None:
        """Stores the route from a start page to the listing of a source."""

    def drop_route(self, start: str, source: str) -> None:
        """Forgets a stored route."""

    # What is owed

    def pending_retries(self, until: str | None = None) -> list[RetryRow]:
        """What is owed, or what of it is to be asked for by the moment `until`; longest owed first."""

    def retry_of(self, identity: str) -> RetryRow | None:
        """The pending retry of an article, if there is one."""

    def put_retry(self, row: RetryRow) -> None:
        """Adds or replaces a pending retry."""

    def drop_retry(self, identity: str) -> None:
        """Removes a pending retry."""
