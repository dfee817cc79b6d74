"""The full-text index of an output directory: `search.sqlite3`, built from the record files and safe to delete.

Each use adds the files that are new since the last one, in any order. The index holds the current version of each
article, and whether it was removed (`storage.article_status`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from vokcrawl.storage.article_status import ArticleStatus
from vokcrawl.storage.output_folder import OutputFolder, in_run_order, matching, translate_os_errors
from vokcrawl.storage.record_files import read_file
from vokcrawl.utils.derived_database import is_current, is_damage
from vokcrawl.utils.progress import NO_PROGRESS, Progress
from vokcrawl.utils.scripts import bigrams
from vokcrawl.utils.temp_database import temporary_database, translate_database_errors

NAME = "search.sqlite3"
# Stems English words; ignores case and accents. Korean, Japanese and Chinese are indexed as pairs of characters
# (`utils.scripts.bigrams`), because their words are not separated by spaces.
TOKENIZER = "porter unicode61 remove_diacritics 2"
# "voks" identifies the file. Raise the version when the tables change; an index of another version is rebuilt.
_APPLICATION_ID, _VERSION = 0x766F6B73, 5
_TABLES = (
    "CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER, modified INTEGER) WITHOUT ROWID",
    "CREATE TABLE damaged (place TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE status (id TEXT PRIMARY KEY, revision INTEGER, fetched_at TEXT, removed_at TEXT) WITHOUT ROWID",
    "CREATE TABLE texts (number INTEGER PRIMARY KEY, id TEXT UNIQUE, url TEXT, published_on TEXT, title TEXT, "
    "body TEXT, source TEXT)",
    "CREATE INDEX texts_by_day ON texts (published_on, id)",
    # What a query needs of each match, in small rows: a word may be in every article.
    "CREATE TABLE listed (number INTEGER PRIMARY KEY, id TEXT, published_on TEXT, removed INTEGER)",
    # What the index refers to instead of keeping a copy; pairs of characters can be computed again.
    "CREATE VIEW indexed AS SELECT number, title, body, source, NULL AS title_pairs, NULL AS body_pairs FROM texts",
    "CREATE VIRTUAL TABLE texts_fts USING fts5(title, body, source, title_pairs, body_pairs, content='indexed', "
    f"content_rowid='number', tokenize='{TOKENIZER}')",
    f"PRAGMA application_id={_APPLICATION_ID}",
    f"PRAGMA user_version={_VERSION}",
)
# Another search may be building the index, which takes a minute for a very large archive.
_LOCK_TIMEOUT_SECONDS = 300
_KINDS = ("articles", "removals")


class SearchIndex:
    """The up-to-date index of a directory. `persistent` is False if it could not be saved and is temporary."""

    def __init__(self, folder: OutputFolder, progress: Progress = NO_PROGRESS) -> None:
        """Open or build the index. Raises `StorageError` if the records cannot be read or the disk is full."""
        self._folder = folder
        self._progress = progress
        self.path = folder.path / NAME
        self.persistent = True
        try:
            self.db = self._open_or_rebuild()
        except (sqlite3.Error, OSError):
            # A read-only directory, a full disk, or the file of another program.
            self.persistent = False
            self.db = temporary_database(*_TABLES)
            with translate_database_errors():
                self._add_files(self.db, self._files())

    def damaged(self) -> list[str]:
        """Return the damaged lines that were skipped: location and reason."""
        return [place for (place,) in self.db.execute("SELECT place FROM damaged ORDER BY place")]

    def close(self) -> None:
        """Closes the index."""
        self.db.close()

    def _open_or_rebuild(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as failure:
            if not is_damage(failure):
                raise
        # The index contains nothing that is not in the record files.
        self.path.unlink()
        return self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, timeout=_LOCK_TIMEOUT_SECONDS)
        try:
            files = self._files()
            if not self._is_current(db, files):
                # Other searches wait here, and then find the index up to date.
                db.execute("BEGIN IMMEDIATE")
                self._update(db, files)
                db.execute("COMMIT")
        except BaseException:
            db.close()
            raise
        return db

    def _is_current(self, db: sqlite3.Connection, files: Mapping[str, tuple[int, int]]) -> bool:
        return is_current(db, _APPLICATION_ID, _VERSION) and _indexed_files(db) == files

    def _update(self, db: sqlite3.Connection, files: Mapping[str, tuple[int, int]]) -> None:
        indexed = _indexed_files(db) if is_current(db, _APPLICATION_ID, _VERSION) else {}
        if not indexed or any(files.get(path) != mark for path, mark in indexed.items()):
            # A file was deleted or changed. The index does not record which row came from which file: rebuild it.
            _drop_tables(db)
            for statement in _TABLES:
                db.execute(statement)
            indexed = {}
        self._add_files(db, {path: mark for path, mark in files.items() if path not in indexed})

    def _files(self) -> dict[str, tuple[int, int]]:
        """Return the files to index, relative to the directory, with size and modification time."""
        found = {}
        for kind in _KINDS:
            for path in in_run_order(matching(self._folder.path / kind, ".jsonl")):
                with translate_os_errors(path):
                    status = path.stat()
                found[f"{kind}/{path.name}"] = (status.st_size, status.st_mtime_ns)
        return found

    def _add_files(self, db: sqlite3.Connection, files: Mapping[str, tuple[int, int]]) -> None:
        self._progress.begin("indexing articles", sum(size for size, _ in files.values()))
        for name, mark in files.items():
            kind = name.partition("/")[0]
            for line in read_file(self._folder.path / name, kind):
                self._progress.advance(len(line.raw))
                if line.record is None:
                    db.execute("INSERT OR IGNORE INTO damaged VALUES (?)", (str(line),))
                elif kind == "articles":
                    _add_version(db, line.record)
                else:
                    _add_removal(db, line.record)
            db.execute("INSERT INTO files VALUES (?, ?, ?)", (name, *mark))


def _indexed_files(db: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    return {path: (size, modified) for path, size, modified in db.execute("SELECT * FROM files")}


def _drop_tables(db: sqlite3.Connection) -> None:
    for name in ("texts_fts", "texts", "listed", "status", "removals", "damaged", "files"):
        db.execute(f"DROP TABLE IF EXISTS {name}")
    db.execute("DROP VIEW IF EXISTS indexed")


def _add_version(db: sqlite3.Connection, record: Mapping[str, Any]) -> None:
    status = _status_of(db, record["id"])
    current = status.with_version(record)
    if current == status:
        return
    _put_status(db, record["id"], current)
    before = db.execute("SELECT number, title, body, source FROM texts WHERE id = ?", (record["id"],)).fetchone()
    columns = "rowid, title, body, source, title_pairs, body_pairs"
    if before:
        # FTS5 external content: deleting an entry needs the text that was indexed.
        forget = f"INSERT INTO texts_fts (texts_fts, {columns}) VALUES ('delete', ?, ?, ?, ?, ?, ?)"  # noqa: S608
        db.execute(forget, (before[0], *_indexed(*before[1:])))
    replace = "INSERT OR REPLACE INTO texts (id, url, published_on, title, body, source) VALUES "
    row = db.execute(replace + "(:id, :url, :published_on, :title, :body, :source)", record)
    if before:
        db.execute("DELETE FROM listed WHERE number = ?", before[:1])
    listed = (row.lastrowid, record["id"], record["published_on"], current.removed_at is not None)
    db.execute("INSERT INTO listed VALUES (?, ?, ?, ?)", listed)
    insert = f"INSERT INTO texts_fts ({columns}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608  our own names
    db.execute(insert, (row.lastrowid, *_indexed(record["title"], record["body"], record["source"])))


def _indexed(title: str, body: str, source: str | None) -> tuple[str, ...]:
    """Return the values of the columns of `texts_fts`."""
    return title, body, f"{source or ''} {bigrams(source or '')}", bigrams(title), bigrams(body)


def _add_removal(db: sqlite3.Connection, record: Mapping[str, Any]) -> None:
    status = _status_of(db, record["id"]).with_removal(record)
    _put_status(db, record["id"], status)
    number = "(SELECT number FROM texts WHERE id = ?)"
    removed = status.removed_at is not None
    db.execute(f"UPDATE listed SET removed = ? WHERE number = {number}", (removed, record["id"]))  # noqa: S608


def _status_of(db: sqlite3.Connection, identity: str) -> ArticleStatus:
    row = db.execute("SELECT revision, fetched_at, removed_at FROM status WHERE id = ?", (identity,)).fetchone()
    return ArticleStatus(*row) if row else ArticleStatus()


def _put_status(db: sqlite3.Connection, identity: str, status: ArticleStatus) -> None:
    db.execute("INSERT OR REPLACE INTO status VALUES (?, ?, ?, ?)", (identity, *status))
