"""Checks the output directories of several workers together with the state in Redis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from vokcrawl.integrity.consistency import ConsistencyCheck, Fault
from vokcrawl.storage.record_files import Line
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import ArticleRow, Status


@dataclass
class _Article:
    """An article in the directories: its versions by revision, and its removals by hash."""

    versions: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    removals: dict[str, int] = field(default_factory=dict)


class SharedConsistencyCheck(ConsistencyCheck):
    """Checks the records of workers' directories, in any order. With `all_folders`, none may be missing."""

    def __init__(self, *, all_folders: bool) -> None:
        super().__init__()
        self.all_folders = all_folders
        self._articles: dict[str, _Article] = {}

    def _article(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        versions = self._articles.setdefault(record["id"], _Article()).versions
        if record["revision"] in versions:
            yield Fault(line.path, line.number, f"article {record['id']}: revision {record['revision']} is duplicated")
        versions[record["revision"]] = (record["content_hash"], record["previous_hash"])

    def _removal(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        # A version may be removed, restored, and removed again with the same text.
        removals = self._articles.setdefault(record["id"], _Article()).removals
        removals[record["last_hash"]] = removals.get(record["last_hash"], 0) + 1
        yield from ()

    @override
    def with_state(self, state: State) -> Iterator[Fault]:
        path = state.where
        yield from self._between_folders(path)
        left = set(self._articles)
        for row in state.all_articles():
            if row.revision:
                left.discard(row.id)
                yield from self._known_row(row, path)
        for identity in sorted(each for each in left if self._articles[each].versions):
            yield Fault(path, None, f"article {identity} was delivered, but is not in the state")
        for identity, in_state in self._different_teasers(state):
            if not in_state:
                yield Fault(path, None, f"teaser {identity} was delivered, but is not in the state")
            elif self.all_folders:
                text = "is delivered according to the state, but is in no directory"
                yield Fault(path, None, f"teaser {identity} {text}")

    def _between_folders(self, path: str) -> Iterator[Fault]:
        for identity, held in self._articles.items():
            for revision, (_, previous) in sorted(held.versions.items()):
                before = held.versions.get(revision - 1)
                if before is not None and previous != before[0]:
                    text = (
                        f"article {identity}: previous_hash of revision {revision} is not the hash of the previous one"
                    )
                    yield Fault(path, None, text)
                elif before is None and revision > 1 and self.all_folders:
                    yield Fault(path, None, f"article {identity}: revision {revision - 1} is missing")
            hashes = [content_hash for content_hash, _ in held.versions.values()]
            for last_hash, times in held.removals.items():
                if self.all_folders and hashes.count(last_hash) < times:
                    yield Fault(path, None, f"article {identity} has more removals than versions with that text")

    def _known_row(self, row: ArticleRow, path: str) -> Iterator[Fault]:
        held = self._articles.get(row.id, _Article())
        newest = max(held.versions, default=0)
        if newest > row.revision or (self.all_folders and newest < row.revision):
            yield Fault(path, None, f"article {row.id}: revision {row.revision} in the state, {newest} in the files")
        elif newest == row.revision and held.versions[newest][0] != row.content_hash:
            yield Fault(path, None, f"article {row.id}: revision {newest} has another text in the state")
        elif self.all_folders and row.status is Status.REMOVED and row.content_hash not in held.removals:
            yield Fault(path, None, f"article {row.id} is {row.status} in the state, but not in the files")
