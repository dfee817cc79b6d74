"""Temporary SQLite databases, which disappear with their last reference, or when the process is killed."""

from __future__ import annotations

import sqlite3

from vokcrawl.errors import StorageError

# Size of the page cache in memory.
_CACHE_KIB = 16_384


class _TemporaryDatabase(sqlite3.Connection):
    """A connection that closes itself; from Python 3.13 on, an open one that is deleted would be a warning."""

    def __del__(self) -> None:
        self.close()


def temporary_database(*tables: str) -> sqlite3.Connection:
    """Return an empty database with these tables (`CREATE TABLE` statements)."""
    with translate_database_errors():
        # Only one thread uses it, but the garbage collector may delete it in another one.
        db = sqlite3.connect("", isolation_level=None, check_same_thread=False, factory=_TemporaryDatabase)
        # One long transaction without a journal, because nothing is rolled back or read by others.
        for statement in ("PRAGMA journal_mode=OFF", f"PRAGMA cache_size=-{_CACHE_KIB}", "BEGIN", *tables):
            db.execute(statement)
    return db


class translate_database_errors:
    """Raises `StorageError` with a hint for any error of SQLite.

    A class instead of a generator, because it surrounds every statement.
    """

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, failure: BaseException | None, trace: object) -> None:
        if isinstance(failure, sqlite3.Error):
            raise StorageError(
                f"temporary file: {failure}; free space in the temporary directory, or set TMPDIR to another one"
            ) from failure
