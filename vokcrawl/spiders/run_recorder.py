"""Carries out the actions that concern only the run, for crawls and replays alike."""

from __future__ import annotations

from collections.abc import Iterable

from vokcrawl.crawling.actions import Action, Count, Measure, Report
from vokcrawl.crawling.context import CrawlConfig
from vokcrawl.crawling.crawl import Crawl
from vokcrawl.runs.run import Run


class RunRecorder:
    """Records problems, counts and field coverage. `minimum_coverage` names the fields to measure."""

    def __init__(self, run: Run, minimum_coverage: Iterable[str]) -> None:
        self._run = run
        self._fields = tuple(minimum_coverage)

    def crawl(self, config: CrawlConfig, *, holds_teasers: bool = False) -> Crawl:
        """Return the crawl core of this run."""
        run = self._run
        return Crawl(
            config,
            run.state,
            run.moment,
            run.id,
            started=run.started,
            statistics=run.statistics,
            results=run.results,
            holds_teasers=holds_teasers,
        )

    def record(self, action: Action) -> None:
        """Carry out an action; those that concern more than the run are ignored."""
        if isinstance(action, Report):
            self._run.problems.note(action.reason, action.url)
        elif isinstance(action, Count):
            self._run.count(action.name)
        elif isinstance(action, Measure):
            self._run.measure(action.record, self._fields)
