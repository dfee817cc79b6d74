"""Temporary tables in a file of SQLite's own that nobody else sees, and that is gone when it is closed, or killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from vokcrawl.errors import StorageError

# What stays in memory of such a file.
_CACHE_KIB = 16_384


def temporary_database(*tables: str) -> sqlite3.Connection:
    """An empty database with these tables (`CREATE TABLE` statements)."""
    with translate_database_errors():
        db = sqlite3.connect("", isolation_level=None)
        # One long transaction without a journal: nothing here is ever taken back or read by another.
        for statement in ("PRAGMA journal_mode=OFF", f"PRAGMA cache_size=-{_CACHE_KIB}", "BEGIN", *tables):
            db.execute(statement)
    return db


@contextmanager
def translate_database_errors() -> Iterator[None]:
    """Turns what SQLite says of a failed statement into `StorageError` that names the way out."""
    try:
        yield
    except sqlite3.Error as failure:
        raise StorageError(
            f"temporary file: {failure}; make room where such files go (TMPDIR names a folder for them), then run again"
        ) from failure
