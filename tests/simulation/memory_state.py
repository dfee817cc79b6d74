"""Crawl state in memory that commits and forgets as the real ones do: a kill is a rollback to the last commit.

The tests of `storage.state` run against it too, so that what the simulation proves holds for the real ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from operator import attrgetter
from typing import Any

from vokcrawl.storage.state.protocol import Lost
from vokcrawl.storage.state.rows import ArticleRow, EntryRow, FileRow, ListingRow, PayloadRow, RetryRow, RunRow

_MISSING = object()
_Key = Any


def _copier(kind: type[Any]) -> Callable[[Any], Any]:
    """What copies a row of this class; several times faster than `copy.copy` and `dataclasses.replace`."""
    values = attrgetter(*(each.name for each in fields(kind)))
    return lambda row: kind(*values(row))


_copy_article, _copy_pending, _copy_run = map(_copier, (ArticleRow, RetryRow, RunRow))


class Tables:
    """What outlives a process: tables by name, as they were last committed plus what is being changed."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[_Key, Any]] = {}
        self.undo: list[tuple[dict[_Key, Any], _Key, Any]] = []

    def table(self, name: str) -> dict[_Key, Any]:
        return self.rows.setdefault(name, {})

    def put(self, table: dict[_Key, Any], key: _Key, value: Any) -> None:
        self.undo.append((table, key, table.get(key, _MISSING)))
        table[key] = value

    def drop(self, table: dict[_Key, Any], key: _Key) -> None:
        if key in table:
            self.undo.append((table, key, table.pop(key)))

    def rollback(self) -> None:
        for table, key, before in reversed(self.undo):
            if before is _MISSING:
                table.pop(key, None)
            else:
                table[key] = before
        self.undo.clear()


class MemoryState:
    """One open state; `storage.state.protocol.State` says what each method is for."""

    shared = False
    where = "memory"

    def __init__(self, tables: Tables | None = None) -> None:
        self._tables = tables or Tables()
        table = self._tables.table
        self._runs, self._files, self._payloads, self._notes = map(table, ("runs", "files", "payloads", "notes"))
        self._articles, self._entries, self._crawls = map(table, ("articles", "entries", "listing_crawls"))
        self._listings, self._routes, self._pending_retries = map(table, ("listings", "routes", "retries"))

    def begin(self) -> None:
        pass

    def commit(self) -> Lost:
        self._tables.undo.clear()
        return Lost()

    def rollback(self) -> None:
        self._tables.rollback()

    def close(self) -> None:
        self._tables.rollback()

    def check(self) -> list[str]:
        return []

    # Runs and their files

    def take_run_id(self, run_id: str) -> bool:
        return run_id not in self._runs

    def put_run(self, row: RunRow) -> None:
        self._tables.put(self._runs, row.run_id, _copy_run(row))

    def unfinished_runs(self) -> list[RunRow]:
        return [_copy_run(row) for row in self._runs.values() if row.ended_at is None]

    def runs(self, most: int = -1) -> list[RunRow]:
        rows = list(reversed(self._runs.values()))
        return [_copy_run(row) for row in (rows if most < 0 else rows[:most])]

    def last_manifest(self) -> tuple[str, str] | None:
        rows = [row for row in self._runs.values() if row.manifest_sha256 is not None]
        return (rows[-1].run_id, rows[-1].manifest_sha256) if rows else None

    def put_file(self, row: FileRow) -> None:
        self._tables.put(self._files, row.path, FileRow(row.path, row.run_id, row.bytes, row.records))

    def drop_file(self, path: str) -> None:
        self._tables.drop(self._files, path)

    def files(self, run_id: str | None = None) -> list[FileRow]:
        return [row for _, row in sorted(self._files.items()) if run_id is None or row.run_id == run_id]

    def meet_payload(self, row: PayloadRow) -> PayloadRow | None:
        found: PayloadRow | None = self._payloads.get(row.digest)
        if found is None:
            self._tables.put(self._payloads, row.digest, row)
        return found

    def note(self, name: str) -> str | None:
        return self._notes.get(name)

    def put_note(self, name: str, value: str) -> None:
        self._tables.put(self._notes, name, value)

    # Articles

    def articles(self, ids: Iterable[str]) -> dict[str, ArticleRow]:
        known = self._articles
        return {each: _copy_article(known[each]) for each in ids if each in known}

    def put_article(self, row: ArticleRow) -> None:
        self._tables.put(self._articles, row.id, _copy_article(row))

    def due(self, now: str, after: tuple[str, str], most: int) -> list[ArticleRow]:
        found = [
            row
            for row in self._articles.values()
            if row.next_check_at is not None and row.next_check_at <= now and (row.next_check_at, row.id) > after
        ]
        found.sort(key=lambda row: (row.next_check_at, row.id))
        return [_copy_article(row) for row in found[:most]]

    def delivered(self, after: str, most: int) -> list[ArticleRow]:
        found = sorted(row.id for row in self._articles.values() if row.revision > 0 and row.id > after)
        return [_copy_article(self._articles[each]) for each in found[:most]]

    def newest(self) -> str | None:
        return max((row.id for row in self._articles.values() if row.revision > 0), default=None)

    def all_articles(self) -> Iterator[ArticleRow]:
        return iter([_copy_article(row) for row in self._articles.values()])

    def days(self) -> list[tuple[str, int]]:
        rows = [row for row in self._articles.values() if row.revision > 0 and row.published_on is not None]
        return sorted(Counter(row.published_on for row in rows).items())

    def count_articles(self) -> dict[str, int]:
        return dict(Counter(row.status for row in self._articles.values()))

    def count_revised(self) -> int:
        return sum(row.revision > 1 for row in self._articles.values())

    # Entries and the listing crawls that read them

    def entries(self, ids: Iterable[str]) -> dict[str, EntryRow]:
        found = {}
        for each in ids:
            entry = self._entries.get(each)
            if entry is not None:
                crawl, delivered = entry
                complete, back_to = self._crawls[crawl] if crawl is not None else (False, None)
                found[each] = EntryRow(each, crawl, delivered, complete, back_to)
        return found

    def put_entry(self, identity: str, crawl: int | None = None, delivered: bool = False) -> None:
        before = self._entries.get(identity, (None, False))
        entry = (crawl if crawl is not None else before[0], delivered or before[1])
        self._tables.put(self._entries, identity, entry)

    def count_teasers(self) -> int:
        return sum(delivered for _, delivered in self._entries.values())

    def delivered_teasers(self) -> Iterator[str]:
        return iter(sorted(each for each, (_, delivered) in self._entries.items() if delivered))

    def begin_listing_crawl(self, listing: str, run_id: str = "") -> int:
        number = len(self._crawls) + 1
        self._tables.put(self._crawls, number, (False, None))
        return number

    def complete_listing_crawl(self, number: int, back_to: str | None) -> None:
        self._tables.put(self._crawls, number, (True, back_to))

    def listing(self, url: str, source: str) -> ListingRow | None:
        return self._listings.get((url, source.casefold()))

    def listings(self) -> list[ListingRow]:
        return [row for _, row in sorted(self._listings.items())]

    def put_listing(self, row: ListingRow) -> None:
        self._tables.put(self._listings, (row.url, row.source.casefold()), row)

    def stored_route(self, start: str, source: str) -> str | None:
        return self._routes.get((start, source.casefold()))

    def put_route(self, start: str, source: str, route: str) -> None:
        self._tables.put(self._routes, (start, source.casefold()), route)

    def drop_route(self, start: str, source: str) -> None:
        self._tables.drop(self._routes, (start, source.casefold()))

    # Pending retries

    def pending_retries(self, until: str | None = None) -> list[RetryRow]:
        found = [row for row in self._pending_retries.values() if until is None or row.next_attempt_at <= until]
        return [_copy_pending(row) for row in sorted(found, key=lambda row: (row.first_failed_at, row.id))]

    def retry_of(self, identity: str) -> RetryRow | None:
        row = self._pending_retries.get(identity)
        return _copy_pending(row) if row is not None else None

    def put_retry(self, row: RetryRow) -> None:
        self._tables.put(self._pending_retries, row.id, _copy_pending(row))

    def drop_retry(self, identity: str) -> None:
        self._tables.drop(self._pending_retries, identity)
