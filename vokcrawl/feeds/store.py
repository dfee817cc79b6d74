"""The entries of an output directory's feeds, and the queue of notifications: `feeds.sqlite3`.

One transaction records that files were read together with the entries and notifications that follow from them, so
after a kill nothing is lost or repeated.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from vokcrawl.errors import StorageError
from vokcrawl.feeds.entries import Entry
from vokcrawl.storage.output_folder import OutputFolder

NAME = "feeds.sqlite3"
# "vokf" identifies the file. Raise the version when the tables change; a file of another version is replaced.
_APPLICATION_ID, _VERSION = 0x766F6B66, 1
_TABLES = (
    # Record files that were read, relative to the output directory.
    "CREATE TABLE files (path TEXT PRIMARY KEY) WITHOUT ROWID",
    # Those about which nobody is notified any more: they were read before, or are older than the database.
    "CREATE TABLE known (path TEXT PRIMARY KEY) WITHOUT ROWID",
    # Where each version of each article is.
    "CREATE TABLE places (id TEXT, revision INTEGER, path TEXT, offset INTEGER, length INTEGER, "
    "PRIMARY KEY (id, revision)) WITHOUT ROWID",
    "CREATE TABLE entries (feed TEXT, key TEXT, rank TEXT, entry TEXT, PRIMARY KEY (feed, key)) WITHOUT ROWID",
    "CREATE INDEX entries_by_rank ON entries (feed, rank)",
    # Notifications that a channel has not accepted yet.
    "CREATE TABLE queue (number INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT, message TEXT)",
    "CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    f"PRAGMA application_id={_APPLICATION_ID}",
    f"PRAGMA user_version={_VERSION}",
)
# Another run may be reading a large archive for its first feeds.
_LOCK_TIMEOUT_SECONDS = 60
# The oldest notifications are dropped beyond this number, so that a channel that never works does not fill the disk.
MAX_QUEUED = 10_000


class Place(NamedTuple):
    """The line of a record: file relative to the output directory, offset and length in bytes."""

    path: str
    offset: int
    length: int


class Queued(NamedTuple):
    """A notification for a channel, as JSON."""

    number: int
    channel: str
    message: str


class FeedStore:
    """The database. Errors of SQLite are raised as `StorageError`."""

    def __init__(self, folder: OutputFolder) -> None:
        """Open the database, or create an empty one; `created` is true then."""
        self.path = folder.path / NAME
        self.created = False
        with self._translated():
            self._db = self._open()

    def close(self) -> None:
        """Closes the database."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside are committed together, or none of them."""
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._translated():
                self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def note(self, name: str) -> str | None:
        """Return a stored value."""
        with self._translated():
            row = self._db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def put_note(self, name: str, value: str) -> None:
        """Store a value."""
        with self._translated():
            self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def files(self) -> set[str]:
        """Return the files that were read."""
        with self._translated():
            return {path for (path,) in self._db.execute("SELECT path FROM files")}

    def known(self) -> set[str]:
        """Return the files about which nobody is notified any more."""
        with self._translated():
            return {path for (path,) in self._db.execute("SELECT path FROM known")}

    def add_files(self, paths: Iterable[str]) -> None:
        """Record that files were read."""
        with self._translated():
            self._db.executemany("INSERT OR IGNORE INTO files VALUES (?)", ((path,) for path in paths))

    def add_known(self, paths: Iterable[str]) -> None:
        """Record that nobody is notified about files any more."""
        with self._translated():
            self._db.executemany("INSERT OR IGNORE INTO known VALUES (?)", ((path,) for path in paths))

    def add_place(self, identity: str, revision: int, place: Place) -> None:
        """Record where a version of an article is."""
        with self._translated():
            self._db.execute("INSERT OR IGNORE INTO places VALUES (?, ?, ?, ?, ?)", (identity, revision, *place))

    def place(self, identity: str, revision: int | None = None) -> Place | None:
        """Return where a version of an article is, the latest one by default; None if it is unknown."""
        query = "SELECT path, offset, length FROM places WHERE id = ? AND (? IS NULL OR revision = ?)"
        with self._translated():
            row = self._db.execute(f"{query} ORDER BY revision DESC LIMIT 1", (identity, revision, revision)).fetchone()
        return Place(*row) if row else None

    def forget_records(self) -> None:
        """Forget the files that were read and all entries; the queue stays, and what is known."""
        with self._translated():
            for table in ("files", "places", "entries"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608  our own names

    def add_entry(self, feed: str, key: str, rank: str, entry: Entry) -> None:
        """Add an entry to a feed."""
        with self._translated():
            self._db.execute(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", (feed, key, rank, entry.model_dump_json())
            )

    def trim(self, feed: str, most: int) -> None:
        """Keep only the first `most` entries of a feed."""
        with self._translated():
            kept = "SELECT key FROM entries WHERE feed = ? ORDER BY rank DESC, key DESC LIMIT ?"
            self._db.execute(
                f"DELETE FROM entries WHERE feed = ? AND key NOT IN ({kept})",  # noqa: S608  our own query
                (feed, feed, most),
            )

    def entries(self, feed: str) -> list[Entry]:
        """Return the entries of a feed, newest first."""
        with self._translated():
            query = "SELECT entry FROM entries WHERE feed = ? ORDER BY rank DESC, key DESC"
            rows = self._db.execute(query, (feed,)).fetchall()
        return [Entry.model_validate_json(entry) for (entry,) in rows]

    def queue(self, messages: Mapping[str, Sequence[str]]) -> int:
        """Queue messages by channel; return how many of the oldest were dropped, because the queue is full."""
        with self._translated():
            for channel, each in messages.items():
                self._db.executemany(
                    "INSERT INTO queue (channel, message) VALUES (?, ?)", ((channel, message) for message in each)
                )
            return self._db.execute(
                "DELETE FROM queue WHERE number <= (SELECT number FROM queue ORDER BY number DESC LIMIT 1 OFFSET ?)",
                (MAX_QUEUED,),
            ).rowcount

    def queued(self, channel: str) -> list[Queued]:
        """Return the notifications for a channel, oldest first."""
        with self._translated():
            query = "SELECT number, channel, message FROM queue WHERE channel = ? ORDER BY number"
            return [Queued(*row) for row in self._db.execute(query, (channel,))]

    def sent(self, number: int) -> None:
        """Remove a notification that its channel has accepted."""
        with self._translated():
            self._db.execute("DELETE FROM queue WHERE number = ?", (number,))

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as failure:
            if isinstance(failure, sqlite3.OperationalError):
                raise
        # Damaged. Everything but the queue can be built again from the records.
        self.path.unlink()
        return self._connect()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, timeout=_LOCK_TIMEOUT_SECONDS, check_same_thread=False)
        try:
            db.execute("PRAGMA synchronous=FULL")
            if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                db.execute("BEGIN IMMEDIATE")
                # Another process may have created it meanwhile.
                if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                        if not name.startswith("sqlite_"):
                            db.execute(f"DROP TABLE {name}")
                    for statement in _TABLES:
                        db.execute(statement)
                    self.created = True
                db.execute("COMMIT")
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as failure:
            raise StorageError(f"{self.path}: {failure}; the feeds are updated by the next run") from failure
