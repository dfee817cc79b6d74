"""Word-by-word differences between two texts, with limited effort even for hostile texts.

Paragraphs are compared first, then the words of those that differ.
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

# Maximum effort (words of one text times words of the other) of one comparison, and of all of a `Comparison`. The time
# grows at least in proportion, and faster for hostile texts.
_MAX_EFFORT = 160_000
_MAX_TOTAL_EFFORT = 1_000_000
# Below this share of common words, both texts are shown completely.
_MIN_IN_COMMON = 0.3
_WORDS = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Unchanged, deleted or inserted words."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A changed paragraph, in pieces."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A number of consecutive unchanged paragraphs."""

    paragraphs: int


class Comparison:
    """Compares the texts of one page, and becomes coarser when the maximum effort is reached."""

    def __init__(self) -> None:
        self._left = _MAX_TOTAL_EFFORT

    def line(self, old: str, new: str) -> tuple[Piece, ...]:
        """Return the changes of a single paragraph."""
        before, after = _WORDS.findall(old), _WORDS.findall(new)
        steps = self._steps(before, after)
        if steps is None:
            return _whole(before, after)
        pieces = [piece for step in steps for piece in _pieces(step, before, after)]
        same = sum(len(_WORDS.findall(piece.text)) for piece in pieces if piece.kind == "same")
        if same < _MIN_IN_COMMON * max(len(before), len(after)):
            return _whole(before, after)
        return tuple(_joined(pieces))

    def text(self, old: str, new: str) -> list[Paragraph | Unchanged]:
        """Return the changes of a text whose paragraphs are separated by blank lines."""
        before, after = old.split("\n\n"), new.split("\n\n")
        steps = self._steps(before, after)
        if steps is None:
            return [Paragraph(_whole(_WORDS.findall(old), _WORDS.findall(new)))]
        changes: list[Paragraph | Unchanged] = []
        for tag, first, last, begin, end in steps:
            if tag == "equal":
                changes.append(Unchanged(last - first))
                continue
            # Paragraphs at the same position are compared with each other.
            both = min(last - first, end - begin)
            for step in range(both):
                changes.append(Paragraph(self.line(before[first + step], after[begin + step])))
            changes += [Paragraph((Piece("deleted", each),)) for each in before[first + both : last] if each]
            changes += [Paragraph((Piece("inserted", each),)) for each in after[begin + both : end] if each]
        return changes

    def _steps(self, old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]] | None:
        """Return difflib's operations; None if the effort is too large."""
        begin = _common(old, new)
        end = _common(old[begin:][::-1], new[begin:][::-1])
        work = (len(old) - begin - end) * (len(new) - begin - end)
        if work > min(_MAX_EFFORT, self._left):
            return None
        self._left -= work
        matcher = SequenceMatcher(None, old[begin : len(old) - end], new[begin : len(new) - end], autojunk=False)
        middle = [(tag, *(place + begin for place in places)) for tag, *places in matcher.get_opcodes()]
        head = [("equal", 0, begin, 0, begin)] if begin else []
        tail = [("equal", len(old) - end, len(old), len(new) - end, len(new))] if end else []
        return [*head, *middle, *tail]  # type: ignore[list-item]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """Return the number of common elements at the beginning."""
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
    """Merge single unchanged words between two changes into the changes, which is easier to read."""
    merged = [
        piece
        for place, piece in enumerate(pieces)
        for piece in (
            (Piece("deleted", piece.text), Piece("inserted", piece.text))
            if piece.kind == "same" and " " not in piece.text and 0 < place < len(pieces) - 1
            else (piece,)
        )
    ]
    for changed, run in groupby(merged, key=lambda piece: piece.kind != "same"):
        if not changed:
            yield from run
            continue
        both = sorted(run, key=attrgetter("kind"))
        for kind, group in groupby(both, key=attrgetter("kind")):
            yield Piece(kind, " ".join(piece.text for piece in group))
