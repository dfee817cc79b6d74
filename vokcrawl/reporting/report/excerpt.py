"""As much of a difference as a page can hold: what changed, with some words around it."""

from __future__ import annotations

from collections.abc import Sequence

from vokcrawl.reporting.report.difference import Paragraph, Piece, Unchanged

# Characters: of what stayed, on each side of a change; of a change; of all that is shown of one text.
_AROUND = 160
_MOST_OF_CHANGE = 1_200
_MOST_IN_ALL = 5_000


def excerpt(told: Sequence[Paragraph | Unchanged]) -> tuple[list[Paragraph | Unchanged], int]:
    """The beginning of a difference, shortened, and how many changed paragraphs behind it are left out."""
    shown: list[Paragraph | Unchanged] = []
    left = _MOST_IN_ALL
    for place, each in enumerate(told):
        if isinstance(each, Unchanged):
            shown.append(each)
            continue
        if left <= 0:
            rest = sum(isinstance(later, Paragraph) for later in told[place:])
            # What stands before the first that is left out says nothing without it.
            return (shown[:-1] if isinstance(shown[-1], Unchanged) else shown), rest
        paragraph = shortened(each, left)
        left -= sum(len(piece.text) for piece in paragraph.pieces)
        shown.append(paragraph)
    return shown, 0


def shortened(paragraph: Paragraph, most: int = _MOST_IN_ALL) -> Paragraph:
    """A paragraph of at most about so many characters, from which what stayed is left out first."""
    pieces: list[Piece] = []
    last = len(paragraph.pieces) - 1
    for place, piece in enumerate(paragraph.pieces):
        if most <= 0:
            pieces.append(Piece("same", "…"))
            break
        text = cut(piece.text, _MOST_OF_CHANGE)
        if piece.kind == "same":
            text = _around(piece.text, head=place > 0, tail=place < last)
        pieces.append(Piece(piece.kind, text))
        most -= len(text)
    return Paragraph(tuple(pieces))


def cut(text: str, most: int) -> str:
    """A text, or its beginning and how much was left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} more characters)"


def _around(text: str, head: bool, tail: bool) -> str:
    """What stands beside a change: the head of it behind one, the tail before one."""
    if len(text) <= _AROUND * 2:
        return text
    begin, end = text[:_AROUND] if head else "", text[-_AROUND:] if tail else ""
    # Whole words, unless there is but one.
    begin = begin.rpartition(" ")[0] or begin
    end = end.partition(" ")[2] or end
    return f"{begin} … {end}".strip() if begin or end else cut(text, _AROUND * 2)
