"""The current version of each article among some records, in a temporary database: memory use does not grow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from vokcrawl.errors import StorageError
from vokcrawl.items import is_whole, validated
from vokcrawl.storage.article_status import ArticleStatus
from vokcrawl.storage.record_files import Line, LineReader
from vokcrawl.utils.temp_database import temporary_database, translate_database_errors

_COLUMNS = "revision, fetched_at, removed_at, day, file, offset, length, digest"
_INSERT = "INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
# Versions are noted so many at a time.
_BATCH = 500


_UNKNOWN = ArticleStatus()


class Place(NamedTuple):
    """The location of a valid record, and the SHA-256 of its line."""

    path: Path
    offset: int
    length: int
    digest: bytes

    @classmethod
    def of(cls, line: Line) -> Place:
        """The location of a line."""
        return cls(line.path, line.offset, len(line.raw), hashlib.sha256(line.raw).digest())


class Version(NamedTuple):
    """The current version of an article among the records so far: its location, the day it shows, its status."""

    place: Place
    day: str | None
    status: ArticleStatus


class LatestVersions:
    """The current version of each article. Each method may raise `StorageError`."""

    def __init__(self) -> None:
        self._paths: list[Path] = []
        self._reader = LineReader()
        # Versions that are not in the database yet: the record's fields, and all columns after its status.
        self._pending: list[tuple[dict[str, Any], tuple[Any, ...]]] = []
        self._db = temporary_database(
            "CREATE TABLE latest (id TEXT PRIMARY KEY, revision INTEGER, fetched_at TEXT, removed_at TEXT, day TEXT, "
            "file INTEGER, offset INTEGER, length INTEGER, digest BLOB) WITHOUT ROWID"
        )

    def add_version(self, line: Line, record: Mapping[str, Any]) -> Version | None:
        """Add an article record with its line, and return the version before it, if there is one.

        The lines of a file are added one after the other.
        """
        before = self.get(record["id"])
        status = before.status if before is not None else ArticleStatus()
        current = status.with_version(record)
        if current != status:
            values = self._values(line, record)
            with translate_database_errors():
                self._db.execute(_INSERT, (record["id"], *current, *values))
        return before

    def note_version(self, line: Line, record: Mapping[str, Any]) -> None:
        """As `add_version`, but faster, because the version before is not returned."""
        fields = {name: record[name] for name in ("id", "revision", "fetched_at")}
        self._pending.append((fields, self._values(line, record)))
        if len(self._pending) >= _BATCH:
            self._insert()

    def _values(self, line: Line, record: Mapping[str, Any]) -> tuple[Any, ...]:
        if not self._paths or self._paths[-1] != line.path:
            self._paths.append(line.path)
        return (record["published_on"], len(self._paths) - 1, *Place.of(line)[1:])

    def _insert(self) -> None:
        """Notes the pending versions."""
        if not self._pending:
            return
        pending, self._pending = self._pending, []
        ids = [record["id"] for record, _ in pending]
        marks = ", ".join("?" * len(ids))
        query = f"SELECT id, revision, fetched_at, removed_at FROM latest WHERE id IN ({marks})"  # noqa: S608
        with translate_database_errors():
            known = {row[0]: ArticleStatus(*row[1:]) for row in self._db.execute(query, ids)}
            rows: dict[str, tuple[Any, ...]] = {}
            for record, values in pending:
                identity = record["id"]
                status = known.get(identity, _UNKNOWN)
                current = status.with_version(record)
                if current is not status:
                    known[identity] = current
                    rows[identity] = (identity, *current, *values)
            self._db.executemany(_INSERT, rows.values())

    def add_removal(self, record: Mapping[str, Any]) -> Version | None:
        """Add a removal record, and return the version of its article, if there is one."""
        version = self.get(record["id"])
        if version is not None:
            removed_at = version.status.with_removal(record).removed_at
            with translate_database_errors():
                self._db.execute("UPDATE latest SET removed_at = ? WHERE id = ?", (removed_at, record["id"]))
        return version

    def get(self, identity: str) -> Version | None:
        """Return the current version of an article."""
        self._insert()
        with translate_database_errors():
            query = f"SELECT {_COLUMNS} FROM latest WHERE id = ?"  # noqa: S608  our own names
            row = self._db.execute(query, (identity,)).fetchone()
        return self._version(*row) if row else None

    def all(self, start: str = "") -> Iterator[Version]:
        """Yield the current versions in the order of their ids, in which the site took them in, from `start` on."""
        self._insert()
        with translate_database_errors():
            query = f"SELECT {_COLUMNS} FROM latest WHERE id >= ? ORDER BY id"  # noqa: S608  our own names
            for row in self._db.execute(query, (start,)):
                yield self._version(*row)

    def digests(self) -> Iterator[tuple[str, bytes]]:
        """Yield id and digest of each current version, in the order of ids."""
        self._insert()
        with translate_database_errors():
            # Not `yield from`, which closes the cursor with the generator: the database may be closed by then.
            for identity, digest in self._db.execute("SELECT id, digest FROM latest ORDER BY id"):
                yield str(identity), bytes(digest)

    def days(self) -> list[tuple[str | None, int]]:
        """Return the number of articles of each day; the day is None for articles without one."""
        self._insert()
        with translate_database_errors():
            return self._db.execute("SELECT day, count(*) FROM latest GROUP BY day").fetchall()

    def revised_or_removed(self, most: int) -> dict[str, ArticleStatus] | None:
        """Return the status of all articles that have a second version or were removed; None if more than `most`."""
        self._insert()
        with translate_database_errors():
            query = (
                "SELECT id, revision, fetched_at, removed_at FROM latest "
                "WHERE revision != 1 OR removed_at IS NOT NULL LIMIT ?"
            )
            found = {row[0]: ArticleStatus(*row[1:]) for row in self._db.execute(query, (most + 1,))}
        return found if len(found) <= most else None

    def record(self, place: Place) -> dict[str, Any]:
        """Read a record again. Its line was validated before, so it must only be the same."""
        raw = self._reader.read(place.path, place.offset, place.length)
        if hashlib.sha256(raw).digest() != place.digest:
            raise StorageError(f"{place.path}: changed while it was read; run again")
        record: dict[str, Any] = orjson.loads(raw)
        return record if is_whole(record) else validated(record)

    def close(self) -> None:
        """Closes the temporary database and the file that was read last."""
        self._reader.close()
        self._db.close()

    def _version(
        self,
        revision: int,
        fetched_at: str,
        removed_at: str | None,
        day: str | None,
        file: int,
        offset: int,
        length: int,
        digest: bytes,
    ) -> Version:
        place = Place(self._paths[file], offset, length, digest)
        return Version(place, day, ArticleStatus(revision, fetched_at, removed_at))
