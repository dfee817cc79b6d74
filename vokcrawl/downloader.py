"""Scrapy's downloader, whose slots can be paused: a host that refuses is left alone by all its requests."""

from __future__ import annotations

from time import monotonic

from scrapy import Request
from scrapy.core.downloader import Downloader, Slot
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.asyncio import call_later

# While a slot is paused, it looks this often whether the crawl is closing: nobody waits minutes for a Ctrl-C.
_LOOK_SECONDS = 0.5


class Closing(IgnoreRequest):
    """The crawl closes while this request was waiting for a pause to end. Given to the request's errback."""


class PausingDownloader(Downloader):
    """Set as `DOWNLOADER`. `pause`, `at_least` and `drain` are for middlewares."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._paused_until: dict[str, float] = {}
        self._draining = False

    def pause(self, request: Request, seconds: float) -> None:
        """Sends nothing more to this request's slot for so many seconds, queued requests included."""
        key, _ = self._get_slot(request)
        self._paused_until[key] = max(self._paused_until.get(key, 0.0), monotonic() + seconds)

    def at_least(self, request: Request, delay: float) -> None:
        """Keeps at least so many seconds between the requests of this request's slot; jitter only adds to them."""
        key, slot = self._get_slot(request)
        slot.delay = max(slot.delay, delay / max(0.01, 1 - slot.jitter))
        # A slot that was idle for long is made anew: then from this.
        self.per_slot_settings[key] = {**self.per_slot_settings.get(key, {}), "delay": slot.delay}

    def drain(self) -> None:
        """Sends nothing more at all: the crawl is closing."""
        self._draining = True

    def _process_queue(self, slot: Slot) -> None:
        # Waits with Scrapy's own `latercall`, so that its delay and a pause cannot both be counting.
        if self._paused_until and slot.latercall is None:
            key = next((key for key, each in self.slots.items() if each is slot), "")
            wait = self._paused_until.get(key, 0.0) - monotonic()
            if wait > 0:
                if self._draining or not self.crawler.crawling:
                    self._let_go(slot)
                else:
                    slot.latercall = call_later(min(wait, _LOOK_SECONDS), self._latercall, slot)
                return
        super()._process_queue(slot)

    def _let_go(self, slot: Slot) -> None:
        while slot.queue:
            request, waiting = slot.queue.popleft()
            waiting.errback(Closing(f"{request.url}: not sent, the crawl is closing"))
