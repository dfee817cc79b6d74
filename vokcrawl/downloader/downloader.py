"""Scrapy's downloader with slots that can be paused, and with detection of incomplete pages."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from scrapy import Request
from scrapy.core.downloader import Downloader, Slot
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, ResponseDataLossError
from scrapy.http import Response
from scrapy.utils.asyncio import call_later

from vokcrawl.downloader.host_slots import Host, host_of
from vokcrawl.utils.content_encoding import decompress, ends_as_page

# Interval at which a paused slot checks whether the crawl is closing, so that Ctrl-C takes effect at once.
LOOK_SECONDS = 0.5
# Key in `Request.meta`: the time at which the request was sent.
SENT = "vok_sent"


class SpiderClosing(IgnoreRequest):
    """The crawl closed before a queued request was sent. Passed to the errback of the request."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A paused slot: its name (a host), the remaining seconds, and the reason in a few words."""

    slot: str
    seconds: float
    why: str


class PausingDownloader(Downloader):
    """The `DOWNLOADER` of this project. `pause`, `at_least` and `drain` are for middlewares, `waiting` for displays.

    Raises `ResponseDataLossError` for an incomplete page, `CorruptBody` for a body that cannot be decompressed, and
    `DownloadCancelledError` for one that decompresses to more than `DOWNLOAD_MAXSIZE` bytes; Scrapy would return the
    part that could be decompressed.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._draining = False
        self._max_size = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._closes_pages = False

    def pause(self, request: Request, seconds: float, why: str = "") -> None:
        """Send nothing to the request's slot for a number of seconds, including queued requests."""
        host_of(self._get_slot(request)[0], self).pause(monotonic() + seconds, why)

    def waiting(self) -> list[Waiting]:
        """Return the paused slots, the longest wait first."""
        now = monotonic()
        hosts = [host_of(key, self) for key in self.slots]
        paused = [Waiting(host.key, host.paused_until - now, host.why) for host in hosts if host.paused_until > now]
        return sorted(paused, key=lambda each: each.seconds, reverse=True)

    def at_least(self, request: Request, delay: float) -> None:
        """Set the minimum delay in seconds between requests of the request's slot; jitter never goes below it."""
        host = host_of(self._get_slot(request)[0], self)
        host.least_delay = max(host.least_delay, delay)

    def delay_of(self, request: Request) -> float:
        """Return the delay in seconds, including jitter, before the next request to the request's slot."""
        key, slot = self._get_slot(request)
        slow_down(slot, host_of(key, self))
        return slot.download_delay()

    def drain(self) -> None:
        """Send nothing more, not even queued requests: the crawl is closing."""
        self._draining = True
        for slot in self.slots.values():
            self._let_go(slot)

    def _process_queue(self, slot: Slot) -> None:
        if self._draining:
            self._let_go(slot)
            return
        host = host_of(self._key_of(slot), self)
        # Each time, because AutoThrottle sets the delay after each response and has its own minimum.
        slow_down(slot, host)
        host.yield_turn(self)
        # While Splash renders a page, it sends the requests; others wait.
        if self._is_rendering(slot):
            return
        # Uses Scrapy's `latercall`, so that its delay and a pause do not add up.
        if slot.latercall is None:
            now = monotonic()
            wait = max(host.paused_until - now, host.gap(self, slot, now))
            if wait <= 0 and host.is_busy(self, slot):
                wait = LOOK_SECONDS
            if wait > 0:
                if self.crawler.crawling:
                    slot.latercall = call_later(min(wait, LOOK_SECONDS), self._latercall, slot)
                else:
                    self._let_go(slot)
                return
        before = slot.lastseen
        super()._process_queue(slot)
        if slot.lastseen != before:
            host.note(self, slot)

    def look(self, key: str) -> None:
        """Check now whether a request can be sent to this slot, instead of at the scheduled time."""
        slot = self.slots[key]
        if slot.queue and slot.latercall is not None:
            slot.latercall.cancel()
            slot.latercall = None
            self._process_queue(slot)

    @staticmethod
    def _is_rendering(slot: Slot) -> bool:
        return any("splash" in request.meta for request in slot.transferring)

    def _key_of(self, slot: Slot) -> str:
        return next((key for key, each in self.slots.items() if each is slot), "")

    def _let_go(self, slot: Slot) -> None:
        while slot.queue:
            request, waiting = slot.queue.popleft()
            waiting.errback(SpiderClosing(f"{request.url}: not sent, the crawl is closing"))

    async def _download(self, slot: Slot, request: Request) -> Response:
        request.meta[SENT] = monotonic()
        response: Response = await super()._download(slot, request)
        body = decompress(response.body, response.headers.getlist("Content-Encoding"), self._max_size)
        is_page = response.status == 200 and b"html" in (response.headers.get("Content-Type") or b"").lower()
        if is_page and self._is_cut_off(request, body):
            raise ResponseDataLossError(f"{request.url}: the page is incomplete")
        return response

    def _is_cut_off(self, request: Request, body: bytes) -> bool:
        """Return whether the end of the page is missing, because the server failed or sent a wrong length.

        If the site never closes its elements, a second response of the same length is accepted.
        """
        ends = ends_as_page(body)
        if ends is not False:
            self._closes_pages |= ends is True
            return False
        before = request.meta.get("vok_unclosed")
        request.meta["vok_unclosed"] = len(body)
        return self._closes_pages or before != len(body)


def slow_down(slot: Slot, host: Host) -> None:
    """Raise the slot's delay so that jitter does not reduce it below the Crawl-delay of robots.txt."""
    if host.least_delay:
        slot.delay = max(slot.delay, host.least_delay / max(0.01, 1 - slot.jitter))
