"""When the run is over and its folder free again, everything that looks at it: see `vokcrawl.monitors`."""

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
from vokcrawl.monitors.report import report

logger = logging.getLogger(__name__)

# What monitors may take beside the actions, whose time is bounded by a setting: they read some files.
_READING_SECONDS = 30
_MOST_ACTIONS = 4


class MonitorsExtension:
    """Runs `report` in a thread of its own, so that other crawls of the process go on meanwhile, and waits for it."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.alerts = Alerts.read(crawler.settings)
        crawler.signals.connect(self.engine_stopped, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if getattr(crawler.spider, "options", None) is None:
            raise NotConfigured("only spiders of this project have runs")
        return cls(crawler)

    async def engine_stopped(self) -> None:
        ending = self.ending()
        if ending is None:
            return
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def work() -> None:
            report(ending, self.alerts)
            # When nobody waits any more, there is no loop to be told.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(done.set)

        Thread(target=work, daemon=True).start()
        seconds = _READING_SECONDS + _MOST_ACTIONS * self.alerts.alert_timeout
        try:
            await asyncio.wait_for(done.wait(), seconds)
        except TimeoutError:
            logger.warning("The monitors had no end within %d s and were left; the crawl is not affected", seconds)

    def ending(self) -> RunResult | None:
        """How the run ended; None when there was none."""
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
