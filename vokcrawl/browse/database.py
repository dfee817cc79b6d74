"""The SQLite file behind the pages: an export of all records, with indexes for lists and facets.

It is `browse.sqlite3` in the output directory, contains nothing that is not in the record files, and is safe to delete.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from vokcrawl.errors import StorageError
from vokcrawl.exports.formats import SqliteWriter
from vokcrawl.exports.rows import Rows, columns_of
from vokcrawl.exports.selection import Selection
from vokcrawl.exports.target import replacing
from vokcrawl.search.index import SearchIndex
from vokcrawl.storage.output_folder import OutputFolder, matching, translate_os_errors
from vokcrawl.storage.snapshot import Snapshot
from vokcrawl.utils.progress import NO_PROGRESS, Progress

NAME = "browse.sqlite3"
# Raise it when the tables change; a file of another version is built again.
_VERSION = 1
# Characters of a text in a list.
_EXCERPT = 240
_TABLES = (
    "CREATE INDEX articles_by_run ON articles (run_id)",
    # `place` is the position in the list of all articles, newest first.
    "CREATE TABLE browse_articles (place INTEGER PRIMARY KEY, id TEXT NOT NULL, title TEXT NOT NULL, "
    "excerpt TEXT NOT NULL, published_on TEXT, month TEXT NOT NULL, source TEXT NOT NULL, story TEXT, "
    "revision INTEGER NOT NULL, edited INTEGER NOT NULL, removed INTEGER NOT NULL, truncated INTEGER NOT NULL)",
    f"""INSERT INTO browse_articles (id, title, excerpt, published_on, month, source, story, revision, edited, removed,
  truncated)
SELECT id, title, substr(body, 1, {_EXCERPT}), published_on, coalesce(substr(published_on, 1, 7), ''),
  coalesce(source, ''), story, revision,
  revision > 1 AND EXISTS (SELECT 1 FROM articles AS each WHERE each.id = articles.id AND each.changed <> '[]'),
  removed_at IS NOT NULL, truncated
FROM articles
WHERE number IN (SELECT max(number) FROM articles WHERE latest GROUP BY id)
ORDER BY coalesce(published_on, substr(first_seen_at, 1, 10)) DESC, id DESC""",  # noqa: S608  our own number
    "CREATE UNIQUE INDEX browse_articles_by_id ON browse_articles (id)",
    "CREATE INDEX browse_articles_by_month ON browse_articles (month)",
    "CREATE INDEX browse_articles_by_story ON browse_articles (story)",
    "CREATE TABLE browse_facets AS SELECT month, source, edited, removed, truncated, count(*) AS articles "
    "FROM browse_articles GROUP BY 1, 2, 3, 4, 5",
    "CREATE TABLE browse_build (version INTEGER, mark TEXT, damaged INTEGER)",
)


class BrowseDatabase:
    """The file, built when it is missing or records were added, changed or deleted since.

    If it cannot be saved in the output directory, it is in `spare`, a temporary directory.
    """

    def __init__(self, folder: OutputFolder, spare: Path) -> None:
        self.path = folder.path / NAME
        self._folder = folder
        self._spare = spare / NAME

    @property
    def persistent(self) -> bool:
        """Whether the file is in the output directory."""
        return self.path != self._spare

    def refresh(self, progress: Progress = NO_PROGRESS) -> bool:
        """Build the file if it is not up to date, and return whether it was built. Raises `StorageError`."""
        mark = _mark(self._folder)
        if _is_current(self.path, mark):
            return False
        try:
            _build(self._folder, self.path, mark, progress)
        except StorageError:
            # A read-only directory, or a full disk.
            if not self.persistent:
                raise
            with translate_os_errors(self._spare):
                self._spare.parent.mkdir(exist_ok=True)
            _build(self._folder, self._spare, mark, progress)
            self.path = self._spare
        if self.persistent:
            # The first search would have to wait for its index.
            SearchIndex(self._folder, progress).close()
        return True


def _mark(folder: OutputFolder) -> str:
    """Return a digest of names, sizes and times of the record files."""
    found = hashlib.sha256()
    for kind in SqliteWriter.default_tables:
        for path in sorted(matching(folder.path / kind, ".jsonl")):
            with translate_os_errors(path):
                status = path.stat()
            found.update(f"{kind}/{path.name} {status.st_size} {status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return found.hexdigest()


def _is_current(path: Path, mark: str) -> bool:
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            return bool(
                db.execute("SELECT 1 FROM browse_build WHERE version = ? AND mark = ?", (_VERSION, mark)).fetchone()
            )
    except sqlite3.Error:
        return False


def _build(folder: OutputFolder, path: Path, mark: str, progress: Progress) -> None:
    """Write the file atomically."""
    snapshot = Snapshot(folder, skip_damaged=True, progress=progress)
    names = SqliteWriter.default_tables
    try:
        with replacing(path, overwrite=True) as part:
            writer = SqliteWriter(part, {name: columns_of(name, near_duplicates=False) for name in names})
            rows = Rows(snapshot, Selection(), names, near_duplicates=False)
            try:
                for name in names:
                    for row in rows.of(name):
                        writer.write(name, row)
                progress.begin("indexing articles")
                progress.advance(0)
                writer.finish()
            except BaseException:
                writer.abandon()
                raise
            finally:
                rows.close()
            _add_tables(part, mark, len(snapshot.damaged))
    except (OSError, sqlite3.Error) as failure:
        raise StorageError(f"{path}: cannot be built: {failure}; free space there and start again") from failure


def _add_tables(path: Path, mark: str, damaged: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "BEGIN", *_TABLES):
            db.execute(statement)
        db.execute("INSERT INTO browse_build VALUES (?, ?, ?)", (_VERSION, mark, damaged))
        db.execute("COMMIT")
