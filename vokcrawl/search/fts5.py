"""Full-text search in SQLite (FTS5): how words are told apart, and how to write a query that cannot be a wrong one."""

from __future__ import annotations

from collections.abc import Sequence

from vokcrawl.normalize import clean_text

# English words are found in all their forms, all words without regard to case and accents.
TOKENIZER = "porter unicode61 remove_diacritics 2"


def match_of(words: Sequence[str]) -> str:
    """What asks FTS5 for texts that have all of the words, taken literally; empty where there is no word among them.

    Several words in one string must stand in a row; a string that ends in ``*`` is the beginning of a word.

    >>> match_of(["harvest", "Ri Un Byol", "orch*", '"', "NEAR("])
    '"harvest" "Ri Un Byol" "orch"* "NEAR("'
    """
    return " ".join(_phrase(clean_text(word)) for word in words if any(map(str.isalnum, word)))


def _phrase(text: str) -> str:
    bare = text.rstrip("*")
    quoted = bare.replace('"', '""')
    return f'"{quoted}"' + ("*" if bare != text else "")
