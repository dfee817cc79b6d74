"""Runs the monitors when a run has ended and released its output directory: see `vokcrawl.monitors`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import UTC, datetime
from threading import Thread
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from vokcrawl.config import Alerts
from vokcrawl.extensions.run import RunExtension
from vokcrawl.monitors.ending import RunResult
from vokcrawl.monitors.runner import run_monitors
from vokcrawl.runs.run import has_run

logger = logging.getLogger(__name__)

# Time limit of the monitors, which read some files; that of a notifier is a setting.
_MONITORS_SECONDS = 30
_MAX_NOTIFIERS = 4


class MonitorsExtension:
    """Runs the monitors in a thread, so that other crawls of the process continue, and waits for it."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.alerts = Alerts.read(crawler.settings)
        crawler.signals.connect(self.engine_stopped, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Builds the extension. Raises `NotConfigured` for a crawl without a run."""
        if not has_run(crawler):
            raise NotConfigured
        return cls(crawler)

    async def engine_stopped(self) -> None:
        """Runs the monitors in a thread and waits for them."""
        ending = self.ending()
        if ending is None:
            return
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def work() -> None:
            try:
                run_monitors(ending, self.alerts)
            finally:
                # After the time-out the loop may be closed.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(done.set)

        Thread(target=work, daemon=True).start()
        seconds = _MONITORS_SECONDS + _MAX_NOTIFIERS * self.alerts.alert_timeout
        try:
            await asyncio.wait_for(done.wait(), seconds)
        except TimeoutError:
            logger.warning("Monitors timed out after %d s; the crawl is not affected", seconds)

    def ending(self) -> RunResult | None:
        """Return the result of the run; None if there was no run."""
        extension = self.crawler.get_extension(RunExtension)
        spider: Any = self.crawler.spider
        if extension is None:
            return None
        run = extension.run
        return RunResult(
            folder=run.folder.path,
            source=spider.options.source,
            ended=datetime.now(UTC),
            outcome=extension.outcome,
            exit_code=extension.exit_code,
            run_id=run.id,
            manifest=run.manifest,
            message=str(run.failure or ""),
        )
