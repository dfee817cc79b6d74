"""Checks that delivered records are consistent with each other and with the state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vokcrawl.storage.article_status import ArticleStatus
from vokcrawl.storage.record_files import Line
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import ArticleRow, Status


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: its file (or state), its line (None if it concerns the whole file), and its description."""

    path: Path | str
    line: int | None
    text: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.text}"


# Checks a record with its line, and yields its faults.
Take = Callable[[Line, dict[str, Any]], Iterator[Fault]]


_UNKNOWN = (ArticleStatus(), None)
# Columns of a row that are those of the article's current version.
_DERIVED = ("url", "title_hash", "body_hash", "truncated", "source", "published_on", "first_seen_at")


def _hashes(row: ArticleRow) -> tuple[int, ...]:
    return tuple(hash(getattr(row, name)) for name in _DERIVED)


class ConsistencyCheck:
    """Checks the records of one output directory, in the order of its runs, and its state."""

    def __init__(self) -> None:
        # id -> status, and content_hash of the current version
        self._versions: dict[str, tuple[ArticleStatus, str | None]] = {}
        # id -> hashes of the columns of its row
        self._columns: dict[str, tuple[int, ...]] = {}
        self._teasers: set[str] = set()
        # By kind. Articles come before removals, because a run may deliver both.
        self.takes = {"articles": self._article, "teasers": self._teaser, "removals": self._removal}

    def _article(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        status, last_hash = self._versions.get(record["id"], _UNKNOWN)
        revision, current = status.revision, status.with_version(record)
        if current == status:
            yield Fault(line.path, line.number, f"article {record['id']}: revision {record['revision']} is duplicated")
            return
        if record["revision"] != revision + 1:
            missing = f"{revision + 1} to {record['revision'] - 1}"
            yield Fault(line.path, line.number, f"article {record['id']}: revisions {missing} are missing")
        elif record["previous_hash"] != last_hash:
            yield Fault(
                line.path, line.number, f"article {record['id']}: previous_hash is not the hash of revision {revision}"
            )
        self._versions[record["id"]] = (current, record["content_hash"])
        self._columns[record["id"]] = _hashes(ArticleRow.of_record(record, None))

    def _teaser(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        if record["id"] in self._teasers:
            yield Fault(line.path, line.number, f"teaser {record['id']} is duplicated")
        self._teasers.add(record["id"])

    def _removal(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        status, last_hash = self._versions.get(record["id"], _UNKNOWN)
        if not status.revision:
            yield Fault(line.path, line.number, f"removal of article {record['id']}, which was never delivered")
            return
        if status.removed_at is not None:
            yield Fault(line.path, line.number, f"removal of article {record['id']} is duplicated")
        if record["last_hash"] != last_hash:
            yield Fault(
                line.path, line.number, f"removal of article {record['id']}: last_hash is not that of its last version"
            )
        self._versions[record["id"]] = (status.with_removal(record), last_hash)

    def with_state(self, state: State) -> Iterator[Fault]:
        """Yield differences between the records and the state."""
        path = state.where
        known = 0
        for row in state.all_articles():
            if row.revision:
                known += 1
                yield from self._known(row, path)
        if known < len(self._versions):
            ids = list(self._versions)
            for start in range(0, len(ids), 500):
                some = ids[start : start + 500]
                rows = state.articles(some)
                for identity in some:
                    if identity not in rows or not rows[identity].revision:
                        yield Fault(path, None, f"article {identity} was delivered, but is not in the state")
        in_state = set(state.delivered_teasers())
        for identity in sorted(in_state ^ self._teasers):
            text = (
                "is delivered according to the state, but is in no file"
                if identity in in_state
                else "was delivered, but is not in the state"
            )
            yield Fault(path, None, f"teaser {identity} {text}")

    def _known(self, row: ArticleRow, path: str) -> Iterator[Fault]:
        status, last_hash = self._versions.get(row.id, _UNKNOWN)
        if not status.revision:
            yield Fault(path, None, f"article {row.id} is delivered according to the state, but is in no file")
        elif (status.revision, last_hash) != (row.revision, row.content_hash):
            yield Fault(
                path, None, f"article {row.id}: revision {row.revision} in the state, {status.revision} in the files"
            )
        elif (status.removed_at is not None) != (row.status is Status.REMOVED):
            yield Fault(path, None, f"article {row.id} is {row.status} in the state, but not in the files")
        elif (columns := self._columns[row.id]) != (found := _hashes(row)):
            wrong = {name for name, one, other in zip(_DERIVED, columns, found, strict=True) if one != other}
            if row.source is None:
                # The state of the first releases did not have it.
                wrong.discard("source")
            if wrong:
                yield Fault(path, None, f"article {row.id}: {', '.join(sorted(wrong))} not as in its record")
