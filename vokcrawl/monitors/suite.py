"""The Spidermon monitors. Each calls `fail` when it fires, and `skipTest` if it is off or has too little data.

Import this module lazily: Spidermon is an optional dependency (the extra `monitor`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import SkipTest

from spidermon import Action, Monitor, MonitorSuite, monitors
from typing_extensions import override

from vokcrawl.config import Alerts
from vokcrawl.monitors.baseline import MIN_WEEKS, lower_bound, same_days, this_day
from vokcrawl.monitors.ending import RunResult
from vokcrawl.monitors.history import History, PastRun
from vokcrawl.utils.humanize import pluralize

# Minimum numbers for a share to be meaningful.
_MIN_PAGES, _MIN_ARTICLES = 10, 20
_OFF = "off"


class RunMonitor(Monitor):  # type: ignore[misc]
    """Base class: the data that `run_monitors` passes to Spidermon."""

    @property
    @override
    def ending(self) -> RunResult:
        return self.data.ending  # type: ignore[no-any-return]

    @property
    @override
    def alerts(self) -> Alerts:
        return self.data.alerts  # type: ignore[no-any-return]

    @property
    @override
    def history(self) -> History:
        return self.data.history  # type: ignore[no-any-return]

    def days(self, number: int) -> list[PastRun]:
        """Return the runs of the last `number` days."""
        return self.history.between(self.ending.ended - timedelta(days=number), self.ending.ended)

    def check_share(self, part: int, whole: int, limit: float, problem: str, setting: str) -> None:
        """Fire if `part` is a larger share of `whole` than the limit that `setting` gives."""
        if whole < _MIN_PAGES:
            self.skipTest(f"only {pluralize(whole, 'page')} in the last 24 hours; {_MIN_PAGES} are needed")
        if part > limit * whole:
            share = f"{part / whole:.0%}, {setting} is {limit:.0%}"
            self.fail(f"{part} of {whole} {problem} in the last 24 hours ({share})")


@monitors.name("outcome")
class OutcomeMonitor(RunMonitor):
    """Fires if a number of consecutive runs ended with the same exit code."""

    @override
    def test_outcome(self) -> None:
        limit = self.alerts.alert_outcomes.get(int(self.ending.exit_code))
        in_a_row = self.data.in_a_row
        if not self.alerts.alert_outcomes:
            self.skipTest(_OFF)
        if limit is not None and in_a_row >= limit:
            runs = f"the last {in_a_row} runs" if in_a_row > 1 else "the run"
            message = f": {self.ending.message}" if self.ending.message else ""
            self.fail(f"{runs} ended with {int(self.ending.exit_code)} ({self.ending.outcome}){message}")


@monitors.name("few_articles")
class FewArticlesMonitor(RunMonitor):
    """Fires if there are fewer articles than normal for this day of the week, up to this time of day."""

    @override
    def test_count(self) -> None:
        deviations = self.alerts.alert_few_articles
        if not deviations:
            self.skipTest(_OFF)
        now = self.ending.ended
        weeks = [runs for after, until in same_days(now) if (runs := self.history.between(after, until))]
        if len(weeks) < MIN_WEEKS:
            self.skipTest(f"only {pluralize(len(weeks), 'previous week')} with runs; {MIN_WEEKS} are needed")
        counts = sorted(sum(run.articles for run in runs) for runs in weeks)
        found = sum(run.articles for run in self.history.between(*this_day(now)))
        minimum = lower_bound(counts, deviations)
        if found < minimum:
            self.fail(
                f"{found} articles in the last 24 hours; the {len(weeks)} previous weeks had {_range(counts)} on this "
                f"day, and at least {minimum:.1f} are expected"
            )


@monitors.name("coverage")
class CoverageMonitor(RunMonitor):
    """Fires if too few articles of the last week have a field."""

    @override
    def test_coverage(self) -> None:
        minimum_coverage = self.alerts.alert_coverage
        if not minimum_coverage:
            self.skipTest(_OFF)
        runs = [run for run in self.days(7) if run.articles and run.coverage]
        total = sum(run.articles for run in runs)
        if total < _MIN_ARTICLES:
            self.skipTest(f"only {pluralize(total, 'article')} in the last 7 days; {_MIN_ARTICLES} are needed")
        shares = {
            name: sum(run.coverage.get(name, 0.0) * run.articles for run in runs) / total for name in minimum_coverage
        }
        # Shares in manifests are rounded to four digits.
        below = [name for name, minimum in minimum_coverage.items() if shares[name] < minimum - 0.0001]
        if below:
            fields = "; ".join(f"{name}: {shares[name]:.0%}, minimum {minimum_coverage[name]:.0%}" for name in below)
            self.fail(f"too few of the {total} articles of the last 7 days have a field ({fields})")


@monitors.name("errors")
class ErrorsMonitor(RunMonitor):
    """Fires if too many pages failed."""

    @override
    def test_share(self) -> None:
        limit = self.alerts.alert_errors
        if not limit:
            self.skipTest(_OFF)
        runs = self.days(1)
        failed, read = sum(run.failed for run in runs), sum(run.read for run in runs)
        self.check_share(failed, failed + read, limit, "pages failed", "VOK_ALERT_ERRORS")


@monitors.name("truncated")
class TruncatedMonitor(RunMonitor):
    """Fires if the site truncated the text of too many articles."""

    @override
    def test_share(self) -> None:
        limit = self.alerts.alert_truncated
        if not limit:
            self.skipTest(_OFF)
        runs = self.days(1)
        truncated, articles = sum(run.truncated for run in runs), sum(run.article_pages for run in runs)
        self.check_share(truncated, articles, limit, "articles were truncated by the site", "VOK_ALERT_TRUNCATED")


@monitors.name("age")
class AgeMonitor(RunMonitor):
    """Fires if the newest article is too old."""

    @override
    def test_age(self) -> None:
        limit = self.alerts.alert_age_hours
        if not limit:
            self.skipTest(_OFF)
        newest = next((run.newest_article for run in self.history.latest(1)), None)
        if newest is None:
            raise SkipTest("no article has been delivered yet")
        hours = (self.ending.ended - newest) / timedelta(hours=1)
        if hours > limit:
            self.fail(f"the site ingested the newest article {hours:.0f} hours ago, VOK_ALERT_AGE_HOURS is {limit}")


@monitors.name("unfinished")
class UnfinishedMonitor(RunMonitor):
    """Fires if no crawl of a listing was complete in a number of runs, or if no listing was crawled at all."""

    @override
    def test_listings(self) -> None:
        number = self.alerts.alert_unfinished_runs
        if not number:
            self.skipTest(_OFF)
        runs = self.history.latest(number, skip_followers=True)
        if len(runs) < number:
            self.skipTest(f"only {pluralize(len(runs), 'run')}; {number} are needed")
        urls = {url for run in runs for url in run.listings}
        never = sorted(url for url in urls if not any(run.listings.get(url) for run in runs))
        # A listing that was replaced by another one, which is complete since, does not count.
        if never and (not any(any(run.listings.values()) for run in runs) or set(never) & set(runs[0].listings)):
            self.fail(f"in the last {pluralize(number, 'run')} no crawl of {', '.join(never)} was complete")
        if not urls:
            self.fail(f"in the last {pluralize(number, 'run')} no listing was crawled")


@monitors.name("disk")
class DiskMonitor(RunMonitor):
    """Fires if the disk of the output directory is nearly full."""

    @override
    def test_free(self) -> None:
        limit = self.alerts.alert_free_mb
        if not limit:
            self.skipTest(_OFF)
        folder = _nearest_existing(self.ending.folder)
        free = shutil.disk_usage(folder).free // 1_000_000
        if free < limit:
            self.fail(f"{free} MB are free in {folder}, VOK_ALERT_FREE_MB is {limit}")


class RunSuite(MonitorSuite):  # type: ignore[misc]
    """All monitors, in the order in which they appear in notifications.

    `on_finished` is called with the results after the monitors and before the notifiers, which may take long.
    """

    monitors = (
        OutcomeMonitor,
        UnfinishedMonitor,
        FewArticlesMonitor,
        AgeMonitor,
        CoverageMonitor,
        ErrorsMonitor,
        TruncatedMonitor,
        DiskMonitor,
    )

    def __init__(self, on_finished: Callable[[Any], None], notifiers: Sequence[Action]) -> None:
        super().__init__(monitors_finished_actions=notifiers)
        self._on_finished = on_finished

    @override
    def on_monitors_finished(self, result: Any) -> None:
        self._on_finished(result)


def _range(counts: Sequence[int]) -> str:
    return f"{counts[0]} to {counts[-1]}" if counts[0] != counts[-1] else str(counts[0])


def _nearest_existing(folder: Path) -> Path:
    """Return the folder, or its nearest parent that exists."""
    folder = folder.absolute()
    return next((each for each in (folder, *folder.parents) if each.exists()), Path("/"))
