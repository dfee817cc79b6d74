"""Whether delivered records agree with each other, and the state with them; `verify` gives them line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vokcrawl.storage.record_files import Line
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import ArticleRow, Status


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: in which file (or state), on which line (None for the whole of it), and what."""

    path: Path | str
    line: int | None
    text: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.text}"


# Takes in a record with its line; gives what is wrong with it.
Take = Callable[[Line, dict[str, Any]], Iterator[Fault]]


class ConsistencyCheck:
    """The records of one folder, in the order of its runs, and the state that is its own."""

    def __init__(self) -> None:
        # id -> revision, content_hash, whether a tombstone came after it
        self._versions: dict[str, tuple[int, str, bool]] = {}
        self._teasers: set[str] = set()
        # By kind. Articles come before removals: a run may deliver both.
        self.takes = {"articles": self._article, "teasers": self._teaser, "removals": self._removal}

    def _article(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        revision, last_hash, _ = self._versions.get(record["id"], (0, None, False))
        if record["revision"] <= revision:
            yield Fault(line.path, line.number, f"article {record['id']}: revision {record['revision']} is there twice")
            return
        if record["revision"] != revision + 1:
            missing = f"{revision + 1} to {record['revision'] - 1}"
            yield Fault(line.path, line.number, f"article {record['id']}: revisions {missing} are missing")
        elif record["previous_hash"] != last_hash:
            yield Fault(
                line.path, line.number, f"article {record['id']}: previous_hash is not the hash of revision {revision}"
            )
        self._versions[record["id"]] = (record["revision"], record["content_hash"], False)

    def _teaser(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        if record["id"] in self._teasers:
            yield Fault(line.path, line.number, f"teaser {record['id']} is there twice")
        self._teasers.add(record["id"])

    def _removal(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        revision, last_hash, removed = self._versions.get(record["id"], (0, None, False))
        if not revision or last_hash is None:
            yield Fault(line.path, line.number, f"removal of article {record['id']}, which was never delivered")
            return
        if removed:
            yield Fault(line.path, line.number, f"removal of article {record['id']} is there twice")
        if record["last_hash"] != last_hash:
            yield Fault(
                line.path, line.number, f"removal of article {record['id']}: last_hash is not its last version's"
            )
        self._versions[record["id"]] = (revision, last_hash, True)

    def with_state(self, state: State) -> Iterator[Fault]:
        """Whether the state says the same."""
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
                        yield Fault(path, None, f"article {identity} was delivered, but is not known")
        remembered = set(state.delivered_teasers())
        for identity in sorted(remembered ^ self._teasers):
            text = (
                "is known as delivered, but is in no file"
                if identity in remembered
                else "was delivered, but is not known"
            )
            yield Fault(path, None, f"teaser {identity} {text}")

    def _known(self, row: ArticleRow, path: str) -> Iterator[Fault]:
        version = self._versions.get(row.id)
        if version is None:
            yield Fault(path, None, f"article {row.id} is known as delivered, but is in no file")
        elif version[:2] != (row.revision, row.content_hash):
            yield Fault(path, None, f"article {row.id}: revision {row.revision} is known, {version[0]} was delivered")
        elif version[2] != (row.status is Status.REMOVED):
            yield Fault(path, None, f"article {row.id} is known as {row.status}, the files say otherwise")
