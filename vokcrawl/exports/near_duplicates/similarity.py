"""How much two texts are alike.

Two texts of one formula (greetings, baskets, a month's figures) share most of their words and differ in names and
numbers; a story that is told again may differ in more words, but keeps its names and numbers. So both are compared: the
share of the texts' shingles that both have, and the share of their particulars.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cached_property
from itertools import groupby

import numpy as np
import numpy.typing as npt

# Characters in a shingle: about a word, so that an inserted word costs little and another order of words much.
SHINGLE = 5
# A text of fewer shingles is like another only when it is the same: so short, a formula is nearly all of it.
SHORT = 300
# The least share of the particulars of the text that has fewer of them which the other one must have, too.
SHARED_PARTICULARS = 0.6

_WORD = re.compile(r"\w+")
# A word with those that follow it with nothing but a space between, and what before it says that it begins a sentence:
# there a capital letter says nothing.
_LED_WORDS = re.compile(r"((?:\A|\n|[.!?:][\"'”’)]*\s|[\"“‘'(]|--|[–—])\s*)?(\w+(?: \w+)*)")
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Fingerprint:
    """What an article's text is compared by: its body, or its title where it has no body.

    `digest` is of its words in their order, `shingles` are hashes, sorted, each once: both are blind to case,
    punctuation, white space and to how Unicode composes a letter.
    """

    def __init__(self, title: str, body: str) -> None:
        self._text = unicodedata.normalize("NFKC", body or title)
        words = " ".join(_WORD.findall(self._text.casefold()))
        self.digest = hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()
        self.shingles = _shingles(words)

    @property
    def short(self) -> bool:
        return len(self.shingles) < SHORT

    @cached_property
    def particulars(self) -> frozenset[str]:
        """Found when it is first asked for, for most texts are compared with none."""
        return particulars(self._text)


def particulars(text: str) -> frozenset[str]:
    """Numbers, and names: words in a row with a capital letter each. One word that begins a sentence is none.

    >>> sorted(particulars("Floral baskets were laid by Ri Un Byol. Present were 12 guests of Narigol."))
    ['12', 'Narigol', 'Ri Un Byol']
    """
    found: set[str] = set()
    for run in _LED_WORDS.finditer(text):
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
    """From 0 to 1: the share of all shingles of both texts that they have in common (Jaccard).

    1 for the same words in the same order; 0 where a text is short, or where too few particulars are the same.
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
    # Lone surrogates are in no record; should one come, it must not end the export.
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    hashes = np.zeros(max(len(codes) - SHINGLE + 1, 0), dtype=np.uint64)
    for place in range(SHINGLE):
        # Wraps around, which is what a hash is to do.
        hashes = hashes * _MIX + codes[place : place + len(hashes)]
    return np.unique((hashes >> np.uint64(32)).astype(np.uint32))
