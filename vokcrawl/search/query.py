"""Queries on the search index: which articles contain these words, and in which passage."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vokcrawl.errors import UsageError
from vokcrawl.normalize import clean_text
from vokcrawl.search.index import SearchIndex
from vokcrawl.utils.program import PROGRAM
from vokcrawl.utils.scripts import JOINED, bigram_phrase, joined_runs
from vokcrawl.utils.temp_database import translate_database_errors

# Markers around a match within a passage. These characters do not occur in a text.
MATCH_START, MATCH_END = "\x02", "\x03"
# FTS5 has a limit of its own, with a less helpful error.
_MAX_WORDS = 100
_PASSAGE_WORDS = 32
# A match in the title weighs as much as this many in the body.
_TITLE_WEIGHT = 5
# Of the columns title, body, source, title_pairs, body_pairs.
_WEIGHTS = f"{_TITLE_WEIGHT}, 1, 1, {_TITLE_WEIGHT}, 1"
# Characters on each side of a match in a passage in a script without spaces.
_CONTEXT = 60
# How a prefix ends in an expression.
_PREFIX = '"*'
_OPERATORS = ("AND", "OR", "NOT")
# The columns of each field.
_FIELDS = {"": "title body title_pairs body_pairs", "title": "title title_pairs", "source": "source"}
_OPERATOR = re.compile(r"\s(?:AND|OR|NOT)\s")
_QUOTED = re.compile(r'"[^"]*\w[^"]*"')
_TOKEN = re.compile(r'((?:title|source):)?(?:"([^"]*)"|([^\s"]+))')
_JOINED_RUN = re.compile(f"[{JOINED}]+")
# More matches than this are not ranked but listed newest first: a word that is everywhere says nothing about relevance,
# and ranking looks at every place where it occurs.
_MAX_RANKED = 4_000
_SELECTED = """
    (:removed OR NOT removed)
    AND (:since IS NULL OR listed.published_on >= :since) AND (:until IS NULL OR listed.published_on <= :until)
"""
# CROSS JOIN keeps the order of the tables: first the matches.
_MATCHES = (
    f"texts_fts CROSS JOIN listed ON listed.number = texts_fts.rowid WHERE texts_fts MATCH :match AND {_SELECTED}"
)
_COUNT = f"SELECT count(*) FROM {_MATCHES}"  # noqa: S608  our own text
_DAYS = "listed.published_on DESC, listed.id DESC LIMIT :limit"
_RANKED = f"SELECT listed.number FROM {_MATCHES} ORDER BY bm25(texts_fts, {_WEIGHTS}), {_DAYS}"  # noqa: S608
_NEWEST = f"SELECT listed.number FROM {_MATCHES} ORDER BY {_DAYS}"  # noqa: S608
# Goes through all articles, newest first, until enough of them match.
_NEWEST_OF_MANY = f"""
    SELECT texts.number FROM texts INDEXED BY texts_by_day CROSS JOIN listed ON listed.number = texts.number
    WHERE {_SELECTED} AND %s ORDER BY texts.published_on DESC, texts.id DESC LIMIT :limit
"""  # noqa: S608  our own text
_IS_MATCH = "EXISTS (SELECT 1 FROM texts_fts WHERE texts_fts MATCH :match AND texts_fts.rowid = listed.number)"
# For a prefix, which is expensive to look up for one article.
_IS_AMONG_MATCHES = "+listed.number IN (SELECT rowid FROM texts_fts WHERE texts_fts MATCH :match)"
# It is faster where at least one article of this many matches.
_MANY_OF = 4
# As many matches are read about as fast as one is looked up.
_READ_PER_LOOK_UP = 1_000
# A phrase of several words in an expression. Reading takes as long for each article with these words.
_PHRASE = re.compile(r'"[^"]* [^"]*"')


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
    index: SearchIndex,
    words: Sequence[str],
    *,
    limit: int,
    since: str | None = None,
    until: str | None = None,
    removed: bool = False,
) -> tuple[int, list[Hit]]:
    """Return the number of articles that match, and the best `limit` of them; ties newest first.

    Of very many matches (`_MAX_RANKED`), the newest are returned.
    `words` are the arguments of `match_expression`. `since` and `until` are days as the site shows them, inclusive.
    With `removed`, articles that the site removed are found, too. Raises `UsageError` for no words or too many.
    """
    match = match_expression(words)
    if not match:
        raise UsageError(f"give at least one word: `{PROGRAM} search orchard harvest`")
    if len(words) > _MAX_WORDS:
        raise UsageError(f"{len(words)} words are too many; the limit is {_MAX_WORDS}")
    literals = literal_texts(words)
    bounds = {"match": match, "since": since, "until": until, "removed": removed}
    with translate_database_errors():
        (total,) = index.db.execute(_COUNT, bounds).fetchone()
        numbers = index.db.execute(_order(index, match, total), {**bounds, "limit": limit}).fetchall()
        few = total <= _READ_PER_LOOK_UP * limit and not _PHRASE.search(match)
        at_once = few or _PREFIX in match
        return total, _hits(index, match, [number for (number,) in numbers], literals, at_once=at_once)


def _order(index: SearchIndex, match: str, total: int) -> str:
    """Return the query for the best matches."""
    if total <= _MAX_RANKED:
        return _RANKED
    (articles,) = index.db.execute("SELECT max(number) FROM listed").fetchone()
    if total * _MANY_OF <= articles:
        return _NEWEST
    return _NEWEST_OF_MANY % (_IS_AMONG_MATCHES if _PREFIX in match else _IS_MATCH)


def match_expression(words: Sequence[str]) -> str:
    """Return the FTS5 expression of a query; empty if there is no word.

    Each argument is a word, or, if it contains spaces, a phrase; one that ends in ``*`` is a prefix. AND (the default),
    OR and NOT between two arguments combine them: NOT binds closest, then AND. ``title:`` and ``source:`` before an
    argument search only there. An argument with quotation marks or operators in it is split at them. Everything else
    is taken literally.

    >>> match_expression(["title:harvest", "NOT", "source:Voice of Korea"])
    '({title title_pairs} : "harvest") NOT ({source} : "Voice of Korea")'
    """
    parts: list[str] = []
    operator = ""
    tokens = [token for word in words for token in _tokens(word)]
    for place, token in enumerate(tokens):
        between = 0 < place < len(tokens) - 1 and not operator
        if token in _OPERATORS and between and parts and _is_term(tokens[place + 1]):
            operator = token
        elif _is_term(token):
            parts += [operator or "AND", _term(token)] if parts else [_term(token)]
            operator = ""
    return " ".join(parts)


def literal_texts(words: Sequence[str]) -> list[str]:
    """Return the texts in joined scripts that a query looks for, longest first; for a passage."""
    runs = {run for word in words for token in _tokens(word) for run in joined_runs(token)}
    return sorted(runs, key=lambda run: (-len(run), run))


def _tokens(word: str) -> list[str]:
    """Split an argument at quotation marks and operators, if it has any; quoted text stays together."""
    if not (_OPERATOR.search(word) or _QUOTED.search(word)) or word in _OPERATORS:
        return [word]
    return [f"{field}{quoted or bare}" for field, quoted, bare in _TOKEN.findall(word) if quoted or bare or field]


def _is_term(token: str) -> bool:
    return any(map(str.isalnum, token))


def _term(token: str) -> str:
    """Return the expression of a word or phrase, with its field."""
    field, colon, rest = token.partition(":")
    if not (colon and field in _FIELDS and _is_term(rest)):
        field, rest = "", token
    other = clean_text(_JOINED_RUN.sub(" ", rest))
    phrases = [bigram_phrase(rest)]
    if _is_term(other):
        # A mixed text, such as "KCNA는": each part must be there.
        phrases = [*map(bigram_phrase, joined_runs(rest)), _phrase(other)]
    return "(" + " AND ".join(f"{{{_FIELDS[field]}}} : {phrase}" for phrase in phrases) + ")"


def _phrase(text: str) -> str:
    bare = text.rstrip("*")
    quoted = bare.replace('"', '""')
    return f'"{quoted}"' + ("*" if bare != text else "")


def _hits(
    index: SearchIndex, match: str, numbers: Sequence[int], literals: Sequence[str], *, at_once: bool
) -> list[Hit]:
    """Return the hits with these numbers. Only they get passages: extracting them is the slow part.

    `at_once` reads all matches for them, otherwise each of them is looked up. For a prefix a look-up takes as long.
    """
    batches, column = ([numbers], "+texts_fts.rowid") if at_once else ([[n] for n in numbers], "texts_fts.rowid")
    query = f"""
        SELECT number, id, revision, url, published_on, texts.title, snippet(texts_fts, 1, ?, ?, '…', ?), texts.body
        FROM texts_fts CROSS JOIN texts ON number = texts_fts.rowid CROSS JOIN status USING (id)
        WHERE texts_fts MATCH ? AND {column} IN (SELECT value FROM json_each(?))
    """  # noqa: S608  our own names
    found = {}
    for batch in batches:
        values = (MATCH_START, MATCH_END, _PASSAGE_WORDS, match, json.dumps(batch))
        for number, *row in index.db.execute(query, values):
            found[number] = _hit(row, literals)
    return [found[number] for number in numbers]


def _hit(row: Sequence[Any], literals: Sequence[str]) -> Hit:
    identity, revision, url, published_on, title, passage, body = row
    if literals and MATCH_START not in passage:
        passage = _passage(body, literals) or _cut(passage)
    return Hit(identity, revision, url, published_on, title, passage)


def _passage(body: str, literals: Sequence[str]) -> str | None:
    """Return the surroundings of the first match of a text, with all matches marked; None if there is none."""
    found = re.compile("|".join(map(re.escape, literals)), re.IGNORECASE)
    first = found.search(body)
    if first is None:
        return None
    start, end = max(0, first.start() - _CONTEXT), first.end() + _CONTEXT
    text = found.sub(lambda each: f"{MATCH_START}{each[0]}{MATCH_END}", body[start:end])
    return ("…" if start else "") + text + ("…" if end < len(body) else "")


def _cut(text: str) -> str:
    """Shorten a passage without a match: a text without spaces is one word."""
    return text if len(text) <= 4 * _CONTEXT else f"{text[: 4 * _CONTEXT]}…"
