"""What SQLite says when something is wrong, in this project's own errors."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from vokcrawl.errors import StateError, StorageError
from vokcrawl.utils.program import PROGRAM

REBUILD = f"run `{PROGRAM} repair --rebuild-state` to make it anew from the delivered files"


class telling:
    """Turns what SQLite says of a failed statement into `StorageError` that names the file and the way out.

    No generator: it stands around each statement.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, failure: BaseException | None, trace: object) -> None:
        if isinstance(failure, sqlite3.Error):
            raise told(failure, self._path) from failure


def told(failure: sqlite3.Error, path: Path) -> StorageError:
    """What SQLite says, as an error that names the file and the way out."""
    code = getattr(failure, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return StateError(f"{path}: the state file is damaged ({failure}); move it away and {REBUILD}")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StateError(f"{path}: another program has locked the state file; close it and run again")
    if primary == sqlite3.SQLITE_FULL:
        return StorageError(f"{path}: no space left; make room and run again; what was committed is safe")
    return StorageError(
        f"{path}: {failure}; make room if the disk is full, or check it and the folder's permissions; then run again"
    )
