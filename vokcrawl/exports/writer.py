"""What every form of file must do, and the one error that all of them may meet."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vokcrawl.errors import StorageError
from vokcrawl.exports.columns import Column

Tables = Mapping[str, Sequence[Column]]


class TableWriter(ABC):
    """Writes tables of rows to a new file. `tables` are those that it is to have, each with its columns, in order."""

    # What the file holds where nothing else is asked for, of `selection.WHATS`.
    holds: tuple[str, ...] = ("current",)

    @abstractmethod
    def __init__(self, path: Path, tables: Tables) -> None: ...

    @abstractmethod
    def write(self, table: str, row: Mapping[str, Any]) -> None:
        """Adds a row, which has a value for each column; tables come one after the other."""

    @abstractmethod
    def finish(self) -> None:
        """Writes what is left, and closes the file."""

    @abstractmethod
    def abandon(self) -> None:
        """Closes the file as it is, after a failure, and raises nothing."""


@contextmanager
def exporting(target: Path) -> Iterator[None]:
    """Turns a failed read or write into `StorageError` that names the target, and says that it is as it was."""
    try:
        yield
    except (OSError, sqlite3.Error) as failure:
        said = getattr(failure, "strerror", None) or failure
        raise StorageError(
            f"{target}: {said}; nothing was left there; make room, or name another place with --to"
        ) from failure
