"""The rows of an export: the records that were selected, and beside those of articles how they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vokcrawl.errors import UsageError
from vokcrawl.exports.forms import INSTALL
from vokcrawl.exports.selection import Selection
from vokcrawl.storage.snapshot import Fold, Snapshot

if TYPE_CHECKING:
    from vokcrawl.exports.near_duplicates.index import NearDuplicates

OF_ARTICLES = ("current", "articles")


class Rows:
    """Rows of a snapshot. Near duplicates are sought among all articles of it, whatever is selected, so that an article
    has the same in every export of the archive as of the same day. `near` counts the rows that are such."""

    def __init__(
        self, snapshot: Snapshot, selection: Selection, whats: tuple[str, ...], *, near_duplicates: bool
    ) -> None:
        """`whats` are those of `selection.WHATS` that will be asked for. Raises `StorageError`, `UsageError`."""
        self.near = 0
        self._snapshot = snapshot
        self._selection = selection
        self._fold = Fold(snapshot) if any(what in OF_ARTICLES for what in whats) else None
        self._near = _sought(self._fold) if self._fold and near_duplicates else None

    def of(self, what: str) -> Iterator[dict[str, Any]]:
        """The rows of one of them: of `current` in the order of ids, of the others run by run."""
        for row in self._current() if what == "current" else self._delivered(what):
            if not self._selection.takes(what, row):
                continue
            if what in OF_ARTICLES and self._near is not None:
                near = self._near.of(row["id"])
                row["near_duplicate_of"], row["near_duplicate_score"] = near or (None, None)
                self.near += near is not None
            yield row

    def close(self) -> None:
        for each in (self._near, self._fold):
            if each is not None:
                each.close()

    def _current(self) -> Iterator[dict[str, Any]]:
        if self._fold is None:
            raise RuntimeError("articles were not among what would be asked for")
        for record, standing in self._fold.latest():
            if standing.removed_at is None:
                yield {**record, "latest": True, "removed_at": None}

    def _delivered(self, what: str) -> Iterator[dict[str, Any]]:
        for _, record in self._snapshot.lines(what):
            if what == "articles" and self._fold is not None:
                standing = self._fold.standing(record["id"])
                record["latest"] = record["revision"] == standing.revision
                record["removed_at"] = standing.removed_at
            yield record


def _sought(fold: Fold) -> NearDuplicates:
    try:
        from vokcrawl.exports.near_duplicates.index import NearDuplicates  # noqa: PLC0415  an optional part
    except ImportError as missing:
        raise UsageError(
            f"near duplicates need the package {missing.name}, which is not installed: {INSTALL}; "
            "or give --no-near-duplicates"
        ) from missing
    near = NearDuplicates(fold.text_of)
    for record, _ in fold.latest():
        near.add(record["id"], record["title"], record["body"])
    return near
