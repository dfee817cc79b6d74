"""Finds the most similar earlier article of a text with locality-sensitive hashing (LSH).

MinHash (datasketch) gives each text 128 numbers; texts that agree in all numbers of a band are candidates and are
compared. datasketch keeps its bands in memory or in Redis; here they are in a temporary file, so a million articles
need no more memory than a thousand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from datasketch import MinHash

from vokcrawl.exports.near_duplicates.similarity import Fingerprint, similarity
from vokcrawl.utils.temp_database import temporary_database, translate_database_errors

# Tuned on the near duplicates of the sample site; `python -m benchmarks.near_duplicates` shows precision and recall.
THRESHOLD = 0.8
# Two texts of similarity s share a band with probability 1 - (1 - s ** ROWS) ** BANDS: 0.947 at the threshold, 0.994
# at 0.85, 0.06 at 0.5.
BANDS, ROWS = 16, 8
# Maximum number of candidates to compare, those with the most common bands first: formula texts have many.
MAX_CANDIDATES = 64
# A candidate whose estimated similarity is below the threshold by more than three standard errors is not compared.
_SLACK = 0.11
# Cache size for fingerprints: similar articles tend to arrive together.
_CACHED_FINGERPRINTS = 256


Signature = npt.NDArray[np.uint32]


class Match(NamedTuple):
    """The id of an earlier article, and the similarity of a later one to it (from the threshold to 1)."""

    of: str
    score: float


class NearDuplicates:
    """Matches each article with the most similar earlier one. Articles are added from the earliest on.

    An article without a match becomes the leader of a group; later articles are compared with leaders only. So the
    match of an article does not depend on later articles, and its score refers to the article named.
    """

    def __init__(self, text_of: Callable[[str], tuple[str, str]], threshold: float = THRESHOLD) -> None:
        """`text_of` returns title and body of an added article by id."""
        self.threshold = threshold
        self._db = temporary_database(
            "CREATE TABLE leaders (number INTEGER PRIMARY KEY, id TEXT, signature BLOB)",
            "CREATE TABLE texts (digest BLOB PRIMARY KEY, id TEXT) WITHOUT ROWID",
            "CREATE TABLE bands (key INTEGER, leader INTEGER, PRIMARY KEY (key, leader)) WITHOUT ROWID",
            "CREATE TABLE matches (id TEXT PRIMARY KEY, of TEXT, score REAL) WITHOUT ROWID",
        )
        self._permutations = MinHash(num_perm=BANDS * ROWS).permutations
        self._leader = lru_cache(_CACHED_FINGERPRINTS)(lambda identity: Fingerprint(*text_of(identity)))

    def add(self, identity: str, title: str, body: str) -> Match | None:
        """Add the next article, which is later than all before it. Returns its match, or None."""
        text = Fingerprint(title, body)
        signature = None if text.short else self._signature(text)
        keys = [] if signature is None else _keys(signature)
        with translate_database_errors():
            match = self._equal(text)
            if match is None and signature is not None:
                match = self._most_similar(text, signature, keys)
            if match is None:
                self._add_leader(identity, text, signature, keys)
            else:
                self._db.execute("INSERT INTO matches VALUES (?, ?, ?)", (identity, *match))
        return match

    def of(self, identity: str) -> Match | None:
        """Return the match that `add` found for an article."""
        with translate_database_errors():
            row = self._db.execute("SELECT of, score FROM matches WHERE id = ?", (identity,)).fetchone()
        return Match(*row) if row else None

    def close(self) -> None:
        """Closes the temporary database."""
        self._db.close()

    def _equal(self, text: Fingerprint) -> Match | None:
        row = self._db.execute("SELECT id FROM texts WHERE digest = ?", (text.digest,)).fetchone()
        return Match(row[0], 1.0) if row else None

    def _most_similar(self, text: Fingerprint, signature: Signature, keys: list[int]) -> Match | None:
        rows = self._db.execute(
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
            estimate = np.count_nonzero(signature == np.frombuffer(other, dtype=signature.dtype)) / len(signature)
            if estimate < self.threshold - _SLACK:
                continue
            score = round(similarity(text, self._leader(identity)), 4)
            if score >= self.threshold and (best is None or score > best.score):
                best = Match(identity, score)
        return best

    def _add_leader(self, identity: str, text: Fingerprint, signature: Signature | None, keys: list[int]) -> None:
        self._db.execute("INSERT INTO texts VALUES (?, ?)", (text.digest, identity))
        if signature is not None:
            row = self._db.execute("INSERT INTO leaders (id, signature) VALUES (?, ?)", (identity, signature.tobytes()))
            pairs = ((key, row.lastrowid) for key in keys)
            self._db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", pairs)

    def _signature(self, text: Fingerprint) -> Signature:
        # The shingles are already hashed.
        hashed = MinHash(BANDS * ROWS, hashfunc=int, permutations=self._permutations, scheme="affine32")
        hashed.update_batch(text.shingles.tolist())
        signature: Signature = hashed.hashvalues.astype(np.uint32)
        return signature


def _keys(signature: Signature) -> list[int]:
    """Return a key for each band: a hash of the band's index and its numbers."""
    bands = signature.reshape(BANDS, ROWS)
    digests = (hashlib.blake2b(bytes([band]) + row.tobytes(), digest_size=8) for band, row in enumerate(bands))
    return [int.from_bytes(digest.digest(), "little", signed=True) for digest in digests]
