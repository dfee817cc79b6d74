"""SQLite: a table for each kind of record, views on them, and a full-text index; made to be opened with Datasette."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from vokcrawl.exports.columns import Column
from vokcrawl.exports.writer import Tables, TableWriter
from vokcrawl.search.fts5 import TOKENIZER

_TYPES = {"integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}
_INDEXES = (
    "CREATE INDEX articles_by_id ON articles (id, revision)",
    "CREATE INDEX articles_by_day ON articles (published_on)",
    "CREATE INDEX teasers_by_id ON teasers (id)",
    "CREATE INDEX removals_by_id ON removals (id)",
)
_VIEWS = (
    "CREATE VIEW current AS SELECT {current} FROM articles WHERE latest AND removed_at IS NULL",
    """CREATE VIEW revisions AS
SELECT later.id, later.url, later.published_on, later.revision, later.fetched_at, later.changed,
  before.title AS title_before, later.title, before.body AS body_before, later.body
FROM articles AS later
LEFT JOIN articles AS before ON before.id = later.id AND before.revision = later.revision - 1
WHERE later.revision > 1""",
    """CREATE VIEW removed AS
SELECT articles.id, articles.url, published_on, title, body, articles.revision, first_missing_at, removed_at, status
FROM articles
LEFT JOIN removals ON removals.id = articles.id AND removals.confirmed_at = articles.removed_at
WHERE latest AND removed_at IS NOT NULL""",
)
# The index has no copy of the texts: it points at the table's.
_FULL_TEXT = (
    "CREATE VIRTUAL TABLE articles_fts USING fts5(title, body, "
    f'content="articles", content_rowid="number", tokenize="{TOKENIZER}")',
    "INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')",
    "INSERT INTO articles_fts (articles_fts) VALUES ('optimize')",
)
_CACHE_KIB = 16_384


class SqliteFile(TableWriter):
    """Three tables, whichever of them are filled; `number` counts the rows of each."""

    holds = ("articles", "teasers", "removals")

    def __init__(self, path: Path, tables: Tables) -> None:
        # Without a journal and without locks: the file is nobody's until it has its name.
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?nolock=1", uri=True, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "page_size=4096", f"cache_size=-{_CACHE_KIB}"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("BEGIN")
        self._tables = tables
        for name, columns in tables.items():
            self._db.execute(_create(name, columns))
        self._inserts = {name: _insert(name, columns) for name, columns in tables.items()}

    def write(self, table: str, row: Mapping[str, Any]) -> None:
        self._db.execute(self._inserts[table], [_cell(each, row[each.name]) for each in self._tables[table]])

    def finish(self) -> None:
        current = ", ".join(each.name for each in self._tables["articles"] if each.name not in ("latest", "removed_at"))
        for statement in (*_INDEXES, *_VIEWS, *_FULL_TEXT):
            self._db.execute(statement.format(current=f"number, {current}"))
        self._db.execute("COMMIT")
        self._db.close()

    def abandon(self) -> None:
        self._db.close()


def _create(name: str, columns: Sequence[Column]) -> str:
    told = [
        f"{each.name} {_TYPES.get(each.schema['type'], 'TEXT')}{'' if each.nullable else ' NOT NULL'}"
        for each in columns
    ]
    return f"CREATE TABLE {name} (number INTEGER PRIMARY KEY, {', '.join(told)})"


def _insert(name: str, columns: Sequence[Column]) -> str:
    names = ", ".join(each.name for each in columns)
    return f"INSERT INTO {name} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  our own names


def _cell(column: Column, value: Any) -> Any:
    return orjson.dumps(value).decode() if column.nested and value is not None else value
