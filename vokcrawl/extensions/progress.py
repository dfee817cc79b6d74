"""On a terminal, shows a live status line below the log during the crawl, and a summary after it.

Without a terminal it does nothing.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings
from scrapy.utils.asyncio import create_looping_call
from scrapy.utils.log import get_scrapy_root_handler

from vokcrawl.downloader.downloader import PausingDownloader
from vokcrawl.errors import ExitCode
from vokcrawl.reporting.progress_line import Figures, Pause, Rate, line
from vokcrawl.reporting.run_summary import run_summary
from vokcrawl.runs.run import Run

# Interval of updates of the status line.
_TICK_SECONDS = 0.5


class StatusLine:
    """The status line on standard error, with the figures of one crawl, or of several in one process.

    It is shown while one of them runs.
    """

    def __init__(self) -> None:
        # Imported late: rich takes a tenth of a second to import, and a scheduled crawl has no terminal.
        from vokcrawl.extensions.screen import Screen  # noqa: PLC0415

        self.screen = Screen(sys.stderr)
        self._crawlers: list[Crawler] = []
        self._running = 0
        self._rate = Rate()
        self._began = monotonic()
        self._clock = create_looping_call(self._tick)

    @staticmethod
    def is_wanted(settings: BaseSettings) -> bool:
        """Whether standard error is a terminal, and neither `VOK_PROGRESS` nor `LOG_ENABLED` turns the line off."""
        return settings.get("VOK_PROGRESS") == "auto" and settings.getbool("LOG_ENABLED") and sys.stderr.isatty()

    def add(self, crawler: Crawler) -> None:
        """Include a crawl that has not started yet."""
        self._crawlers.append(crawler)
        crawler.signals.connect(self._engine_started, signal=signals.engine_started)
        crawler.signals.connect(self._engine_stopped, signal=signals.engine_stopped)

    def end(self) -> None:
        """Remove the line, if it is still there."""
        if self._clock.running:
            self._clock.stop()
        self.screen.end()

    def _engine_started(self) -> None:
        self._running += 1
        if self._running > 1:
            return
        handler = get_scrapy_root_handler()
        # With LOG_FILE the log does not go to the terminal.
        log = handler if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr else None
        if self.screen.begin(log):
            self._clock.start(_TICK_SECONDS)

    def _engine_stopped(self) -> None:
        self._running -= 1
        if self._running <= 0:
            self.end()

    def _tick(self) -> None:
        moment = monotonic()
        figures = self._figures()
        rate = self._rate.at(moment, figures.pages)
        now = datetime.now(UTC).astimezone()
        self.screen.update(line(figures, rate, moment - self._began, self._pause(now), now))

    def _figures(self) -> Figures:
        pages = new = revised = errors = 0
        for crawler in self._crawlers:
            run: Run | None = getattr(crawler.spider, "run", None)
            if run is not None:
                changed = revisions(crawler)
                pages += run.statistics.pages_read
                new += run.counts.get("articles", 0) - changed
                revised += changed
                errors += run.statistics.pages_failed
        return Figures(pages, new, revised, errors)

    def _pause(self, now: datetime) -> Pause | None:
        for crawler in self._crawlers:
            downloader = crawler.engine.downloader if crawler.engine is not None else None
            waiting = downloader.waiting() if isinstance(downloader, PausingDownloader) else []
            if waiting:
                return Pause(waiting[0].slot, now + timedelta(seconds=waiting[0].seconds), waiting[0].why)
        return None


def revisions(crawler: Crawler) -> int:
    """The number of revisions that a crawl has delivered."""
    stats: Any = crawler.stats
    return sum(stats.get_value(f"vok/revisions/{name}", 0) for name in ("changed", "returned"))


class ProgressExtension:
    """The status line of a single crawl, and its summary. See `StatusLine.is_wanted`.

    The command that runs the crawl calls `finish`, so that the summary comes after Scrapy's last log lines.
    """

    def __init__(self, crawler: Crawler, run: Run) -> None:
        self.crawler = crawler
        self.run = run
        self._line = StatusLine()
        self._line.add(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Builds the extension. Raises `NotConfigured` without a terminal, and where `VOK_PROGRESS` is `off`."""
        if not StatusLine.is_wanted(crawler.settings):
            raise NotConfigured
        return cls(crawler, Run.of(crawler))

    def finish(self, outcome: str, code: ExitCode) -> None:
        """Remove the status line, if it is still there, and show the summary."""
        self._line.end()
        paused = self.crawler.stats.get_value("vok/pauses/seconds", 0)
        self._line.screen.show(run_summary(outcome, code, self.run.manifest, revisions(self.crawler), paused))
