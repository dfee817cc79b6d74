"""Opening the state file: only one that is this project's, sound, and no newer than this code."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from vokcrawl.errors import StateError, StorageError
from vokcrawl.storage.state.sqlite_errors import REBUILD, told
from vokcrawl.storage.state.sqlite_schema import APPLICATION_ID, MIGRATIONS, SCHEMA, VERSION


def connect(path: Path, expected: bool, read_only: bool) -> sqlite3.Connection:
    """A connection to the state file, which is made where none is `expected`.

    Raises `StateError`, see `SqliteState.open`, or `StorageError`.
    """
    if expected and (not path.exists() or path.stat().st_size == 0):
        state = "is empty" if path.exists() else "is missing"
        raise StateError(f"{path}: the state file {state}, but the folder holds delivered records; {REBUILD}")
    try:
        connection = sqlite3.connect(_address(path, read_only), uri=True, isolation_level=None, timeout=5)
    except sqlite3.Error as failure:
        raise StorageError(f"{path}: {failure}; check the folder's permissions") from failure
    try:
        _check(connection, path, expected)
        if not read_only:
            _prepare(connection)
    except StateError:
        connection.close()
        raise
    except sqlite3.Error as failure:
        connection.close()
        raise told(failure, path) from failure
    return connection


def _address(path: Path, read_only: bool) -> str:
    address = path.absolute().as_uri()
    if not read_only:
        return address
    # Without a log beside it nobody is writing, and the file alone is all there is to know. To read it as that leaves
    # no files behind, and works where none may be written. (A run that begins meanwhile changes the file itself only
    # long after it has begun its log.)
    alone = not path.with_name(f"{path.name}-wal").exists()
    return f"{address}?mode=ro" + ("&immutable=1" if alone else "")


def _check(db: sqlite3.Connection, path: Path, expected: bool) -> None:
    tables = _tables(db)
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if tables and application != APPLICATION_ID:
        raise StateError(f"{path}: this SQLite file is another program's; move it away or set VOK_OUTPUT_DIR")
    if version > VERSION:
        raise StateError(
            f"{path}: made by a newer vokcrawl (state version {version}, this code knows {VERSION}); "
            f"use that vokcrawl again, or move the file away and {REBUILD}"
        )
    if expected and not (tables and db.execute("SELECT 1 FROM runs LIMIT 1").fetchone()):
        # To go on with it would deliver everything a second time.
        raise StateError(f"{path}: the state file is empty, but the folder holds delivered records; {REBUILD}")


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    if not _tables(db):
        db.executescript(
            f"BEGIN IMMEDIATE; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={VERSION};{SCHEMA} COMMIT;"
        )
        return
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version < VERSION:
        steps = "".join(MIGRATIONS[step] for step in range(version, VERSION))
        db.executescript(f"BEGIN IMMEDIATE; PRAGMA user_version={VERSION}; {steps} COMMIT;")


def _tables(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
