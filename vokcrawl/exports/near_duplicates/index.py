"""Finds the most similar earlier article of a text with locality-sensitive hashing (LSH).

Texts that agree in all numbers of a band of their MinHash signatures are candidates and are compared. The bands are in
a SQLite database, so a million articles need no more memory than a thousand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from vokcrawl.exports.near_duplicates.minhash import BANDS, Signature, band_keys, estimated_similarity, signature
from vokcrawl.exports.near_duplicates.similarity import Fingerprint, similarity
from vokcrawl.utils.temp_database import temporary_database

# Tuned on the near duplicates of the sample site; `python -m benchmarks.near_duplicates` shows precision and recall.
THRESHOLD = 0.8
# Maximum number of candidates to compare, those with the most common bands first: formula texts have many.
MAX_CANDIDATES = 64
# A candidate whose estimated similarity is below the threshold by more than three standard errors is not compared.
_SLACK = 0.11
# Cache size for fingerprints: similar articles tend to arrive together.
_CACHED_FINGERPRINTS = 256

# `articles` are all that were added, in the order of their ids: the digest with which an article was added, its match,
# and its number if it leads a group. A short text leads without a signature.
TABLES = (
    "CREATE TABLE articles (id TEXT PRIMARY KEY, digest BLOB, of TEXT, score REAL, leader INTEGER) WITHOUT ROWID",
    "CREATE TABLE leaders (number INTEGER PRIMARY KEY, id TEXT, words BLOB, signature BLOB)",
    "CREATE TABLE words (digest BLOB PRIMARY KEY, id TEXT) WITHOUT ROWID",
    "CREATE TABLE bands (key INTEGER, leader INTEGER, PRIMARY KEY (key, leader)) WITHOUT ROWID",
)


class Match(NamedTuple):
    """The id of an earlier article, and the similarity of a later one to it (from the threshold to 1)."""

    of: str
    score: float


class NearDuplicates:
    """Matches each article with the most similar earlier one. Articles are added from the earliest on.

    An article without a match becomes the leader of a group; later articles are compared with leaders only. So the
    match of an article does not depend on later articles, and its score refers to the article named. Methods may raise
    `sqlite3.Error`.
    """

    def __init__(
        self,
        text_of: Callable[[str], tuple[str, str]],
        threshold: float = THRESHOLD,
        db: sqlite3.Connection | None = None,
    ) -> None:
        """`text_of` returns title and body of an added article by id. `db` has the tables; it may hold articles.

        Without `db` the index is in a temporary database.
        """
        self.threshold = threshold
        self.db = temporary_database(*TABLES) if db is None else db
        self._leader = lru_cache(_CACHED_FINGERPRINTS)(lambda identity: Fingerprint(*text_of(identity)))

    def add(self, identity: str, title: str, body: str, digest: bytes = b"") -> Match | None:
        """Add the next article, which is later than all before it. Returns its match, or None."""
        text = Fingerprint(title, body)
        numbers = None if text.short else signature(text.shingles)
        keys = [] if numbers is None else band_keys(numbers)
        match = self._equal(text)
        if match is None and numbers is not None:
            match = self._most_similar(text, numbers, keys)
        leader = self._add_leader(identity, text, numbers, keys) if match is None else None
        row = (identity, digest, *(match or (None, None)), leader)
        self.db.execute("INSERT INTO articles VALUES (?, ?, ?, ?, ?)", row)
        return match

    def remove_from(self, identity: str) -> None:
        """Remove the article with this id and all later ones, in terms of ids."""
        leaders = "SELECT leader FROM articles WHERE id >= ? AND leader IS NOT NULL"
        for (number,) in self.db.execute(leaders, (identity,)):
            query = "SELECT words, signature FROM leaders WHERE number = ?"
            words, numbers = self.db.execute(query, (number,)).fetchone()
            self.db.execute("DELETE FROM words WHERE digest = ?", (words,))
            if numbers is not None:
                keys = band_keys(np.frombuffer(numbers, dtype=np.uint32))
                pairs = ((key, number) for key in keys)
                self.db.executemany("DELETE FROM bands WHERE key = ? AND leader = ?", pairs)
            self.db.execute("DELETE FROM leaders WHERE number = ?", (number,))
        self.db.execute("DELETE FROM articles WHERE id >= ?", (identity,))
        self._leader.cache_clear()

    def matches(self) -> Iterable[tuple[str, str, float]]:
        """Return the id of each article that has a match, and the match."""
        return self.db.execute("SELECT id, of, score FROM articles WHERE of IS NOT NULL ORDER BY id")

    def close(self) -> None:
        """Closes the database."""
        self.db.close()

    def _equal(self, text: Fingerprint) -> Match | None:
        row = self.db.execute("SELECT id FROM words WHERE digest = ?", (text.digest,)).fetchone()
        return Match(row[0], 1.0) if row else None

    def _most_similar(self, text: Fingerprint, numbers: Signature, keys: list[int]) -> Match | None:
        rows = self.db.execute(
            f"""
            SELECT id, signature FROM (
                SELECT leader, count(*) AS common FROM bands WHERE key IN ({", ".join("?" * BANDS)})
                GROUP BY leader ORDER BY common DESC, leader LIMIT {MAX_CANDIDATES}
            ) JOIN leaders ON number = leader ORDER BY number
            """,  # noqa: S608  placeholders and a constant
            keys,
        ).fetchall()
        best: Match | None = None
        for identity, other in rows:
            if estimated_similarity(numbers, np.frombuffer(other, dtype=np.uint32)) < self.threshold - _SLACK:
                continue
            score = round(similarity(text, self._leader(identity)), 4)
            if score >= self.threshold and (best is None or score > best.score):
                best = Match(identity, score)
        return best

    def _add_leader(self, identity: str, text: Fingerprint, numbers: Signature | None, keys: list[int]) -> int | None:
        self.db.execute("INSERT INTO words VALUES (?, ?)", (text.digest, identity))
        row = self.db.execute(
            "INSERT INTO leaders (id, words, signature) VALUES (?, ?, ?)",
            (identity, text.digest, None if numbers is None else numbers.tobytes()),
        )
        self.db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", ((key, row.lastrowid) for key in keys))
        return row.lastrowid
