"""What was changed between two texts, word by word, within bounds: a hostile text costs no more than an honest one.

Paragraphs are compared first, and then the words of those that differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from operator import attrgetter
from typing import Literal

Kind = Literal["same", "deleted", "inserted"]

# The words of one side times those of the other: so much is compared in one go, and in one `Comparison`. The time that
# it takes grows with it, for texts made on purpose faster than that.
_MOST_AT_ONCE = 160_000
_MOST_IN_ALL = 1_000_000
# Less than this share of words in common reads better as one text after the other.
_LEAST_IN_COMMON = 0.3
_WORDS = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words that stayed, went, or came."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph that was changed, in pieces."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """So many paragraphs in a row that stayed as they were."""

    paragraphs: int


class Comparison:
    """Compares texts for one page, and grows coarser once it has done more than it may."""

    def __init__(self) -> None:
        self._left = _MOST_IN_ALL

    def line(self, old: str, new: str) -> tuple[Piece, ...]:
        """What was changed in a single paragraph."""
        before, after = _WORDS.findall(old), _WORDS.findall(new)
        steps = self._steps(before, after)
        if steps is None:
            return _whole(before, after)
        pieces = [piece for step in steps for piece in _pieces(step, before, after)]
        same = sum(len(_WORDS.findall(piece.text)) for piece in pieces if piece.kind == "same")
        if same < _LEAST_IN_COMMON * max(len(before), len(after)):
            return _whole(before, after)
        return tuple(_joined(pieces))

    def text(self, old: str, new: str) -> list[Paragraph | Unchanged]:
        """What was changed in a text whose paragraphs are parted by blank lines."""
        before, after = old.split("\n\n"), new.split("\n\n")
        steps = self._steps(before, after)
        if steps is None:
            return [Paragraph(_whole(_WORDS.findall(old), _WORDS.findall(new)))]
        told: list[Paragraph | Unchanged] = []
        for tag, first, last, begin, end in steps:
            if tag == "equal":
                told.append(Unchanged(last - first))
                continue
            # Those that stand across from each other are taken for versions of one another.
            both = min(last - first, end - begin)
            for step in range(both):
                told.append(Paragraph(self.line(before[first + step], after[begin + step])))
            told += [Paragraph((Piece("deleted", each),)) for each in before[first + both : last] if each]
            told += [Paragraph((Piece("inserted", each),)) for each in after[begin + both : end] if each]
        return told

    def _steps(self, old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]] | None:
        """difflib's steps from one to the other; None where that would be too much work."""
        begin = _common(old, new)
        end = _common(old[begin:][::-1], new[begin:][::-1])
        work = (len(old) - begin - end) * (len(new) - begin - end)
        if work > min(_MOST_AT_ONCE, self._left):
            return None
        self._left -= work
        matcher = SequenceMatcher(None, old[begin : len(old) - end], new[begin : len(new) - end], autojunk=False)
        middle = [(tag, *(place + begin for place in places)) for tag, *places in matcher.get_opcodes()]
        head = [("equal", 0, begin, 0, begin)] if begin else []
        tail = [("equal", len(old) - end, len(old), len(new) - end, len(new))] if end else []
        return [*head, *middle, *tail]  # type: ignore[list-item]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many elements at the beginning are the same."""
    shorter = min(len(old), len(new))
    return next((place for place in range(shorter) if old[place] != new[place]), shorter)


def _pieces(step: tuple[str, int, int, int, int], old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    tag, first, last, begin, end = step
    if tag == "equal":
        yield Piece("same", " ".join(old[first:last]))
        return
    if first < last:
        yield Piece("deleted", " ".join(old[first:last]))
    if begin < end:
        yield Piece("inserted", " ".join(new[begin:end]))


def _whole(old: Sequence[str], new: Sequence[str]) -> tuple[Piece, ...]:
    sides = (Piece("deleted", " ".join(old)), Piece("inserted", " ".join(new)))
    return tuple(side for side in sides if side.text)


def _joined(pieces: list[Piece]) -> Iterator[Piece]:
    """The pieces without single words between two changes: such islands cost the reader more than they tell."""
    told = [
        piece
        for place, piece in enumerate(pieces)
        for piece in (
            (Piece("deleted", piece.text), Piece("inserted", piece.text))
            if piece.kind == "same" and " " not in piece.text and 0 < place < len(pieces) - 1
            else (piece,)
        )
    ]
    for changed, run in groupby(told, key=lambda piece: piece.kind != "same"):
        if not changed:
            yield from run
            continue
        both = sorted(run, key=attrgetter("kind"))
        for kind, alike in groupby(both, key=attrgetter("kind")):
            yield Piece(kind, " ".join(piece.text for piece in alike))
