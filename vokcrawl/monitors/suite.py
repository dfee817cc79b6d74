"""The monitors, as Spidermon runs them. Each says `skipTest` when it is off or cannot tell, and `fail` when it fires.

Imported late: Spidermon is an optional part (the extra `monitor`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import SkipTest

from spidermon import Action, Monitor, MonitorSuite, monitors

from vokcrawl.config import Alerts
from vokcrawl.monitors.ending import RunResult
from vokcrawl.monitors.history import History, PastRun
from vokcrawl.monitors.usual import LEAST_WEEKS, least_usual, same_days, this_day
from vokcrawl.utils.humanize import pluralize

# Shares of fewer than so many say nothing.
_LEAST_PAGES, _LEAST_ARTICLES = 10, 20
_OFF = "off"


class RunMonitor(Monitor):  # type: ignore[misc]
    """Base of the monitors: what they look at, in Spidermon's own way of handing it to them."""

    @property
    def ending(self) -> RunResult:
        return self.data.ending  # type: ignore[no-any-return]

    @property
    def alerts(self) -> Alerts:
        return self.data.alerts  # type: ignore[no-any-return]

    @property
    def history(self) -> History:
        return self.data.history  # type: ignore[no-any-return]

    def days(self, number: int) -> list[PastRun]:
        """The runs of the last so many days."""
        return self.history.between(self.ending.ended - timedelta(days=number), self.ending.ended)

    def hold_share(self, part: int, whole: int, limit: float, said: str, setting: str) -> None:
        """Fires when a share is above its limit."""
        if whole < _LEAST_PAGES:
            self.skipTest(f"only {pluralize(whole, 'page')} in the last 24 hours, too few to tell")
        if part > limit * whole:
            share = f"{part / whole:.0%}, {setting} is {limit:.0%}"
            self.fail(f"{part} of {whole} {said} in the last 24 hours ({share})")


@monitors.name("outcome")
class OutcomeMonitor(RunMonitor):
    """Runs in a row that ended with the same exit code."""

    def test_outcome(self) -> None:
        most = self.alerts.alert_outcomes.get(int(self.ending.exit_code))
        in_a_row = self.data.in_a_row
        if not self.alerts.alert_outcomes:
            self.skipTest(_OFF)
        if most is not None and in_a_row >= most:
            runs = f"the last {in_a_row} runs" if in_a_row > 1 else "the run"
            said = f": {self.ending.message}" if self.ending.message else ""
            self.fail(f"{runs} ended with {int(self.ending.exit_code)} ({self.ending.outcome}){said}")


@monitors.name("few_articles")
class FewArticlesMonitor(RunMonitor):
    """Fewer articles than is usual on this day of the week, up to this time of day."""

    def test_count(self) -> None:
        deviations = self.alerts.alert_few_articles
        if not deviations:
            self.skipTest(_OFF)
        now = self.ending.ended
        weeks = [runs for after, until in same_days(now) if (runs := self.history.between(after, until))]
        if len(weeks) < LEAST_WEEKS:
            self.skipTest(f"runs in {len(weeks)} of the weeks before, too few to tell what is usual")
        counts = sorted(sum(run.articles for run in runs) for runs in weeks)
        found = sum(run.articles for run in self.history.between(*this_day(now)))
        least = least_usual(counts, deviations)
        if found < least:
            self.fail(
                f"{found} articles in the last 24 hours; in the {len(weeks)} weeks before there were "
                f"{_in_words(counts)} on this day, and fewer than {least:.1f} is not usual"
            )


@monitors.name("coverage")
class CoverageMonitor(RunMonitor):
    """A field that too few of the last week's articles have."""

    def test_coverage(self) -> None:
        minimum_coverage = self.alerts.alert_coverage
        if not minimum_coverage:
            self.skipTest(_OFF)
        runs = [run for run in self.days(7) if run.articles and run.coverage]
        total = sum(run.articles for run in runs)
        if total < _LEAST_ARTICLES:
            self.skipTest(f"only {pluralize(total, 'article')} in the last 7 days, too few to tell")
        shares = {
            name: sum(run.coverage.get(name, 0.0) * run.articles for run in runs) / total for name in minimum_coverage
        }
        # A share in a manifest is rounded to four digits.
        under = [name for name, floor in minimum_coverage.items() if shares[name] < floor - 0.0001]
        if under:
            told = "; ".join(f"{name}: {shares[name]:.0%}, floor {minimum_coverage[name]:.0%}" for name in under)
            self.fail(f"too few of the {total} articles of the last 7 days have a field ({told})")


@monitors.name("errors")
class ErrorsMonitor(RunMonitor):
    """Pages that could not be had."""

    def test_share(self) -> None:
        limit = self.alerts.alert_errors
        if not limit:
            self.skipTest(_OFF)
        runs = self.days(1)
        failed, read = sum(run.failed for run in runs), sum(run.read for run in runs)
        self.hold_share(failed, failed + read, limit, "pages could not be had", "VOK_ALERT_ERRORS")


@monitors.name("metered")
class TruncatedMonitor(RunMonitor):
    """Articles whose text the site cut short."""

    def test_share(self) -> None:
        limit = self.alerts.alert_metered
        if not limit:
            self.skipTest(_OFF)
        runs = self.days(1)
        metered, articles = sum(run.metered for run in runs), sum(run.article_pages for run in runs)
        self.hold_share(metered, articles, limit, "articles were metered", "VOK_ALERT_METERED")


@monitors.name("age")
class AgeMonitor(RunMonitor):
    """The newest article is old."""

    def test_age(self) -> None:
        limit = self.alerts.alert_age_hours
        if not limit:
            self.skipTest(_OFF)
        newest = next((run.newest_article for run in self.history.latest(1)), None)
        if newest is None:
            raise SkipTest("no article has been delivered yet")
        hours = (self.ending.ended - newest) / timedelta(hours=1)
        if hours > limit:
            self.fail(f"the site took in the newest article {hours:.0f} hours ago, VOK_ALERT_AGE_HOURS is {limit}")


@monitors.name("unfinished")
class UnfinishedMonitor(RunMonitor):
    """A listing whose walk was not complete in a row of runs, or no listing walked at all."""

    def test_walks(self) -> None:
        number = self.alerts.alert_unfinished_runs
        if not number:
            self.skipTest(_OFF)
        runs = self.history.latest(number, walking=True)
        if len(runs) < number:
            self.skipTest(f"only {pluralize(len(runs), 'run')}, too few to tell")
        urls = {url for run in runs for url in run.walked}
        never = sorted(url for url in urls if not any(run.walked.get(url) for run in runs))
        # One that was left for another listing, which is walked to its end since, is no concern.
        if never and (not any(any(run.walked.values()) for run in runs) or set(never) & set(runs[0].walked)):
            self.fail(f"in the last {pluralize(number, 'run')} no walk of {', '.join(never)} was complete")
        if not urls:
            self.fail(f"in the last {pluralize(number, 'run')} no listing was walked")


@monitors.name("disk")
class DiskMonitor(RunMonitor):
    """The disk of the output folder is nearly full."""

    def test_free(self) -> None:
        limit = self.alerts.alert_free_mb
        if not limit:
            self.skipTest(_OFF)
        folder = _existing(self.ending.folder)
        free = shutil.disk_usage(folder).free // 1_000_000
        if free < limit:
            self.fail(f"{free} MB are free at {folder}, VOK_ALERT_FREE_MB is {limit}")


class RunSuite(MonitorSuite):  # type: ignore[misc]
    """All monitors, in the order in which they are told.

    `noted` is called with the result when they have looked and nobody was told yet, which may take long.
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

    def __init__(self, noted: Callable[[Any], None], actions: Sequence[Action]) -> None:
        super().__init__(monitors_finished_actions=actions)
        self._noted = noted

    def on_monitors_finished(self, result: Any) -> None:
        self._noted(result)


def _in_words(counts: Sequence[int]) -> str:
    return f"{counts[0]} to {counts[-1]}" if counts[0] != counts[-1] else str(counts[0])


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    folder = folder.absolute()
    return next((each for each in (folder, *folder.parents) if each.exists()), Path("/"))
