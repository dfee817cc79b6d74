"""Queries on the search index: which articles contain these words, and in which passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vokcrawl.errors import UsageError
from vokcrawl.normalize import clean_text
from vokcrawl.search.index import SearchIndex
from vokcrawl.utils.program import PROGRAM
from vokcrawl.utils.temp_database import translate_database_errors

# Markers around a match within a passage. These characters do not occur in a text.
MATCH_START, MATCH_END = "\x02", "\x03"
# FTS5 has a limit of its own, with a less helpful error.
_MAX_WORDS = 100
_PASSAGE_WORDS = 32
# A match in the title weighs as much as this many in the body.
_TITLE_WEIGHT = 5
_CURRENT = """
    FROM texts_fts JOIN texts ON number = texts_fts.rowid JOIN status ON status.id = texts.id
    WHERE texts_fts MATCH :match AND removed_at IS NULL
    AND (:since IS NULL OR published_on >= :since) AND (:until IS NULL OR published_on <= :until)
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that matches. `passage` is an excerpt with `MATCH_START` and `MATCH_END` around each match."""

    id: str
    revision: int
    url: str
    published_on: str | None
    title: str
    passage: str


def find(
    index: SearchIndex, words: Sequence[str], *, limit: int, since: str | None = None, until: str | None = None
) -> tuple[int, list[Hit]]:
    """Return the number of articles that contain all words, and the best `limit` of them; ties newest first.

    `since` and `until` are days as the site shows them, inclusive. Raises `UsageError` for no words or too many.
    """
    match = match_expression(words)
    if not match:
        raise UsageError(f"give at least one word: `{PROGRAM} search orchard harvest`")
    if len(words) > _MAX_WORDS:
        raise UsageError(f"{len(words)} words are too many; the limit is {_MAX_WORDS}")
    bounds = {"match": match, "since": since, "until": until}
    with translate_database_errors():
        (total,) = index.db.execute(f"SELECT count(*) {_CURRENT}", bounds).fetchone()
        numbers = index.db.execute(
            f"SELECT number {_CURRENT} ORDER BY bm25(texts_fts, {_TITLE_WEIGHT}, 1), published_on DESC, texts.id DESC "
            "LIMIT :limit",
            {**bounds, "limit": limit},
        ).fetchall()
        # Passages only for the hits returned: extracting them is the slow part.
        return total, [_hit(index, match, number) for (number,) in numbers]


def match_expression(words: Sequence[str]) -> str:
    """Return the FTS5 expression for texts that contain all words, taken literally; empty if there is no word.

    Several words in one string are a phrase; a string that ends in ``*`` is a prefix.

    >>> match_expression(["harvest", "Ri Un Byol", "orch*", '"', "NEAR("])
    '"harvest" "Ri Un Byol" "orch"* "NEAR("'
    """
    return " ".join(_phrase(clean_text(word)) for word in words if any(map(str.isalnum, word)))


def _phrase(text: str) -> str:
    bare = text.rstrip("*")
    quoted = bare.replace('"', '""')
    return f'"{quoted}"' + ("*" if bare != text else "")


def _hit(index: SearchIndex, match: str, number: int) -> Hit:
    query = """
        SELECT id, revision, url, published_on, texts.title, snippet(texts_fts, 1, ?, ?, '…', ?)
        FROM texts_fts JOIN texts ON number = texts_fts.rowid JOIN status USING (id)
        WHERE texts_fts MATCH ? AND texts_fts.rowid = ?
    """
    return Hit(*index.db.execute(query, (MATCH_START, MATCH_END, _PASSAGE_WORDS, match, number)).fetchone())
