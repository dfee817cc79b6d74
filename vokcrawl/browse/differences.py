"""Two versions of an article side by side, with the differences marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vokcrawl.reporting.report.difference import Comparison, Paragraph, Piece, Unchanged

# Fields that have a row of their own. The body is compared paragraph by paragraph.
_FIELDS = ("title", "published_on", "source", "language", "original_url", "story", "truncated")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the comparison: a changed field or paragraph on both sides, or a number of unchanged paragraphs.

    `label` names the field; it is empty for a paragraph of the body.
    """

    label: str = ""
    before: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()
    unchanged: int = 0


def side_by_side(comparison: Comparison, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Row]:
    """Return the rows of two versions. `comparison` limits the effort of all comparisons of a page."""
    return list(_rows(comparison, old, new))


def _rows(comparison: Comparison, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Row]:
    for name in _FIELDS:
        if old[name] != new[name]:
            yield _row(comparison.line(_text(old[name]), _text(new[name])), name.replace("_", " "))
    if old["images"] != new["images"]:
        yield Row("images", _images(old, "deleted"), _images(new, "inserted"))
    if old["body"] != new["body"]:
        for change in comparison.text(old["body"], new["body"]):
            yield _row(change.pieces) if isinstance(change, Paragraph) else _unchanged(change)


def _row(pieces: tuple[Piece, ...], label: str = "") -> Row:
    before = tuple(each for each in pieces if each.kind != "inserted")
    return Row(label, before, tuple(each for each in pieces if each.kind != "deleted"))


def _unchanged(change: Unchanged) -> Row:
    return Row(unchanged=change.paragraphs)


def _images(record: Mapping[str, Any], kind: Any) -> tuple[Piece, ...]:
    return tuple(Piece(kind, " ".join(filter(None, (each["url"], each["caption"])))) for each in record["images"])


def _text(value: object) -> str:
    if value is None:
        return "none"
    # SQLite has no type for yes and no.
    return ("yes" if value else "no") if isinstance(value, int) else str(value)
