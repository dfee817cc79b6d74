"""Asking the index: which articles have these words, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vokcrawl.errors import UsageError
from vokcrawl.search.fts5 import match_of
from vokcrawl.search.index import SearchIndex
from vokcrawl.utils.temp_database import translate_database_errors

# What stands before and after a word that was found, within a passage. No text has such characters.
OPENS, CLOSES = "\x02", "\x03"
# FTS5 knows a bound, and so many words are no search.
_MOST_WORDS = 100
_PASSAGE_WORDS = 32
# A word in the title counts for so many in the text.
_TITLE_WEIGHT = 5
_CURRENT = """
    FROM texts_fts JOIN texts ON number = texts_fts.rowid LEFT JOIN removals ON removals.id = texts.id
    WHERE texts_fts MATCH :match AND (confirmed_at IS NULL OR confirmed_at < fetched_at)
    AND (:since IS NULL OR published_on >= :since) AND (:until IS NULL OR published_on <= :until)
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found; `passage` is a piece of its text, with `OPENS` and `CLOSES` around the words."""

    id: str
    revision: int
    url: str
    published_on: str | None
    title: str
    passage: str


def find(
    index: SearchIndex, words: Sequence[str], *, limit: int, since: str | None = None, until: str | None = None
) -> tuple[int, list[Hit]]:
    """How many articles have all the words, and the first of them, best first; of equal ones the newest.

    Days are those that the site shows, both included. Raises `UsageError` where no word is given, or too many are.
    """
    match = match_of(words)
    if not match:
        raise UsageError("name a word to look for: `scrapy search orchard harvest`")
    if len(words) > _MOST_WORDS:
        raise UsageError(f"{len(words)} words are too many; name {_MOST_WORDS} at most")
    bounds = {"match": match, "since": since, "until": until}
    with translate_database_errors():
        (total,) = index.db.execute(f"SELECT count(*) {_CURRENT}", bounds).fetchone()
        numbers = index.db.execute(
            f"SELECT number {_CURRENT} ORDER BY bm25(texts_fts, {_TITLE_WEIGHT}, 1), published_on DESC, texts.id DESC "
            "LIMIT :limit",
            {**bounds, "limit": limit},
        ).fetchall()
        # Passages of those alone that are shown: cutting one out is what takes time.
        return total, [_hit(index, match, number) for (number,) in numbers]


def _hit(index: SearchIndex, match: str, number: int) -> Hit:
    query = """
        SELECT id, revision, url, published_on, texts.title, snippet(texts_fts, 1, ?, ?, '…', ?)
        FROM texts_fts JOIN texts ON number = texts_fts.rowid WHERE texts_fts MATCH ? AND texts_fts.rowid = ?
    """
    return Hit(*index.db.execute(query, (OPENS, CLOSES, _PASSAGE_WORDS, match, number)).fetchone())
