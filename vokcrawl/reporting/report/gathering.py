"""Reads the record files once, in the order of the runs, and collects the contents of the report."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from vokcrawl.reporting.report.periods import Periods
from vokcrawl.runs.field_coverage import Coverage
from vokcrawl.storage.latest_versions import LatestVersions, Place, Version
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.record_files import Line
from vokcrawl.storage.snapshot import Snapshot
from vokcrawl.utils.progress import NO_PROGRESS, Progress

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


@dataclass(frozen=True, slots=True)
class Change:
    """A revision and the version before it, which is None if its line could not be read."""

    old: dict[str, Any] | None
    new: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RemovedArticle:
    """A removal, and the latest title of its article. `back` is set if the article was delivered again since."""

    record: dict[str, Any]
    title: str | None
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


def gather(folder: OutputFolder, periods: Periods, progress: Progress = NO_PROGRESS) -> Gathered:
    """Read all delivered articles and removals; damaged lines are skipped. Raises `StorageError`."""
    snapshot = Snapshot(folder, skip_damaged=True, progress=progress)
    found = Gathered()
    latest = LatestVersions()
    try:
        _articles(snapshot, periods, latest, found)
        _removals(snapshot, latest, found)
    finally:
        latest.close()
    found.damaged = list(snapshot.damaged.values())
    return found


def _articles(snapshot: Snapshot, periods: Periods, latest: LatestVersions, found: Gathered) -> None:
    changes: deque[tuple[Place | None, Place]] = deque(maxlen=MOST_CHANGES)
    for line, record in snapshot.lines("articles"):
        before = latest.add_version(line, record)
        period = periods.of(record["fetched_at"][:10])
        if period is not None:
            found.coverage[period].add("articles", {name: record[name] for name in FIELDS})
        if record["revision"] > 1:
            found.all_changes += 1
            found.revised_by_run[record["run_id"]] += 1
            changes.append((before.place if before else None, Place.of(line)))
    for day, articles in latest.days():
        found.articles += articles
        if day is not None:
            found.days[day] = articles
    found.changes = [
        Change(latest.record(old) if old is not None else None, latest.record(new)) for old, new in reversed(changes)
    ]


def _removals(snapshot: Snapshot, latest: LatestVersions, found: Gathered) -> None:
    removals: deque[tuple[dict[str, Any], Version | None]] = deque(maxlen=MOST_REMOVALS)
    for _, record in snapshot.lines("removals"):
        found.all_removals += 1
        removals.append((record, latest.get(record["id"])))
    for record, last in reversed(removals):
        title = latest.record(last.place)["title"] if last is not None else None
        back = last is not None and last.status.with_removal(record).removed_at is None
        found.removals.append(RemovedArticle(record, title, back))
