"""The index of near duplicates of an output directory: `near_duplicates.sqlite3`, safe to delete.

Most of an export's time goes into the comparison of texts, so it is kept. The match of an article depends on the
articles before it only: where the archive differs from the index for the first time (a new article, a revision, a late
one), the index is continued from there.
"""

from __future__ import annotations

import sqlite3
from itertools import zip_longest
from pathlib import Path

from vokcrawl.exports.near_duplicates.index import TABLES, Match, NearDuplicates
from vokcrawl.storage.snapshot import Fold
from vokcrawl.utils.derived_database import is_current, is_damage
from vokcrawl.utils.progress import NO_PROGRESS, Progress
from vokcrawl.utils.temp_database import temporary_database, translate_database_errors

NAME = "near_duplicates.sqlite3"
# "near" identifies the file. Raise the version when tables, signatures or similarity change: the file is rebuilt.
_APPLICATION_ID, _VERSION = 0x6E656172, 1
_PRAGMAS = (f"PRAGMA application_id={_APPLICATION_ID}", f"PRAGMA user_version={_VERSION}")
# Size of the page cache in memory.
_CACHE_KIB = 16_384
# Another export may be building the index.
_LOCK_TIMEOUT_SECONDS = 300


class Matches:
    """The matches of all articles of a snapshot, in a temporary database."""

    def __init__(self, index: NearDuplicates) -> None:
        """Copy the matches of an index. Raises `StorageError` if the temporary directory is full."""
        self._db = temporary_database("CREATE TABLE matches (id TEXT PRIMARY KEY, of TEXT, score REAL) WITHOUT ROWID")
        with translate_database_errors():
            self._db.executemany("INSERT INTO matches VALUES (?, ?, ?)", index.matches())

    def of(self, identity: str) -> Match | None:
        """Return the match of an article, if it has one."""
        with translate_database_errors():
            row = self._db.execute("SELECT of, score FROM matches WHERE id = ?", (identity,)).fetchone()
        return Match(*row) if row else None

    def close(self) -> None:
        """Closes the temporary database."""
        self._db.close()


def find_near_duplicates(fold: Fold, path: Path | None, progress: Progress = NO_PROGRESS) -> Matches:
    """Return the matches of all articles. The index is kept at `path` if that is possible.

    Raises `StorageError` if the records cannot be read, or the temporary directory is full.
    """
    if path is not None:
        try:
            return _kept(fold, path, progress)
        except (sqlite3.Error, OSError):
            # A read-only directory, a full disk, or the file of another program.
            pass
    index = NearDuplicates(fold.text_of)
    try:
        with translate_database_errors():
            _update(index, fold, "", progress)
        return Matches(index)
    finally:
        index.close()


def _kept(fold: Fold, path: Path, progress: Progress) -> Matches:
    try:
        return _open(fold, path, progress)
    except sqlite3.DatabaseError as failure:
        if not is_damage(failure):
            raise
    # The index contains nothing that is not in the record files.
    path.unlink()
    return _open(fold, path, progress)


def _open(fold: Fold, path: Path, progress: Progress) -> Matches:
    db = sqlite3.connect(path, isolation_level=None, timeout=_LOCK_TIMEOUT_SECONDS)
    index = NearDuplicates(fold.text_of, db=db)
    try:
        db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        # In one transaction, so that no other export changes the index between check and use.
        db.execute("BEGIN")
        if not is_current(db, _APPLICATION_ID, _VERSION) or _first_difference(db, fold) is not None:
            db.execute("COMMIT")
            # Other exports wait here, and then find the index up to date.
            db.execute("BEGIN IMMEDIATE")
            if not is_current(db, _APPLICATION_ID, _VERSION):
                _create(db)
            different = _first_difference(db, fold)
            if different is not None:
                index.remove_from(different)
                _update(index, fold, different, progress)
        matches = Matches(index)
        db.execute("COMMIT")
    finally:
        db.close()
    return matches


def _create(db: sqlite3.Connection) -> None:
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        db.execute(f'DROP TABLE "{name}"')
    for statement in (*TABLES, *_PRAGMAS):
        db.execute(statement)


def _first_difference(db: sqlite3.Connection, fold: Fold) -> str | None:
    """Return the id of the first article that the index does not have as the archive does, or has and should not."""
    kept = db.execute("SELECT id, digest FROM articles ORDER BY id")
    for have, want in zip_longest(kept, fold.digests()):
        if have != want:
            return str(min(each[0] for each in (have, want) if each is not None))
    return None


def _update(index: NearDuplicates, fold: Fold, start: str, progress: Progress) -> None:
    """Add the articles from this id on."""
    digests = (digest for identity, digest in fold.digests() if identity >= start)
    progress.begin("comparing articles")
    for (record, _), digest in zip(fold.latest(start), digests, strict=True):
        index.add(record["id"], record["title"], record["body"], digest)
        progress.advance()
