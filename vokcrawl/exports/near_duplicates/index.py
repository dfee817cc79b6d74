"""Finds the earlier article that a text is most like, among any number of them, without comparing it with each.

MinHash (datasketch) gives each text 128 numbers; texts that agree in all numbers of one band are worth comparing
(locality-sensitive hashing). datasketch keeps bands in memory or in a Redis server; here they are in a temporary file,
so that a million articles need no more memory than a thousand.
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

# Chosen on the sample site's doubles; `python -m benchmarks.near_duplicates` prints what each threshold costs.
THRESHOLD = 0.8
# Two texts with a share s of common shingles meet in a band with 1 - (1 - s ** ROWS) ** BANDS: 0.947 at the threshold,
# 0.994 at 0.85, 0.06 at one half.
BANDS, ROWS = 16, 8
# At most so many are looked at, those that meet in the most bands first: a formula has many texts, and they meet often.
MOST_LOOKED_AT = 64
# A share of equal numbers that is less than the threshold by this (three standard errors) is not worth comparing.
_SLACK = 0.11
# Fingerprints of the articles that were compared last are kept, for what is alike comes in together.
_KEPT = 256


Signature = npt.NDArray[np.uint32]


class Match(NamedTuple):
    """An earlier article, and how much a later one is like it (from the threshold to 1)."""

    of: str
    score: float


class NearDuplicates:
    """Takes articles from the earliest on, and says of each which earlier one it tells again.

    An article that tells no earlier one again leads a group; the others are compared with the leaders alone. So what is
    said of an article does not depend on those that come after it, and its score is that against the article named.
    """

    def __init__(self, text_of: Callable[[str], tuple[str, str]], threshold: float = THRESHOLD) -> None:
        """`text_of` gives title and body of an article that was added, by its id."""
        self.threshold = threshold
        self._db = temporary_database(
            "CREATE TABLE leaders (number INTEGER PRIMARY KEY, id TEXT, signature BLOB)",
            "CREATE TABLE texts (digest BLOB PRIMARY KEY, id TEXT) WITHOUT ROWID",
            "CREATE TABLE bands (key INTEGER, leader INTEGER, PRIMARY KEY (key, leader)) WITHOUT ROWID",
            "CREATE TABLE near (id TEXT PRIMARY KEY, of TEXT, score REAL) WITHOUT ROWID",
        )
        self._permutations = MinHash(num_perm=BANDS * ROWS).permutations
        self._leader = lru_cache(_KEPT)(lambda identity: Fingerprint(*text_of(identity)))

    def add(self, identity: str, title: str, body: str) -> Match | None:
        """Takes in the next article, later than all before it. None where it tells none of them again."""
        text = Fingerprint(title, body)
        signature = None if text.short else self._signature(text)
        keys = [] if signature is None else _keys(signature)
        with translate_database_errors():
            near = self._same(text)
            if near is None and signature is not None:
                near = self._likest(text, signature, keys)
            if near is None:
                self._lead(identity, text, signature, keys)
            else:
                self._db.execute("INSERT INTO near VALUES (?, ?, ?)", (identity, *near))
        return near

    def of(self, identity: str) -> Match | None:
        """What `add` has said of an article."""
        with translate_database_errors():
            row = self._db.execute("SELECT of, score FROM near WHERE id = ?", (identity,)).fetchone()
        return Match(*row) if row else None

    def close(self) -> None:
        self._db.close()

    def _same(self, text: Fingerprint) -> Match | None:
        row = self._db.execute("SELECT id FROM texts WHERE digest = ?", (text.digest,)).fetchone()
        return Match(row[0], 1.0) if row else None

    def _likest(self, text: Fingerprint, signature: Signature, keys: list[int]) -> Match | None:
        rows = self._db.execute(
            f"""
            SELECT id, signature FROM (
                SELECT leader, count(*) AS met FROM bands WHERE key IN ({", ".join("?" * BANDS)})
                GROUP BY leader ORDER BY met DESC, leader LIMIT {MOST_LOOKED_AT}
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

    def _lead(self, identity: str, text: Fingerprint, signature: Signature | None, keys: list[int]) -> None:
        self._db.execute("INSERT INTO texts VALUES (?, ?)", (text.digest, identity))
        if signature is not None:
            row = self._db.execute("INSERT INTO leaders (id, signature) VALUES (?, ?)", (identity, signature.tobytes()))
            pairs = ((key, row.lastrowid) for key in keys)
            self._db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", pairs)

    def _signature(self, text: Fingerprint) -> Signature:
        # The shingles are hashes already.
        hashed = MinHash(BANDS * ROWS, hashfunc=int, permutations=self._permutations, scheme="affine32")
        hashed.update_batch(text.shingles.tolist())
        signature: Signature = hashed.hashvalues.astype(np.uint32)
        return signature


def _keys(signature: Signature) -> list[int]:
    """A number for each band: which band it is, and what the text has there."""
    bands = signature.reshape(BANDS, ROWS)
    digests = (hashlib.blake2b(bytes([band]) + row.tobytes(), digest_size=8) for band, row in enumerate(bands))
    return [int.from_bytes(digest.digest(), "little", signed=True) for digest in digests]
