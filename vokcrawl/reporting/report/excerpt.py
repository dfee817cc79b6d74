"""Shortens differences: changes with some words of context."""

from __future__ import annotations

from collections.abc import Sequence

from vokcrawl.reporting.report.difference import Paragraph, Piece, Unchanged

# Maximum number of characters of the context on each side of a change, of a change, and in total.
_CONTEXT = 160
_MAX_CHANGE = 1_200
_MAX_TOTAL = 5_000


def excerpt(changes: Sequence[Paragraph | Unchanged]) -> tuple[list[Paragraph | Unchanged], int]:
    """Return the beginning of a difference, and the number of omitted changed paragraphs after it."""
    shown: list[Paragraph | Unchanged] = []
    left = _MAX_TOTAL
    for place, each in enumerate(changes):
        if isinstance(each, Unchanged):
            shown.append(each)
            continue
        if left <= 0:
            rest = sum(isinstance(later, Paragraph) for later in changes[place:])
            # Unchanged paragraphs before an omitted one are omitted as well.
            return (shown[:-1] if isinstance(shown[-1], Unchanged) else shown), rest
        paragraph = shortened(each, left)
        left -= sum(len(piece.text) for piece in paragraph.pieces)
        shown.append(paragraph)
    return shown, 0


def shortened(paragraph: Paragraph, most: int = _MAX_TOTAL) -> Paragraph:
    """Shorten a paragraph to about `most` characters; unchanged words are omitted first."""
    pieces: list[Piece] = []
    last = len(paragraph.pieces) - 1
    for place, piece in enumerate(paragraph.pieces):
        if most <= 0:
            pieces.append(Piece("same", "…"))
            break
        text = cut(piece.text, _MAX_CHANGE)
        if piece.kind == "same":
            text = _around(piece.text, head=place > 0, tail=place < last)
        pieces.append(Piece(piece.kind, text))
        most -= len(text)
    return Paragraph(tuple(pieces))


def cut(text: str, most: int) -> str:
    """Return a text, or its beginning with the number of omitted characters."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} more characters)"


def _around(text: str, head: bool, tail: bool) -> str:
    """Return the context of a change: the beginning of the text after one, the end of the text before one."""
    if len(text) <= _CONTEXT * 2:
        return text
    begin, end = text[:_CONTEXT] if head else "", text[-_CONTEXT:] if tail else ""
    # Whole words, unless there is only one.
    begin = begin.rpartition(" ")[0] or begin
    end = end.partition(" ")[2] or end
    return f"{begin} … {end}".strip() if begin or end else cut(text, _CONTEXT * 2)
