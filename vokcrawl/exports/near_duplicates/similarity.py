"""Similarity of two texts.

Texts written to a formula (greetings, floral baskets, monthly figures) share most of their words and differ in names
and numbers. A reworded story may share fewer words, but keeps its names and numbers. So both are compared: the share of
common shingles, and the share of common particulars (names and numbers).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cached_property
from itertools import groupby

import numpy as np
import numpy.typing as npt

# Characters in a shingle: about one word, so an inserted word changes little and a different word order much.
SHINGLE = 5
# Texts with fewer shingles match only if they are equal: a text this short may be all formula.
SHORT = 300
# The minimum share of common particulars, relative to the text that has fewer of them.
SHARED_PARTICULARS = 0.6

_WORD = re.compile(r"\w+")
# A run of words separated by single spaces. Group 1 is set at the start of a sentence, where a capital letter does not
# indicate a name.
_WORD_RUN = re.compile(r"((?:\A|\n|[.!?:][\"'”’)]*\s|[\"“‘'(]|--|[–—])\s*)?(\w+(?: \w+)*)")
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Fingerprint:
    """The values by which a text is compared: the body of an article, or its title if it has no body.

    `digest` is the hash of the words in order; `shingles` are sorted, distinct hashes. Both ignore case, punctuation,
    white space and Unicode composition.
    """

    def __init__(self, title: str, body: str) -> None:
        self._text = unicodedata.normalize("NFKC", body or title)
        words = " ".join(_WORD.findall(self._text.casefold()))
        self.digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()
        self.shingles = _shingles(words)

    @property
    def short(self) -> bool:
        """Whether the text is too short to be compared by its shingles."""
        return len(self.shingles) < SHORT

    @cached_property
    def particulars(self) -> frozenset[str]:
        """Names and numbers. Computed on demand: most texts are never compared."""
        return particulars(self._text)


def particulars(text: str) -> frozenset[str]:
    """Return numbers and names: runs of capitalised words. A single word at the start of a sentence does not count.

    >>> sorted(particulars("Floral baskets were laid by Ri Un Byol. Present were 12 guests of Narigol."))
    ['12', 'Narigol', 'Ri Un Byol']
    """
    found: set[str] = set()
    for run in _WORD_RUN.finditer(text):
        words = run[2].split(" ")
        found.update(word for word in words if word[0].isdigit())
        at = 0
        for capital, group in groupby(words, key=lambda word: word[0].isupper()):
            name = list(group)
            if capital and (at or run[1] is None or len(name) > 1):
                found.add(" ".join(name))
            at += len(name)
    return frozenset(found)


def similarity(one: Fingerprint, other: Fingerprint) -> float:
    """Return the Jaccard similarity of the shingles of two texts, from 0 to 1.

    It is 1 for equal words in equal order, and 0 if a text is short or too few particulars agree.
    """
    if one.digest == other.digest:
        return 1.0
    if one.short or other.short or _shared(one.particulars, other.particulars) < SHARED_PARTICULARS:
        return 0.0
    common = len(np.intersect1d(one.shingles, other.shingles, assume_unique=True))
    return common / (len(one.shingles) + len(other.shingles) - common)


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    fewer = min(len(one), len(other))
    return len(one & other) / fewer if fewer else 1.0


def _shingles(text: str) -> npt.NDArray[np.uint32]:
    # Records contain no lone surrogates, but one must not abort an export.
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    hashes = np.zeros(max(len(codes) - SHINGLE + 1, 0), dtype=np.uint64)
    for place in range(SHINGLE):
        # Wraps around on purpose.
        hashes = hashes * _MIX + codes[place : place + len(hashes)]
    return np.unique((hashes >> np.uint64(32)).astype(np.uint32))
