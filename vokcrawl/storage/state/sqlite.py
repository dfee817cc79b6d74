"""The crawl state in one SQLite file: WAL, synchronous=FULL, one transaction for each batch of delivered records."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache, partial
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from typing_extensions import override

from vokcrawl.errors import StateError, StorageError
from vokcrawl.storage.output_folder import translate_os_errors
from vokcrawl.storage.state.protocol import Lost, State
from vokcrawl.storage.state.rows import ArticleRow, EntryRow, FileRow, ListingRow, PayloadRow, RetryRow, RunRow, Status
from vokcrawl.storage.state.sqlite_schema import APPLICATION_ID, VERSION, create_tables, migrate, statements
from vokcrawl.utils.program import PROGRAM
from vokcrawl.utils.temp_directory import temporary_directory

REBUILD = f"run `{PROGRAM} repair --rebuild-state` to rebuild it from the delivered files"

logger = logging.getLogger(__name__)

T = TypeVar("T")
# Slower than SQLite's own decoder, which raises an error for bytes that are not UTF-8.
_replacing = partial(str, encoding="utf-8", errors="replace")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


class SqliteState(State):
    """An open state file; `protocol.State` describes the methods. Each may raise `StorageError`."""

    shared = False

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._path = path
        self._translated = _TranslateErrors(path)
        self.where = str(path)

    @classmethod
    def open(cls, path: Path, expected: bool, read_only: bool = False) -> SqliteState:
        """Opens the file. It is created unless it is `expected`, and migrated if it is of an older version.

        `read_only` leaves the file as it is, also beside a running crawl.

        Raises `StateError` if the file is missing although expected, damaged, locked, of another program, or of a newer
        version. The file is not changed then.
        """
        return cls(_connect(path, expected, read_only), path)

    @classmethod
    def in_memory(cls) -> SqliteState:
        """An empty state that is not stored."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        create_tables(connection)
        return cls(connection, Path(":memory:"))

    @override
    def begin(self) -> None:
        if not self._db.in_transaction:
            self._do("BEGIN IMMEDIATE")

    @override
    def commit(self) -> Lost:
        if self._db.in_transaction:
            self._do("COMMIT")
        return Lost()

    @override
    def rollback(self) -> None:
        if self._db.in_transaction:
            self._do("ROLLBACK")

    @override
    def close(self) -> None:
        with self._translated:
            self._db.close()

    @override
    def check(self) -> list[str]:
        found = [row[0] for row in self._all("PRAGMA integrity_check")]
        with self._translated, closing(sqlite3.connect(":memory:", isolation_level=None)) as empty:
            create_tables(empty)
            if statements(self._db) != statements(empty):
                found.append(f"its tables are not those of state version {VERSION}")
        return [text for text in found if text != "ok"]

    def columns(self, table: str) -> tuple[str, ...]:
        """The names of the columns of a table, in order."""
        return tuple(row[1] for row in self._all(f'PRAGMA table_info("{table}")'))

    def table(self, name: str, *columns: str) -> Iterator[dict[str, Any]]:
        """As `table_rows`, but with the names of the columns; without `columns`, all of them."""
        columns = columns or self.columns(name)
        for row in self.table_rows(name, columns):
            yield dict(zip(columns, row, strict=True))

    def table_rows(self, name: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """All rows of a table, as they are stored; bytes that are not UTF-8 become U+FFFD."""
        done = 0
        with self._translated:
            try:
                for row in self._stored_rows(name, columns, str):
                    yield row
                    done += 1
                return
            except sqlite3.OperationalError:
                # A text that is not UTF-8, or an error that reading it again raises, too.
                pass
            yield from islice(self._stored_rows(name, columns, _replacing), done, None)

    def _stored_rows(
        self, name: str, columns: Sequence[str], decode: Callable[[bytes], str]
    ) -> Iterator[tuple[Any, ...]]:
        self._db.text_factory = decode
        try:
            names = ", ".join(f'"{each}"' for each in columns)
            yield from self._db.execute(f'SELECT {names} FROM "{name}"')  # noqa: S608  our own names
        finally:
            self._db.text_factory = str

    # Runs and their files

    @override
    def put_run(self, row: RunRow) -> None:
        self._put("runs", row)

    @override
    def unfinished_runs(self) -> list[RunRow]:
        return self._rows(RunRow, "SELECT * FROM runs WHERE ended_at IS NULL ORDER BY rowid")

    @override
    def runs(self, most: int = -1) -> list[RunRow]:
        return self._rows(RunRow, "SELECT * FROM runs ORDER BY rowid DESC LIMIT ?", most)

    @override
    def run_ids(self) -> set[str]:
        return {row[0] for row in self._all("SELECT run_id FROM runs")}

    @override
    def take_run_id(self, run_id: str) -> bool:
        # The directory is locked: no other process can register a run.
        return not self._all("SELECT 1 FROM runs WHERE run_id = ?", run_id)

    @override
    def last_manifest(self) -> tuple[str, str] | None:
        rows = self._all(
            "SELECT run_id, manifest_sha256 FROM runs WHERE manifest_sha256 IS NOT NULL ORDER BY rowid DESC LIMIT 1"
        )
        return (rows[0][0], rows[0][1]) if rows else None

    @override
    def put_file(self, row: FileRow) -> None:
        self._put("files", row)

    @override
    def drop_file(self, path: str) -> None:
        self._do("DELETE FROM files WHERE path = ?", path)

    @override
    def files(self, run_id: str | None = None) -> list[FileRow]:
        return self._rows(FileRow, "SELECT * FROM files WHERE ?1 IS NULL OR run_id = ?1 ORDER BY path", run_id)

    @override
    def meet_payload(self, row: PayloadRow) -> PayloadRow | None:
        values = (row.digest, row.url, row.date, row.file, row.offset)
        if self._do("INSERT INTO payloads VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", *values):
            return None
        return self._rows(PayloadRow, "SELECT * FROM payloads WHERE digest = ?", row.digest)[0]

    @override
    def note(self, name: str) -> str | None:
        rows = self._all("SELECT value FROM notes WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    @override
    def put_note(self, name: str, value: str) -> None:
        self._do("INSERT INTO notes VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value)

    # Articles

    @override
    def articles(self, ids: Iterable[str]) -> dict[str, ArticleRow]:
        rows = self._of_ids(ArticleRow, "SELECT * FROM articles WHERE id IN ({})", ids)
        return {row.id: row for row in rows}

    @override
    def put_article(self, row: ArticleRow) -> None:
        self._put("articles", row)

    @override
    def due(self, now: str, after: tuple[str, str], most: int) -> list[ArticleRow]:
        return self._rows(
            ArticleRow,
            "SELECT * FROM articles WHERE next_check_at <= ? AND (next_check_at, id) > (?, ?)"
            " ORDER BY next_check_at, id LIMIT ?",
            now,
            *after,
            most,
        )

    @override
    def delivered(self, after: str, most: int) -> list[ArticleRow]:
        query = "SELECT * FROM articles WHERE revision > 0 AND id > ? ORDER BY id LIMIT ?"
        return self._rows(ArticleRow, query, after, most)

    @override
    def newest(self) -> str | None:
        rows = self._all("SELECT id FROM articles WHERE revision > 0 ORDER BY id DESC LIMIT 1")
        return str(rows[0][0]) if rows else None

    @override
    def all_articles(self) -> Iterator[ArticleRow]:
        with self._translated:
            for row in self._db.execute("SELECT * FROM articles ORDER BY id"):
                yield _decoded(ArticleRow, row)

    @override
    def days(self) -> list[tuple[str, int]]:
        return self._all(
            "SELECT published_on, count(*) FROM articles WHERE published_on IS NOT NULL AND revision > 0"
            " GROUP BY published_on ORDER BY published_on"
        )

    @override
    def count_articles(self) -> dict[str, int]:
        return dict(self._all("SELECT status, count(*) FROM articles GROUP BY status"))

    @override
    def count_revised(self) -> int:
        return int(self._all("SELECT count(*) FROM articles WHERE revision > 1")[0][0])

    # Listings

    @override
    def entries(self, ids: Iterable[str]) -> dict[str, EntryRow]:
        rows = self._of_ids(
            EntryRow,
            "SELECT id, crawl, delivered, coalesce(complete, 0), covered_since FROM entries"
            " LEFT JOIN listing_crawls ON crawl = number"
            " WHERE id IN ({})",
            ids,
        )
        return {row.id: row for row in rows}

    @override
    def put_entry(self, identity: str, crawl: int | None = None, delivered: bool = False) -> None:
        self._do(
            "INSERT INTO entries (id, crawl, delivered) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " crawl = coalesce(excluded.crawl, crawl), delivered = max(delivered, excluded.delivered)",
            identity,
            crawl,
            int(delivered),
        )

    @override
    def count_teasers(self) -> int:
        return int(self._all("SELECT count(*) FROM entries WHERE delivered = 1")[0][0])

    @override
    def delivered_teasers(self) -> Iterator[str]:
        with self._translated:
            for row in self._db.execute("SELECT id FROM entries WHERE delivered = 1 ORDER BY id"):
                yield row[0]

    @override
    def begin_listing_crawl(self, listing: str, run_id: str) -> int:
        self._do("INSERT INTO listing_crawls (listing, run_id) VALUES (?, ?)", listing, run_id)
        return int(self._all("SELECT max(number) FROM listing_crawls")[0][0])

    @override
    def complete_listing_crawl(self, number: int, covered_since: str | None) -> None:
        self._do("UPDATE listing_crawls SET complete = 1, covered_since = ? WHERE number = ?", covered_since, number)

    @override
    def listing(self, url: str, source: str) -> ListingRow | None:
        rows = self._rows(ListingRow, "SELECT * FROM listings WHERE url = ? AND source = ?", url, source)
        return rows[0] if rows else None

    @override
    def listings(self) -> list[ListingRow]:
        return self._rows(ListingRow, "SELECT * FROM listings ORDER BY url, source")

    @override
    def put_listing(self, row: ListingRow) -> None:
        query, values = _upsert("listings", tuple(row.__dataclass_fields__))
        self._do(query, *(json.dumps(value) if isinstance(value, tuple) else value for value in values(row)))

    @override
    def stored_route(self, start: str, source: str) -> str | None:
        rows = self._all("SELECT route FROM routes WHERE start = ? AND source = ?", start, source.casefold())
        return str(rows[0][0]) if rows else None

    @override
    def put_route(self, start: str, source: str, route: str) -> None:
        self._do(
            "INSERT INTO routes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET route = excluded.route",
            start,
            source.casefold(),
            route,
        )

    @override
    def drop_route(self, start: str, source: str) -> None:
        self._do("DELETE FROM routes WHERE start = ? AND source = ?", start, source.casefold())

    # The retry queue

    @override
    def pending_retries(self, until: str | None = None) -> list[RetryRow]:
        query = "SELECT * FROM retries WHERE ?1 IS NULL OR next_attempt_at <= ?1 ORDER BY first_failed_at, id"
        return self._rows(RetryRow, query, until)

    @override
    def retry_of(self, identity: str) -> RetryRow | None:
        rows = self._rows(RetryRow, "SELECT * FROM retries WHERE id = ?", identity)
        return rows[0] if rows else None

    @override
    def put_retry(self, row: RetryRow) -> None:
        self._put("retries", row)

    @override
    def drop_retry(self, identity: str) -> None:
        self._do("DELETE FROM retries WHERE id = ?", identity)

    # Statements

    def _put(self, table: str, row: Any) -> None:
        query, values = _upsert(table, tuple(row.__dataclass_fields__))
        self._do(query, *values(row))

    def _of_ids(self, kind: type[T], query: str, ids: Iterable[str]) -> Iterator[T]:
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), 500):
            some = wanted[start : start + 500]
            yield from self._rows(kind, _for_ids(query, len(some)), *some)

    def _rows(self, kind: type[T], query: str, *values: Any) -> list[T]:
        with self._translated:
            return [_decoded(kind, row) for row in self._db.execute(query, values)]

    def _all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._translated:
            return self._db.execute(query, values).fetchall()

    def _do(self, query: str, *values: Any) -> int:
        """Executes a statement and returns the number of changed rows."""
        with self._translated:
            return self._db.execute(query, values).rowcount


@cache
def _for_ids(query: str, number: int) -> str:
    return query.format(", ".join("?" * number))


@cache
def _upsert(table: str, columns: tuple[str, ...]) -> tuple[str, Callable[[Any], tuple[Any, ...]]]:
    """The statement that inserts or updates a row with these columns, and a function that returns its values."""
    # Not REPLACE: the rowid of a run is its place in the chain and must not change.
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
    query = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({{}}) ON CONFLICT DO UPDATE SET {changes}"  # noqa: S608
    return _for_ids(query, len(columns)), attrgetter(*columns)


class _TranslateErrors:
    """Translates errors of SQLite, and values that cannot be decoded, into `StorageError`.

    A class instead of a generator, because it surrounds every statement.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.Error | ValueError):
            raise _translate(error, self._path) from error


def _translate(error: Exception, path: Path) -> StorageError:
    """An error of SQLite, or a value that cannot be decoded, as one that names the file and what to do."""
    if isinstance(error, ValueError):
        # Includes UnicodeError and invalid JSON.
        return StateError(f"{path}: the state holds an invalid value ({error}); {REBUILD}")
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return StateError(f"{path}: the state file is damaged ({error}); {REBUILD}")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StateError(f"{path}: another program has locked the state file; close it and run again")
    if primary == sqlite3.SQLITE_FULL:
        return StorageError(f"{path}: no space left; free space and run again; what was committed is safe")
    if primary is None or primary == sqlite3.SQLITE_ERROR:
        # The module itself could not decode a value, or a table or column is missing.
        return StateError(f"{path}: the state cannot be read ({error}); {REBUILD}")
    return StorageError(
        f"{path}: {error}; free space, or check the disk and the permissions of the directory; then run again"
    )


def _connect(path: Path, expected: bool, read_only: bool, copy: Path | None = None) -> sqlite3.Connection:
    """Opens the state at `path`, or `copy` in its place."""
    if expected and (not path.exists() or path.stat().st_size == 0):
        state = "is empty" if path.exists() else "is missing"
        raise StateError(f"{path}: the state file {state}, but the directory contains delivered records; {REBUILD}")
    if read_only and copy is None and _wal_of(path).exists() and not os.access(path.parent, os.W_OK):
        return _copy_in_memory(path, expected)
    try:
        connection = sqlite3.connect(_address(copy or path, read_only), uri=True, isolation_level=None, timeout=5)
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}; check the permissions of the directory") from error
    try:
        version = _check(connection, path, expected)
        if read_only:
            return connection if version == VERSION else _migrated_copy(connection, path)
        _prepare(connection, version, path)
    except StorageError:
        connection.close()
        raise
    except (sqlite3.Error, ValueError) as error:
        connection.close()
        raise _translate(error, path) from error
    return connection


def _address(path: Path, read_only: bool) -> str:
    address = path.absolute().as_uri()
    if not read_only:
        return address
    # Without a write-ahead log nobody is writing, and the file can be read as immutable: that creates no other files
    # and works in a read-only directory. A run that begins meanwhile writes to its log long before it changes the file.
    immutable = not _wal_of(path).exists()
    return f"{address}?mode=ro" + ("&immutable=1" if immutable else "")


def _wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _copy_in_memory(path: Path, expected: bool) -> sqlite3.Connection:
    """The state with its write-ahead log, copied: SQLite cannot read that in a directory in which it cannot write."""
    with translate_os_errors(path), temporary_directory("vokcrawl-state-") as folder:
        copy = folder / path.name
        shutil.copyfile(path, copy)
        shutil.copyfile(_wal_of(path), _wal_of(copy))
        memory = sqlite3.connect(":memory:", isolation_level=None)
        try:
            disk = _connect(path, expected, read_only=True, copy=copy)
            disk.backup(memory)
            disk.close()
        except BaseException:
            memory.close()
            raise
    return memory


def _check(db: sqlite3.Connection, path: Path, expected: bool) -> int:
    """The version of the file, 0 for a new one. Raises `StateError` for a file that must not be used."""
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if tables and application != APPLICATION_ID:
        raise StateError(f"{path}: this SQLite file is another program's; move it away or set VOK_OUTPUT_DIR")
    if version > VERSION:
        raise StateError(
            f"{path}: made by a newer vokcrawl (state version {version}, this code knows {VERSION}); "
            f"use that vokcrawl again, or move the file away and {REBUILD}"
        )
    if expected and not (tables and db.execute("SELECT 1 FROM runs LIMIT 1").fetchone()):
        # With an empty state everything would be delivered a second time.
        raise StateError(f"{path}: the state file is empty, but the directory contains delivered records; {REBUILD}")
    return version if tables else 0


def _prepare(db: sqlite3.Connection, version: int, path: Path) -> None:
    """Creates or migrates the tables."""
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    if version == 0:
        create_tables(db)
    elif version < VERSION:
        _migrate(db, version, path)
        logger.info("%s: migrated from state version %d to %d", path, version, VERSION)


def _migrate(db: sqlite3.Connection, version: int, path: Path) -> None:
    try:
        migrate(db)
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF != sqlite3.SQLITE_ERROR:
            raise
        raise StateError(f"{path}: state version {version} cannot be migrated ({error}); {REBUILD}") from error


def _migrated_copy(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """An older state for reading: a migrated copy in memory, the file stays as it is."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        db.backup(copy)
        if version:
            _migrate(copy, version, path)
        else:
            create_tables(copy)
    except BaseException:
        copy.close()
        raise
    db.close()
    return copy


def _decoded(kind: Callable[..., T], row: tuple[Any, ...]) -> T:
    """A row of this class. Raises `ValueError` for values of other types: SQLite itself checks none."""
    columns = _columns(kind)
    known = _known_types(kind)
    found = tuple(map(type, row))
    if found not in known:
        for value, (name, types, _) in zip(row, columns, strict=True):
            if not isinstance(value, types):
                raise ValueError(f"{name}: {value!r}"[:100])
        known.add(found)
    values = list(row)
    for place, convert in _conversions(kind):
        if values[place] is not None:
            values[place] = convert(values[place])
    return kind(*values)


@cache
def _known_types(_: Any) -> set[tuple[type, ...]]:
    """The types of rows of a class that were checked before; they are few."""
    return set()


@cache
def _conversions(kind: Any) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """The columns to convert: their places, and the functions."""
    return tuple((place, convert) for place, (_, _, convert) in enumerate(_columns(kind)) if convert is not None)


@cache
def _columns(kind: Any) -> tuple[tuple[str, tuple[type, ...], Callable[[Any], Any] | None], ...]:
    """Name, types in SQLite, and conversion of each field of a row class."""
    columns: list[tuple[str, tuple[type, ...], Callable[[Any], Any] | None]] = []
    for name, hint in get_type_hints(kind).items():
        nullable = (type(None),) if type(None) in get_args(hint) else ()
        plain = next((each for each in get_args(hint) if each is not type(None)), hint) if nullable else hint
        if plain is int:
            columns.append((name, (int, *nullable), None))
        elif plain is bool:
            columns.append((name, (int,), bool))
        elif plain is Status:
            columns.append((name, (str,), Status))
        elif plain is str:
            is_time = name.endswith("_at") or name == "missing_since"
            columns.append((name, (str, *nullable), _checked_time if is_time else None))
        else:
            columns.append((name, (str,), _ids))
    return tuple(columns)


def _checked_time(value: str) -> str:
    if not _TIME.fullmatch(value):
        raise ValueError(f"{value!r} is not a time"[:100])
    return value


def _ids(value: str) -> tuple[str, ...]:
    ids = json.loads(value)
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise ValueError(f"{value!r} is not a list of ids"[:100])
    return tuple(ids)
