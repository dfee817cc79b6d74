"""Updates the feeds and sends notifications about watched words when a run has ended: see `vokcrawl.feeds`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from vokcrawl.config import Alerts
from vokcrawl.errors import StorageError
from vokcrawl.extensions.run import RunExtension
from vokcrawl.runs.run import Run, has_run

if TYPE_CHECKING:
    from vokcrawl.monitors.channels import Channel

logger = logging.getLogger(__name__)

# The first feeds of a large archive take some time; what is not finished is done by the next run.
_MAX_SECONDS = 300


class FeedsExtension:
    """Works in a thread, so that other crawls of the process continue, and waits for it for a limited time.

    The run has delivered its records and released its output directory before, so it is not affected by a failure.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.alerts = Alerts.read(crawler.settings)
        if not (self.alerts.feeds[0] or self.alerts.watch):
            raise NotConfigured
        # Imported late: a run without feeds needs none of this.
        from vokcrawl.feeds.updating import prepare  # noqa: PLC0415

        try:
            prepare(Run.of(crawler).folder)
        except StorageError as failure:
            logger.warning("Feeds: %s; the crawl is not affected", failure)
        crawler.signals.connect(self.engine_stopped, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Builds the extension. Raises `NotConfigured` without feeds, and for a crawl without a run."""
        if not has_run(crawler):
            raise NotConfigured
        return cls(crawler)

    async def engine_stopped(self) -> None:
        """Updates feeds and sends notifications in a thread, and waits for it."""
        extension = self.crawler.get_extension(RunExtension)
        if extension is None:
            return
        run, spider = extension.run, self.crawler.spider
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def work() -> None:
            try:
                self._work(run, spider)
            except StorageError as failure:
                logger.warning("Feeds: %s; the crawl is not affected", failure)
            except Exception:
                logger.exception("Feeds: internal error; the crawl is not affected")
            # After the time-out the loop may be closed.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(done.set)

        Thread(target=work, daemon=True).start()
        try:
            await asyncio.wait_for(done.wait(), _MAX_SECONDS)
        except TimeoutError:
            logger.warning("Feeds timed out after %d s; the next run continues", _MAX_SECONDS)

    def _work(self, run: Run, spider: Any) -> None:
        from vokcrawl.config.watch_list import WatchList, read_watch_list  # noqa: PLC0415
        from vokcrawl.feeds.updating import FeedOptions, update  # noqa: PLC0415

        alerts = self.alerts
        size, base_url = alerts.feeds
        channels = self._channels() if alerts.watch else []
        options = FeedOptions(
            source=spider.options.source,
            home=spider.options.start_urls[0],
            size=size,
            base_url=base_url or None,
            watch=read_watch_list(Path(alerts.watch)) if alerts.watch else WatchList(()),
            min_change=alerts.notify_min_change,
            channels=[channel.name for channel in channels],
        )
        update(run.folder, options, run.id)
        if channels:
            from vokcrawl.feeds.sending import send_queued  # noqa: PLC0415

            send_queued(run.folder, channels, alerts.alert_timeout)

    def _channels(self) -> list[Channel]:
        from vokcrawl.monitors.channels import channels_of  # noqa: PLC0415  imports an HTTP client

        return channels_of(self.alerts)
