"""Reads the record files once, from the first run to the last, and keeps of them what the page tells.

Of 100,000 articles only where the latest version of each lies is remembered, not what it says.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from vokcrawl.errors import StorageError
from vokcrawl.reporting.report.periods import Periods
from vokcrawl.runs.field_coverage import Coverage
from vokcrawl.storage.article_status import ArticleStatus
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.record_files import Line, read_at
from vokcrawl.storage.snapshot import Snapshot

# So many of each are shown on the page; the rest is counted.
MOST_CHANGES = 20
MOST_REMOVALS = 50
MOST_FAULTS = 10
# The fields of an article that a page may lack, and what people call them.
FIELDS = {
    "body": "text",
    "published_on": "day",
    "source": "source",
    "language": "language",
    "original_url": "original link",
    "story": "story",
    "images": "pictures",
}


class Place(NamedTuple):
    """Where a delivered article lies."""

    path: Path
    offset: int
    length: int

    def record(self) -> dict[str, Any]:
        """Reads it. Raises `StorageError`."""
        line = read_at(self.path, self.offset, self.length, "articles")
        if line.record is None:
            raise StorageError(f"{self.path}: changed while it was read ({line.fault}); run again")
        return line.record


class Version(NamedTuple):
    """The current version of an article among the records read so far: its location, the day it shows, its status."""

    place: Place
    day: str | None
    status: ArticleStatus


@dataclass(frozen=True, slots=True)
class Change:
    """A later version, and the one before it, which is None where its line could not be read."""

    old: Place | None
    new: Place


@dataclass(frozen=True, slots=True)
class Vanished:
    """A removal, and the last version of its article before it or behind it."""

    record: dict[str, Any]
    last: Version | None
    back: bool


@dataclass
class Gathered:
    """What the record files say. `changes` and `removals` are the newest, newest first."""

    articles: int = 0
    days: Counter[str] = field(default_factory=Counter)
    coverage: dict[str, Coverage] = field(default_factory=lambda: defaultdict(Coverage))
    revised_by_run: Counter[str] = field(default_factory=Counter)
    all_changes: int = 0
    changes: list[Change] = field(default_factory=list)
    all_removals: int = 0
    removals: list[Vanished] = field(default_factory=list)
    damaged: list[Line] = field(default_factory=list)

    @property
    def undated(self) -> int:
        """Articles that show no day."""
        return self.articles - self.days.total()


def gather(folder: OutputFolder, periods: Periods) -> Gathered:
    """Reads all delivered articles and removals, and passes over damaged lines. Raises `StorageError`."""
    snapshot = Snapshot(folder, skip_damaged=True)
    found = Gathered()
    latest = _articles(snapshot, periods, found)
    _removals(snapshot, latest, found)
    found.damaged = list(snapshot.damaged.values())
    return found


def _articles(snapshot: Snapshot, periods: Periods, found: Gathered) -> dict[str, Version]:
    latest: dict[str, Version] = {}
    changes: deque[Change] = deque(maxlen=MOST_CHANGES)
    for line, record in snapshot.lines("articles"):
        place = Place(line.path, line.offset, len(line.raw))
        before = latest.get(record["id"])
        status = before.status if before else ArticleStatus()
        if (current := status.with_version(record)) != status:
            latest[record["id"]] = Version(place, record["published_on"], current)
        period = periods.of(record["fetched_at"][:10])
        if period is not None:
            found.coverage[period].add("articles", {name: record[name] for name in FIELDS})
        if record["revision"] > 1:
            found.all_changes += 1
            found.revised_by_run[record["run_id"]] += 1
            changes.append(Change(before.place if before else None, place))
    found.articles = len(latest)
    found.days.update(version.day for version in latest.values() if version.day is not None)
    found.changes = list(reversed(changes))
    return latest


def _removals(snapshot: Snapshot, latest: dict[str, Version], found: Gathered) -> None:
    removals: deque[Vanished] = deque(maxlen=MOST_REMOVALS)
    for _, record in snapshot.lines("removals"):
        found.all_removals += 1
        last = latest.get(record["id"])
        back = last is not None and last.status.with_removal(record).removed_at is None
        removals.append(Vanished(record, last, back))
    found.removals = list(reversed(removals))
