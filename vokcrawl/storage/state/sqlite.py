"""The memory in one SQLite file: WAL, synchronous=FULL, one transaction for each batch of delivered records."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from vokcrawl.storage.state.protocol import Lost
from vokcrawl.storage.state.rows import ArticleRow, EntryRow, FileRow, ListingRow, PayloadRow, RetryRow, RunRow, Status
from vokcrawl.storage.state.sqlite_errors import telling
from vokcrawl.storage.state.sqlite_open import connect


class SqliteState:
    """One open state file; `interface.State` says what each method is for. Each may raise `StorageError`."""

    shared = False

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._path = path
        self._telling = telling(path)
        self.where = str(path)

    @classmethod
    def open(cls, path: Path, expected: bool, read_only: bool = False) -> SqliteState:
        """Opens the file, or makes it where none is `expected`.

        `read_only` is for a short look, also while a run writes; it leaves the file as it is.

        Raises `StateError` when it is missing although expected, damaged, locked, another program's, or
        made by a newer version; the file is left as it is.
        """
        return cls(connect(path, expected, read_only), path)

    def begin(self) -> None:
        if not self._db.in_transaction:
            self._do("BEGIN IMMEDIATE")

    def commit(self) -> Lost:
        if self._db.in_transaction:
            self._do("COMMIT")
        return Lost()

    def rollback(self) -> None:
        if self._db.in_transaction:
            self._do("ROLLBACK")

    def close(self) -> None:
        with self._telling:
            self._db.close()

    def check(self) -> list[str]:
        found = [row[0] for row in self._all("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    # Runs and their files

    def put_run(self, row: RunRow) -> None:
        self._put("runs", row)

    def unfinished_runs(self) -> list[RunRow]:
        return [RunRow(*row) for row in self._all("SELECT * FROM runs WHERE ended_at IS NULL ORDER BY rowid")]

    def runs(self, most: int = -1) -> list[RunRow]:
        return [RunRow(*row) for row in self._all("SELECT * FROM runs ORDER BY rowid DESC LIMIT ?", most)]

    def take_run_id(self, run_id: str) -> bool:
        # The folder is held: nobody else can register a run meanwhile.
        return not self._all("SELECT 1 FROM runs WHERE run_id = ?", run_id)

    def last_manifest(self) -> tuple[str, str] | None:
        rows = self._all(
            "SELECT run_id, manifest_sha256 FROM runs WHERE manifest_sha256 IS NOT NULL ORDER BY rowid DESC LIMIT 1"
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def put_file(self, row: FileRow) -> None:
        self._put("files", row)

    def drop_file(self, path: str) -> None:
        self._do("DELETE FROM files WHERE path = ?", path)

    def files(self, run_id: str | None = None) -> list[FileRow]:
        rows = self._all("SELECT * FROM files WHERE ?1 IS NULL OR run_id = ?1 ORDER BY path", run_id)
        return [FileRow(*row) for row in rows]

    def meet_payload(self, row: PayloadRow) -> PayloadRow | None:
        values = (row.digest, row.url, row.date, row.file, row.offset)
        if self._do("INSERT INTO payloads VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", *values):
            return None
        return PayloadRow(*self._all("SELECT * FROM payloads WHERE digest = ?", row.digest)[0])

    def note(self, name: str) -> str | None:
        rows = self._all("SELECT value FROM notes WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def put_note(self, name: str, value: str) -> None:
        self._do("INSERT INTO notes VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value)

    # Articles

    def articles(self, ids: Iterable[str]) -> dict[str, ArticleRow]:
        rows = self._of_ids("SELECT * FROM articles WHERE id IN ({})", ids)
        return {row[0]: _article(row) for row in rows}

    def put_article(self, row: ArticleRow) -> None:
        self._put("articles", row)

    def due(self, now: str, after: tuple[str, str], most: int) -> list[ArticleRow]:
        rows = self._all(
            "SELECT * FROM articles WHERE next_check_at <= ? AND (next_check_at, id) > (?, ?)"
            " ORDER BY next_check_at, id LIMIT ?",
            now,
            *after,
            most,
        )
        return [_article(row) for row in rows]

    def delivered(self, after: str, most: int) -> list[ArticleRow]:
        rows = self._all("SELECT * FROM articles WHERE revision > 0 AND id > ? ORDER BY id LIMIT ?", after, most)
        return [_article(row) for row in rows]

    def newest(self) -> str | None:
        rows = self._all("SELECT id FROM articles WHERE revision > 0 ORDER BY id DESC LIMIT 1")
        return str(rows[0][0]) if rows else None

    def all_articles(self) -> Iterator[ArticleRow]:
        with self._telling:
            for row in self._db.execute("SELECT * FROM articles ORDER BY id"):
                yield _article(row)

    def days(self) -> list[tuple[str, int]]:
        return self._all(
            "SELECT published_on, count(*) FROM articles WHERE published_on IS NOT NULL AND revision > 0"
            " GROUP BY published_on ORDER BY published_on"
        )

    def count_articles(self) -> dict[str, int]:
        return dict(self._all("SELECT status, count(*) FROM articles GROUP BY status"))

    def count_revised(self) -> int:
        """How many articles have more than one delivered version."""
        return int(self._all("SELECT count(*) FROM articles WHERE revision > 1")[0][0])

    # Teasers and the walks that saw them

    def entries(self, ids: Iterable[str]) -> dict[str, EntryRow]:
        rows = self._of_ids(
            "SELECT id, walk, delivered, coalesce(complete, 0), back_to FROM entries LEFT JOIN walks ON walk = number"
            " WHERE id IN ({})",
            ids,
        )
        return {row[0]: EntryRow(row[0], row[1], bool(row[2]), bool(row[3]), row[4]) for row in rows}

    def put_entry(self, identity: str, walk: int | None = None, delivered: bool = False) -> None:
        self._do(
            "INSERT INTO entries (id, walk, delivered) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " walk = coalesce(excluded.walk, walk), delivered = max(delivered, excluded.delivered)",
            identity,
            walk,
            int(delivered),
        )

    def count_teasers(self) -> int:
        return int(self._all("SELECT count(*) FROM entries WHERE delivered = 1")[0][0])

    def delivered_teasers(self) -> Iterator[str]:
        with self._telling:
            for row in self._db.execute("SELECT id FROM entries WHERE delivered = 1 ORDER BY id"):
                yield row[0]

    def begin_listing_crawl(self, listing: str, run_id: str) -> int:
        self._do("INSERT INTO walks (listing, run_id) VALUES (?, ?)", listing, run_id)
        return int(self._all("SELECT max(number) FROM walks")[0][0])

    def complete_listing_crawl(self, number: int, back_to: str | None) -> None:
        self._do("UPDATE walks SET complete = 1, back_to = ? WHERE number = ?", back_to, number)

    def listing(self, url: str, source: str) -> ListingRow | None:
        rows = self._all("SELECT * FROM listings WHERE url = ? AND source = ?", url, source)
        return _listing(rows[0]) if rows else None

    def listings(self) -> list[ListingRow]:
        return [_listing(row) for row in self._all("SELECT * FROM listings ORDER BY url, source")]

    def put_listing(self, row: ListingRow) -> None:
        query, values = _upsert("listings", tuple(row.__dataclass_fields__))
        self._do(query, *(json.dumps(value) if isinstance(value, tuple) else value for value in values(row)))

    def stored_route(self, start: str, source: str) -> str | None:
        rows = self._all("SELECT route FROM ways WHERE start = ? AND source = ?", start, source.casefold())
        return str(rows[0][0]) if rows else None

    def put_route(self, start: str, source: str, route: str) -> None:
        self._do(
            "INSERT INTO ways VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET route = excluded.route",
            start,
            source.casefold(),
            route,
        )

    def drop_route(self, start: str, source: str) -> None:
        self._do("DELETE FROM ways WHERE start = ? AND source = ?", start, source.casefold())

    # What is owed

    def pending_retries(self, until: str | None = None) -> list[RetryRow]:
        rows = self._all("SELECT * FROM owed WHERE ?1 IS NULL OR next_at <= ?1 ORDER BY first_at, id", until)
        return [RetryRow(*row) for row in rows]

    def retry_of(self, identity: str) -> RetryRow | None:
        rows = self._all("SELECT * FROM owed WHERE id = ?", identity)
        return RetryRow(*rows[0]) if rows else None

    def put_retry(self, row: RetryRow) -> None:
        self._put("owed", row)

    def drop_retry(self, identity: str) -> None:
        self._do("DELETE FROM owed WHERE id = ?", identity)

    # The statements

    def _put(self, table: str, row: Any) -> None:
        query, values = _upsert(table, tuple(row.__dataclass_fields__))
        self._do(query, *values(row))

    def _of_ids(self, query: str, ids: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), 500):
            some = wanted[start : start + 500]
            yield from self._all(_for_ids(query, len(some)), *some)

    def _all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._telling:
            return self._db.execute(query, values).fetchall()

    def _do(self, query: str, *values: Any) -> int:
        """Carries it out, and says how many rows it has changed."""
        with self._telling:
            return self._db.execute(query, values).rowcount


@cache
def _for_ids(query: str, number: int) -> str:
    return query.format(", ".join("?" * number))


@cache
def _upsert(table: str, columns: tuple[str, ...]) -> tuple[str, Callable[[Any], tuple[Any, ...]]]:
    """The statement that puts a row with these columns into a table, and what gives the row's values for it."""
    # Not REPLACE: the rowid of a run is its place in the chain and must stay. Names are this code's own.
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
    query = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({{}}) ON CONFLICT DO UPDATE SET {changes}"  # noqa: S608
    return _for_ids(query, len(columns)), attrgetter(*columns)


def _listing(row: tuple[Any, ...]) -> ListingRow:
    return ListingRow(row[0], row[1], tuple(json.loads(row[2])), *row[3:])


def _article(row: tuple[Any, ...]) -> ArticleRow:
    article = ArticleRow(*row)
    article.status = Status(article.status)
    article.truncated = bool(article.truncated)
    return article
