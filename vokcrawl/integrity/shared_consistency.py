"""The same for workers: their folders hold the archive together, and the state on the server is that of them all."""

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
    """What the folders hold of an article: the versions by their revision, and the tombstones by the hash they name."""

    versions: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    removals: dict[str, int] = field(default_factory=dict)


class SharedConsistencyCheck(ConsistencyCheck):
    """The records of some workers' folders, in any order. With `all_folders` nothing may be missing among them."""

    def __init__(self, *, all_folders: bool) -> None:
        super().__init__()
        self.all_folders = all_folders
        self._articles: dict[str, _Article] = {}

    def _article(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        versions = self._articles.setdefault(record["id"], _Article()).versions
        if record["revision"] in versions:
            yield Fault(line.path, line.number, f"article {record['id']}: revision {record['revision']} is there twice")
        versions[record["revision"]] = (record["content_hash"], record["previous_hash"])

    def _removal(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        # The same version may be taken away, come back as a later one, and be taken away again with an old text.
        removals = self._articles.setdefault(record["id"], _Article()).removals
        removals[record["last_hash"]] = removals.get(record["last_hash"], 0) + 1
        yield from ()

    @override
    def with_state(self, state: State) -> Iterator[Fault]:
        path = state.where
        yield from self._among_themselves(path)
        left = set(self._articles)
        for row in state.all_articles():
            if row.revision:
                left.discard(row.id)
                yield from self._known(row, path)
        for identity in sorted(each for each in left if self._articles[each].versions):
            yield Fault(path, None, f"article {identity} was delivered, but is not known")
        remembered = set(state.delivered_teasers())
        for identity in sorted(self._teasers - remembered):
            yield Fault(path, None, f"teaser {identity} was delivered, but is not known")
        for identity in sorted(remembered - self._teasers) if self.all_folders else ():
            yield Fault(path, None, f"teaser {identity} is known as delivered, but is in no folder")

    def _among_themselves(self, path: str) -> Iterator[Fault]:
        for identity, held in self._articles.items():
            for revision, (_, previous) in sorted(held.versions.items()):
                before = held.versions.get(revision - 1)
                if before is not None and previous != before[0]:
                    text = f"article {identity}: previous_hash of revision {revision} is not the hash of the one before"
                    yield Fault(path, None, text)
                elif before is None and revision > 1 and self.all_folders:
                    yield Fault(path, None, f"article {identity}: revision {revision - 1} is missing")
            hashes = [content_hash for content_hash, _ in held.versions.values()]
            for last_hash, times in held.removals.items():
                if self.all_folders and hashes.count(last_hash) < times:
                    yield Fault(path, None, f"removals of article {identity}: more than its versions of that text")

    def _known(self, row: ArticleRow, path: str) -> Iterator[Fault]:
        held = self._articles.get(row.id, _Article())
        newest = max(held.versions, default=0)
        if newest > row.revision or (self.all_folders and newest < row.revision):
            yield Fault(path, None, f"article {row.id}: revision {row.revision} is known, {newest} was delivered")
        elif newest == row.revision and held.versions[newest][0] != row.content_hash:
            yield Fault(path, None, f"article {row.id}: another text of revision {newest} is known")
        elif self.all_folders and row.status is Status.REMOVED and row.content_hash not in held.removals:
            yield Fault(path, None, f"article {row.id} is known as {row.status}, the files say otherwise")
