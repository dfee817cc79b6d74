"""Joins the workers of a crawl, renews this worker's lease and claims, and leaves at the end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Self, cast

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from vokcrawl.distributed.coordinator import WorkerCoordinator
from vokcrawl.distributed.turns import Turns
from vokcrawl.distributed.workers import Workers
from vokcrawl.downloader.middlewares.backoff import REFUSED
from vokcrawl.errors import StorageError, UsageError
from vokcrawl.pages.block_pages import BlockPage
from vokcrawl.policy.outcome import WORDS
from vokcrawl.spiders.vok import VokSpider

if TYPE_CHECKING:
    from vokcrawl.storage.state.redis.store import RedisState

logger = logging.getLogger(__name__)

# Maximum interval of heartbeats; shorter if claims expire sooner.
_BEAT_SECONDS = 1.0
# Minimum interval at which an idle worker looks for requests; longer with a longer download delay.
_LOOK_SECONDS = 0.05
# The close reason of a leader whose lease has expired.
LOST_LEAD = "lost_lead"
# Close reasons that end all workers, because the site blocks or refuses every request.
_FOR_ALL = frozenset({BlockPage.BOT_CHECK, BlockPage.NATIONAL_BLOCK, REFUSED})


class WorkersExtension:
    """Must come after the extension that opens the run."""

    def __init__(self, crawler: Crawler, coordinator: WorkerCoordinator) -> None:
        self.crawler = crawler
        self.spider = coordinator.spider
        self.coordinator = coordinator
        self.workers = coordinator.workers
        self._closing: asyncio.Future[None] | None = None
        self._clock = create_looping_call(self._beat)
        self._looking = create_looping_call(self._look)
        crawler.signals.connect(self.engine_started, signal=signals.engine_started)
        coordinator.spider.run.on_closed = self.run_closed

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Raises `UsageError` if the active workers are running another crawl."""
        spider = crawler.spider
        if not isinstance(spider, VokSpider) or not spider.run.state.shared:
            raise NotConfigured("only the profile `distributed` has workers")
        server = cast("RedisState", spider.run.state).server
        workers = Workers(server, spider.run.id, spider.options.lease_seconds, terms(spider))
        try:
            workers.join()
        except UsageError as fault:
            spider.run.close(WORDS[fault.exit_code], fault.exit_code, requests=0)
            raise
        spider.run.leader_run_id = workers.crawl
        spider.coordinator = coordinator = WorkerCoordinator(spider, workers, Turns(server))
        # Before the engine takes requests that others have queued.
        spider.begin()
        return cls(crawler, coordinator)

    def engine_started(self) -> None:
        """Start the heartbeat, and the check for new requests in the queue."""
        beat = min(_BEAT_SECONDS, self.spider.options.lease_seconds / 4)
        self._clock.start(beat)
        self._looking.start(min(beat, max(_LOOK_SECONDS, self.crawler.settings.getfloat("DOWNLOAD_DELAY"))))

    def _beat(self) -> None:
        if self.spider.run.failure is not None:
            return
        led = self.workers.leads
        queue = self.coordinator.queue
        try:
            lost = self.workers.beat(queue.claimed)
        except StorageError as failure:
            self.spider.run.fail(failure)
            return
        queue.claimed -= lost
        self.coordinator.finished -= lost
        if self.workers.stop:
            self._close(self.workers.stop)
        elif led and not self.workers.leads:
            logger.error("Another worker leads now, because this one sent no heartbeat for %d s", self.workers.seconds)
            self._close(LOST_LEAD)

    def _look(self) -> None:
        # Makes the engine look for requests that others have queued or released.
        if self.crawler.engine._slot is not None and not self.crawler.engine._slot.inprogress:
            self.crawler.engine._slot.nextcall.schedule()

    def _close(self, reason: str) -> None:
        if self._closing is None:
            self._closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))

    def run_closed(self, reason: str) -> None:
        """Leave the workers. The run has ended, so its records are committed."""
        for clock in (self._clock, self._looking):
            if clock.running:
                clock.stop()
        over = reason == "finished" and self.workers.leads and self.spider.run.failure is None
        try:
            self.workers.leave(over=over, stop=reason if reason in _FOR_ALL else "")
        except StorageError as failure:
            logger.info("Could not notify the other workers of the end of this one: %s", failure)


def terms(spider: VokSpider) -> dict[str, Any]:
    """Return the settings and arguments that all workers of a crawl must share."""
    options, arguments = spider.options, spider.arguments
    return {
        "start_urls": list(spider.start_urls),
        "VOK_SOURCE": options.source,
        "VOK_PAGINATION": options.pagination,
        "VOK_RECHECK_DAYS": list(options.recheck_days),
        **{name: getattr(arguments, name) for name in ("since", "until", "max_pages", "full")},
    }
