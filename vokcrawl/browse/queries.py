"""Queries on the database of `browse.database`. Each function takes an open connection and returns plain values."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from vokcrawl.errors import UsageError

Record = dict[str, Any]
PAGE_SIZE = 50
_FLAGS = ("edited", "removed", "truncated")
_YES_NO = {"yes": 1, "no": 0}
# Articles without a day.
NO_MONTH = "none"
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)
# Larger numbers fit into no SQLite integer.
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_NESTED = ("images", "changed", "archived_as")


@dataclass(frozen=True)
class Filter:
    """Which articles a list shows; `chosen` maps columns of `browse_articles` to values. `page` counts from 1."""

    chosen: Mapping[str, str | int] = field(default_factory=dict)
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filter:
        """Build a filter from the query of a URL. Raises `UsageError` for an invalid value."""
        chosen: dict[str, str | int] = {}
        month = given.get("month", "")
        if month:
            if month != NO_MONTH and not _MONTH.fullmatch(month):
                raise UsageError(f"month: {month!r} is not a month such as 2025-06, and not {NO_MONTH}")
            chosen["month"] = "" if month == NO_MONTH else month
        if "source" in given:
            chosen["source"] = given["source"]
        for name in _FLAGS:
            value = given.get(name, "")
            if value and value not in _YES_NO:
                raise UsageError(f"{name}: {value!r} is not yes or no")
            if value:
                chosen[name] = _YES_NO[value]
        return cls(chosen, read_page(given))


def read_page(given: Mapping[str, str]) -> int:
    """Return the number of the page of a list. Raises `UsageError`."""
    page = given.get("page", "1")
    if not _NUMBER.fullmatch(page):
        raise UsageError(f"page: {page!r} is not a number from 1 on")
    return int(page)


@dataclass(frozen=True)
class Listing:
    """A page of a list of articles: their number, the articles of the page, and for each facet its values."""

    total: int
    articles: list[Record]
    facets: dict[str, dict[str | int, int]]


def listing(db: sqlite3.Connection, wanted: Filter) -> Listing:
    """Return a page of the articles that the filter accepts, newest first."""
    facets: dict[str, Counter[str | int]] = {name: Counter() for name in ("month", "source", *_FLAGS)}
    total = 0
    for row in _rows(db.execute("SELECT * FROM browse_facets")):
        others = [name for name, value in wanted.chosen.items() if row[name] != value]
        total += row["articles"] if not others else 0
        for name, counts in facets.items():
            # The counts of a facet are those under the other filters.
            if not set(others) - {name}:
                counts[row[name]] += row["articles"]
    conditions = " AND ".join(f"{name} = :{name}" for name in wanted.chosen) or "1"
    found = db.execute(
        f"SELECT * FROM browse_articles WHERE {conditions} ORDER BY place LIMIT :limit OFFSET :offset",  # noqa: S608
        {**wanted.chosen, "limit": PAGE_SIZE, "offset": (wanted.page - 1) * PAGE_SIZE},
    )
    return Listing(total, _rows(found), {name: dict(counts) for name, counts in facets.items()})


@dataclass(frozen=True)
class Article:
    """All records of one article: `versions` by revision, and `latest`; None if only a teaser was delivered."""

    id: str
    versions: list[Record]
    teasers: list[Record]
    removals: list[Record]

    @property
    def latest(self) -> Record | None:
        """The current version."""
        return next((each for each in reversed(self.versions) if each["latest"]), None)

    @property
    def removed_at(self) -> str | None:
        """When its removal was confirmed; None while it is online."""
        return self.latest["removed_at"] if self.latest else None

    def version(self, revision: int) -> Record | None:
        """The version with that number."""
        return next((each for each in self.versions if each["revision"] == revision), None)

    def before(self, revision: int) -> Record | None:
        """The version before that one."""
        return next((each for each in reversed(self.versions) if each["revision"] < revision), None)


def article(db: sqlite3.Connection, identity: str) -> Article | None:
    """Return the records of an article; None if there are none."""
    tables = (("articles", "revision"), ("teasers", "number"), ("removals", "number"))
    versions, teasers, removals = (
        _rows(db.execute(f"SELECT * FROM {table} WHERE id = ? ORDER BY {order}", (identity,)))  # noqa: S608
        for table, order in tables
    )
    if not (versions or teasers):
        return None
    return Article(identity, versions, teasers, removals)


def of_run(db: sqlite3.Connection, run_id: str, limit: int) -> list[Record]:
    """Return the first versions that a run delivered."""
    columns = "id, revision, latest, title, published_on, changed"
    query = f"SELECT {columns} FROM articles WHERE run_id = ? ORDER BY number LIMIT ?"  # noqa: S608  our own names
    return _rows(db.execute(query, (run_id, limit)))


def of_story(db: sqlite3.Connection, story: str, limit: int) -> list[Record]:
    """Return the list rows of the articles of a story, newest first."""
    return _rows(db.execute("SELECT * FROM browse_articles WHERE story = ? ORDER BY place LIMIT ?", (story, limit)))


def removed_ids(db: sqlite3.Connection, ids: Iterable[str]) -> set[str]:
    """Return those of the ids whose articles were removed."""
    query = "SELECT 1 FROM browse_articles WHERE id = ? AND removed"
    return {each for each in ids if db.execute(query, (each,)).fetchone()}


def damaged_lines(db: sqlite3.Connection) -> int:
    """Return the number of damaged lines of the record files, which the database lacks."""
    return int(db.execute("SELECT damaged FROM browse_build").fetchone()[0])


def _rows(cursor: sqlite3.Cursor) -> list[Record]:
    names = [each[0] for each in cursor.description]
    return [_row(dict(zip(names, values, strict=True))) for values in cursor]


def _row(row: Record) -> Record:
    return {**row, **{name: orjson.loads(row[name]) for name in _NESTED if row.get(name) is not None}}
