"""SQLite files that contain nothing but what can be built again: whether one is ours and current, or damaged."""

from __future__ import annotations

import sqlite3


def is_current(db: sqlite3.Connection, application_id: int, version: int) -> bool:
    """Return whether the database has our tables. Raises `sqlite3.OperationalError` for another program's file."""
    application, found = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if application != application_id and db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise sqlite3.OperationalError("another program's file")
    return bool(application == application_id and found == version)


def is_damage(failure: sqlite3.DatabaseError) -> bool:
    """Return whether the file is damaged, or no database, so that it can be replaced."""
    code = getattr(failure, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
