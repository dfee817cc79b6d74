"""Reads the record files once, in the order of the runs, and collects the contents of the report.

Only the location of each article's latest version is kept in memory, not its text.
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

# Maximum number of each in the report; the others are counted.
MOST_CHANGES = 20
MOST_REMOVALS = 50
MOST_FAULTS = 10
# The fields that may be missing, and their labels.
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
    """The location of a delivered article."""

    path: Path
    offset: int
    length: int

    def record(self) -> dict[str, Any]:
        """Read the record. Raises `StorageError`."""
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
    """A revision and the version before it, which is None if its line could not be read."""

    old: Place | None
    new: Place


@dataclass(frozen=True, slots=True)
class RemovedArticle:
    """A removal, and the latest version of its article. `back` is set if the article was delivered again since."""

    record: dict[str, Any]
    last: Version | None
    back: bool


@dataclass
class Gathered:
    """The figures from the record files. `changes` and `removals` are the newest ones, newest first."""

    articles: int = 0
    days: Counter[str] = field(default_factory=Counter)
    coverage: dict[str, Coverage] = field(default_factory=lambda: defaultdict(Coverage))
    revised_by_run: Counter[str] = field(default_factory=Counter)
    all_changes: int = 0
    changes: list[Change] = field(default_factory=list)
    all_removals: int = 0
    removals: list[RemovedArticle] = field(default_factory=list)
    damaged: list[Line] = field(default_factory=list)

    @property
    def undated(self) -> int:
        """Number of articles without a day."""
        return self.articles - self.days.total()


def gather(folder: OutputFolder, periods: Periods) -> Gathered:
    """Read all delivered articles and removals; damaged lines are skipped. Raises `StorageError`."""
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
    removals: deque[RemovedArticle] = deque(maxlen=MOST_REMOVALS)
    for _, record in snapshot.lines("removals"):
        found.all_removals += 1
        last = latest.get(record["id"])
        back = last is not None and last.status.with_removal(record).removed_at is None
        removals.append(RemovedArticle(record, last, back))
    found.removals = list(reversed(removals))
