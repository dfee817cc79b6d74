"""The full-text index of an output folder: `search.sqlite3`, made from the records alone, and safe to delete.

It takes in the files that have come since it was last used. What it holds of an article is the version with the highest
revision; whether an article is gone follows from its removals (docs/records.md), so files may come in any order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from vokcrawl.search.fts5 import TOKENIZER
from vokcrawl.storage.output_folder import OutputFolder, in_run_order, matching, translate_os_errors
from vokcrawl.storage.record_files import read_file
from vokcrawl.utils.temp_database import temporary_database, translate_database_errors

NAME = "search.sqlite3"
# "voks": whose file it is. The version is raised when the tables change; an index of another one is made anew.
_APPLICATION_ID, _VERSION = 0x766F6B73, 1
_TABLES = (
    "CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER, modified INTEGER) WITHOUT ROWID",
    "CREATE TABLE damaged (place TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE removals (id TEXT PRIMARY KEY, confirmed_at TEXT) WITHOUT ROWID",
    "CREATE TABLE texts (number INTEGER PRIMARY KEY, id TEXT UNIQUE, revision INTEGER, fetched_at TEXT, url TEXT, "
    "published_on TEXT, title TEXT, body TEXT)",
    "CREATE VIRTUAL TABLE texts_fts USING fts5(title, body, content='texts', content_rowid='number', "
    f"tokenize='{TOKENIZER}')",
    f"PRAGMA application_id={_APPLICATION_ID}",
    f"PRAGMA user_version={_VERSION}",
)
# Another search may be making the index: that takes a minute for very many articles.
_PATIENCE_SECONDS = 300
_KINDS = ("articles", "removals")


class SearchIndex:
    """The index of a folder, up to date. `kept`: whether it could be kept there, or was made for this time alone."""

    def __init__(self, folder: OutputFolder) -> None:
        """Raises `StorageError` when records cannot be read, or there is room for an index nowhere."""
        self._folder = folder
        self.path = folder.path / NAME
        self.kept = True
        try:
            self.db = self._up_to_date()
        except (sqlite3.Error, OSError):
            # A folder that cannot be written to, a full disk, another program's file.
            self.kept = False
            self.db = temporary_database(*_TABLES)
            with translate_database_errors():
                self._take_in(self.db, self._files())

    def damaged(self) -> list[str]:
        """The lines that were passed over: their places, and what is wrong there."""
        return [place for (place,) in self.db.execute("SELECT place FROM damaged ORDER BY place")]

    def close(self) -> None:
        self.db.close()

    def _up_to_date(self) -> sqlite3.Connection:
        try:
            return self._opened()
        except sqlite3.DatabaseError as failure:
            if not _is_damage(failure):
                raise
        # Nothing in it is not in the records, too.
        self.path.unlink()
        return self._opened()

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, timeout=_PATIENCE_SECONDS)
        try:
            files = self._files()
            if not self._fits(db, files):
                # From here on no other search changes it; one that has waited finds nothing left to take in.
                db.execute("BEGIN IMMEDIATE")
                self._bring_up_to_date(db, files)
                db.execute("COMMIT")
        except BaseException:
            db.close()
            raise
        return db

    def _fits(self, db: sqlite3.Connection, files: Mapping[str, tuple[int, int]]) -> bool:
        return _is_ours(db) and _known(db) == files

    def _bring_up_to_date(self, db: sqlite3.Connection, files: Mapping[str, tuple[int, int]]) -> None:
        known = _known(db) if _is_ours(db) else {}
        if not known or any(files.get(path) != mark for path, mark in known.items()):
            # A file that is gone or was changed: what came from it is not told apart from the rest.
            _empty(db)
            for statement in _TABLES:
                db.execute(statement)
            known = {}
        self._take_in(db, {path: mark for path, mark in files.items() if path not in known})

    def _files(self) -> dict[str, tuple[int, int]]:
        """The files to be indexed, relative to the folder, with size and time of change."""
        found = {}
        for kind in _KINDS:
            for path in in_run_order(matching(self._folder.path / kind, ".jsonl")):
                with translate_os_errors(path):
                    told = path.stat()
                found[f"{kind}/{path.name}"] = (told.st_size, told.st_mtime_ns)
        return found

    def _take_in(self, db: sqlite3.Connection, files: Mapping[str, tuple[int, int]]) -> None:
        for name, mark in files.items():
            kind = name.partition("/")[0]
            for line in read_file(self._folder.path / name, kind):
                if line.record is None:
                    db.execute("INSERT OR IGNORE INTO damaged VALUES (?)", (str(line),))
                elif kind == "articles":
                    _take_version(db, line.record)
                else:
                    _take_removal(db, line.record)
            db.execute("INSERT INTO files VALUES (?, ?, ?)", (name, *mark))


def _is_damage(failure: sqlite3.DatabaseError) -> bool:
    code = getattr(failure, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _is_ours(db: sqlite3.Connection) -> bool:
    """Whether it has our tables. Raises `sqlite3.OperationalError` for the file of another program."""
    application, version = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if application != _APPLICATION_ID and db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise sqlite3.OperationalError("another program's file")
    return bool(application == _APPLICATION_ID and version == _VERSION)


def _known(db: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    return {path: (size, modified) for path, size, modified in db.execute("SELECT * FROM files")}


def _empty(db: sqlite3.Connection) -> None:
    for name in ("texts_fts", "texts", "removals", "damaged", "files"):
        db.execute(f"DROP TABLE IF EXISTS {name}")


def _take_version(db: sqlite3.Connection, record: Mapping[str, Any]) -> None:
    query = "SELECT revision, number, title, body FROM texts WHERE id = ?"
    before = db.execute(query, (record["id"],)).fetchone()
    if before and before[0] >= record["revision"]:
        return
    if before:
        # The full-text index has no copy of the text: what is to be forgotten must be said.
        forget = "INSERT INTO texts_fts (texts_fts, rowid, title, body) VALUES ('delete', ?, ?, ?)"
        db.execute(forget, before[1:])
    replace = "INSERT OR REPLACE INTO texts (id, revision, fetched_at, url, published_on, title, body) VALUES "
    row = db.execute(replace + "(:id, :revision, :fetched_at, :url, :published_on, :title, :body)", record)
    insert = "INSERT INTO texts_fts (rowid, title, body) VALUES (?, ?, ?)"
    db.execute(insert, (row.lastrowid, record["title"], record["body"]))


def _take_removal(db: sqlite3.Connection, record: Mapping[str, Any]) -> None:
    db.execute(
        """
        INSERT INTO removals VALUES (:id, :confirmed_at) ON CONFLICT (id) DO UPDATE
        SET confirmed_at = max(confirmed_at, excluded.confirmed_at)
        """,
        record,
    )
