"""Collects the contents of the report as plain values for its templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from vokcrawl.reporting.report.calendar import Calendar, calendar_of
from vokcrawl.reporting.report.difference import Comparison, Paragraph, Unchanged
from vokcrawl.reporting.report.gathering import FIELDS, MOST_FAULTS, Change, Gathered, RemovedArticle, gather
from vokcrawl.reporting.report.notices import Notice, notices
from vokcrawl.reporting.report.periods import Periods
from vokcrawl.reporting.report.plots import Plot, coverage_plot, disk_plot, runs_plot
from vokcrawl.reporting.report.runs import ReportedRun, run_of
from vokcrawl.reporting.status import status
from vokcrawl.storage.manifest_chain import ChainNode, read_chain
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.protocol import State
from vokcrawl.utils.progress import NO_PROGRESS, Progress

# Maximum number of each in the report; the others are counted.
MOST_RUNS = 20
MOST_RETRIES = 50
MOST_GAPS = 20


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision of an article, and its changes; `before` is None if the previous version could not be read."""

    record: dict[str, Any]
    before: dict[str, Any] | None
    title: Paragraph
    body: list[Paragraph | Unchanged]


@dataclass(frozen=True, slots=True)
class FieldCoverage:
    """For each period, the number of articles and the share of them with each field (None without articles)."""

    unit: str
    periods: list[str]
    articles: list[int]
    shares: dict[str, list[float | None]]


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of the report. Shortened lists have a field with the total number."""

    source: str
    now: datetime
    status: dict[str, Any]
    notices: list[Notice]
    calendar: Calendar
    undated: int
    runs: list[ReportedRun]
    outcomes: list[tuple[str, int]]
    runs_plot: Plot | None
    coverage: FieldCoverage | None
    coverage_plot: Plot | None
    revisions: list[Revision]
    all_revisions: int
    removals: list[RemovedArticle]
    all_removals: int
    disk_plot: Plot | None
    faults: int
    last_manifest: tuple[str, str] | None


def contents(
    folder: OutputFolder, state: State, source: str, now: datetime, progress: Progress = NO_PROGRESS
) -> Contents:
    """Read an output directory and return the contents of its report at `now` (UTC). Raises `StorageError`."""
    current = status(folder, state, now)
    nodes, chain_errors = read_chain(folder)
    periods = _periods(nodes, now)
    found = gather(folder, periods, progress)
    faults = [f"{each.path}: {each.message}" for each in chain_errors] + [str(line) for line in found.damaged]
    runs = [run_of(node.manifest, found.revised_by_run[node.run_id]) for node in nodes]
    covered = _coverage(periods, found)
    comparison = Comparison()
    dated = any(run.began is not None for run in runs)
    return Contents(
        source=source,
        now=now,
        status=current,
        notices=list(notices(current, runs, faults[:MOST_FAULTS], len(faults), now)),
        calendar=calendar_of(found.days),
        undated=found.undated,
        runs=runs[::-1],
        outcomes=Counter(run.outcome for run in runs).most_common(),
        runs_plot=runs_plot(runs) if dated else None,
        coverage=covered,
        coverage_plot=coverage_plot(covered.periods, covered.shares) if covered else None,
        revisions=[_revision(change, comparison) for change in found.changes],
        all_revisions=found.all_changes,
        removals=found.removals,
        all_removals=found.all_removals,
        disk_plot=disk_plot(runs) if dated and any(run.stored for run in runs) else None,
        faults=len(faults),
        last_manifest=(nodes[-1].run_id, nodes[-1].sha256) if nodes else None,
    )


def _periods(nodes: Sequence[ChainNode], now: datetime) -> Periods:
    """Return the periods from the first run to the last one. A run id begins with its day."""
    days = list(_days(node.run_id for node in nodes))
    return Periods(min(days, default=now.date()), max(days, default=now.date()))


def _days(run_ids: Iterable[str]) -> Iterable[date]:
    for run_id in run_ids:
        try:
            yield date.fromisoformat(f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}")
        except ValueError:
            continue


def _coverage(periods: Periods, found: Gathered) -> FieldCoverage | None:
    if not found.coverage:
        return None
    by_period: list[Mapping[str, float]] = [found.coverage[each].shares("articles") for each in periods.all]
    return FieldCoverage(
        unit=periods.unit.name,
        periods=periods.all,
        articles=[found.coverage[each].records("articles") for each in periods.all],
        shares={label: [shares.get(name) for shares in by_period] for name, label in FIELDS.items()},
    )


def _revision(change: Change, comparison: Comparison) -> Revision:
    record, before = change.new, change.old
    if before is None:
        return Revision(record, None, Paragraph(()), [])
    return Revision(
        record,
        before,
        Paragraph(comparison.line(before["title"], record["title"])),
        comparison.text(before["body"], record["body"]),
    )
