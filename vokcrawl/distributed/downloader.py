"""The downloader of a worker, which shares download delays and pauses with the other workers."""

from __future__ import annotations

import asyncio
import logging

from scrapy import Request
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.asyncio import call_later

from vokcrawl.distributed.coordinator import WorkerCoordinator
from vokcrawl.distributed.turns import SharedPauses
from vokcrawl.downloader.downloader import LOOK_SECONDS, PausingDownloader, slow_down
from vokcrawl.downloader.host_slots import host_of
from vokcrawl.downloader.middlewares.backoff import MOST_IN_A_ROW, REFUSED, PauseMiddleware
from vokcrawl.errors import StorageError
from vokcrawl.runs.run import Run

logger = logging.getLogger(__name__)


class SharedDownloader(PausingDownloader):
    """The `DOWNLOADER` of workers. The delay of a slot applies to the requests of all workers to its host.

    If a host is paused for longer than `VOK_MAX_WAIT_SECONDS`, the crawl ends.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        coordinator = WorkerCoordinator.of(crawler)
        options = coordinator.spider.options
        self.run = Run.of(crawler)
        self.turns = coordinator.turns
        self._max_wait = options.max_wait_seconds
        self._splash_timeout = options.splash_timeout
        self._closing: asyncio.Future[None] | None = None

    def _process_queue(self, slot: Slot) -> None:
        ready = slot.latercall is None and slot.queue and slot.free_transfer_slots() > 0
        if ready and not self._draining and not self._is_rendering(slot):
            wait = self._wait(slot)
            if wait > 0 and not self._draining:
                slot.latercall = call_later(min(wait, LOOK_SECONDS), self._latercall, slot)
                return
            # The turn was taken, so the time of this worker's last request does not matter.
            slot.lastseen = float("-inf")
        super()._process_queue(slot)

    def _wait(self, slot: Slot) -> float:
        """Return the seconds until this worker's turn; 0 if the turn was taken."""
        if self.run.failure is None and self.crawler.crawling:
            key = self._key_of(slot)
            slow_down(slot, host_of(key, self))
            try:
                wait = self.turns.take(key, slot.download_delay())
            except StorageError as failure:
                self.run.fail(failure)
            else:
                if wait <= self._max_wait:
                    return wait
                self._refuse_to_wait(key, wait)
        self.drain()
        return 0.0

    def _refuse_to_wait(self, host: str, seconds: float) -> None:
        if self._closing is None:
            logger.error("%s refused a worker and is paused for %.0f s; stopping, a later run continues", host, seconds)
            self._closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=REFUSED))

    async def _download(self, slot: Slot, request: Request) -> Response:
        if "splash" not in request.meta:
            return await super()._download(slot, request)
        # Requests of Splash take no turns, so the next turn is delayed until it is done.
        key = self._key_of(slot)
        self.turns.next_in(key, self._splash_timeout)
        try:
            return await super()._download(slot, request)
        finally:
            self.turns.next_in(key, slot.download_delay())


class SharedPauseMiddleware(PauseMiddleware):
    """Replaces `PauseMiddleware`: a refusal of one worker pauses all workers."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        turns = WorkerCoordinator.of(crawler).turns
        self.pauses = SharedPauses(Run.of(crawler), turns, self.pauses.cool_off, MOST_IN_A_ROW)
