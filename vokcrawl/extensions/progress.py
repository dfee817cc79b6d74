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
from scrapy.utils.asyncio import create_looping_call
from scrapy.utils.log import get_scrapy_root_handler

from vokcrawl.config import Options
from vokcrawl.downloader.downloader import PausingDownloader
from vokcrawl.errors import ExitCode
from vokcrawl.reporting.progress_line import Figures, Pause, Rate, line
from vokcrawl.reporting.run_summary import run_summary
from vokcrawl.runs.run import Run

# Interval of updates of the status line.
_TICK_SECONDS = 0.5


class ProgressExtension:
    """Enabled if standard error is a terminal, unless `VOK_PROGRESS` is `off` or `LOG_ENABLED` is false.

    The command that runs the crawl calls `finish`, so that the summary comes after Scrapy's last log lines.
    """

    def __init__(self, crawler: Crawler, run: Run) -> None:
        self.crawler = crawler
        self.run = run
        # Imported late: rich takes a tenth of a second to import, and a scheduled crawl has no terminal.
        from vokcrawl.extensions.screen import Screen  # noqa: PLC0415

        self._screen = Screen(sys.stderr)
        self._rate = Rate()
        self._began = monotonic()
        self._clock = create_looping_call(self._tick)
        crawler.signals.connect(self.engine_started, signal=signals.engine_started)
        crawler.signals.connect(self.engine_stopped, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Builds the extension. Raises `NotConfigured` without a terminal, and where `VOK_PROGRESS` is `off`."""
        wanted = Options.read(crawler.settings).progress == "auto" and crawler.settings.getbool("LOG_ENABLED")
        if not wanted or not sys.stderr.isatty():
            raise NotConfigured
        return cls(crawler, Run.of(crawler))

    def engine_started(self) -> None:
        """Shows the status line and starts to update it."""
        handler = get_scrapy_root_handler()
        # With LOG_FILE the log does not go to the terminal.
        log = handler if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr else None
        if self._screen.begin(log):
            self._clock.start(_TICK_SECONDS)

    def engine_stopped(self) -> None:
        """Removes the status line and prints the summary."""
        if self._clock.running:
            self._clock.stop()
        self._screen.end()

    def finish(self, outcome: str, code: ExitCode) -> None:
        """Remove the status line, if it is still there, and show the summary."""
        self.engine_stopped()
        paused = self.crawler.stats.get_value("vok/pauses/seconds", 0)
        self._screen.show(run_summary(outcome, code, self.run.manifest, self._revised(), paused))

    def _tick(self) -> None:
        moment = monotonic()
        figures = self._figures()
        rate = self._rate.at(moment, figures.pages)
        now = datetime.now(UTC).astimezone()
        self._screen.update(line(figures, rate, moment - self._began, self._pause(now), now))

    def _figures(self) -> Figures:
        statistics, revised = self.run.statistics, self._revised()
        new = self.run.counts.get("articles", 0) - revised
        return Figures(statistics.pages_read, new, revised, statistics.pages_failed)

    def _revised(self) -> int:
        stats: Any = self.crawler.stats
        return sum(stats.get_value(f"vok/revisions/{name}", 0) for name in ("changed", "returned"))

    def _pause(self, now: datetime) -> Pause | None:
        engine = self.crawler.engine
        downloader = engine.downloader if engine is not None else None
        waiting = downloader.waiting() if isinstance(downloader, PausingDownloader) else []
        if not waiting:
            return None
        return Pause(waiting[0].slot, now + timedelta(seconds=waiting[0].seconds), waiting[0].why)
