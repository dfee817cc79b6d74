"""Scrapy's downloader, whose slots can be paused, and which tells a page that was cut off from a whole one."""

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
from vokcrawl.utils.content_encoding import ends_as_page, unpacked

# While a slot is paused, it looks this often whether the crawl is closing: nobody waits minutes for a Ctrl-C.
LOOK_SECONDS = 0.5
# Where the downloader leaves, in a request's meta, the moment at which it was sent.
SENT = "vok_sent"


class Closing(IgnoreRequest):
    """The crawl closes while this request was waiting for a pause to end. Given to the request's errback."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A slot that is left alone: its name (a host), the seconds that are left of its pause, and why, in a few words."""

    slot: str
    seconds: float
    why: str


class PausingDownloader(Downloader):
    """Set as `DOWNLOADER`. `pause`, `at_least` and `drain` are for middlewares, `waiting` is for whoever looks on.

    Raises `ResponseDataLossError` for a page that is not all there though it came without an error, `Corrupt` for
    one that cannot be unpacked, and `DownloadCancelledError` for one that unpacks to more than `DOWNLOAD_MAXSIZE`:
    Scrapy would take for a page whatever could be unpacked of it.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._draining = False
        self._max_size = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._closes_pages = False

    def pause(self, request: Request, seconds: float, why: str = "") -> None:
        """Sends nothing more to this request's slot for so many seconds, queued requests included."""
        host_of(self._get_slot(request)[0], self).pause(monotonic() + seconds, why)

    def waiting(self) -> list[Waiting]:
        """The slots that are paused now, those that wait longest first."""
        now = monotonic()
        hosts = [host_of(key, self) for key in self.slots]
        paused = [Waiting(host.key, host.paused_until - now, host.why) for host in hosts if host.paused_until > now]
        return sorted(paused, key=lambda each: each.seconds, reverse=True)

    def at_least(self, request: Request, delay: float) -> None:
        """Keeps at least so many seconds between the requests of this request's slot; jitter only adds to them."""
        host = host_of(self._get_slot(request)[0], self)
        host.least_delay = max(host.least_delay, delay)

    def delay_of(self, request: Request) -> float:
        """The seconds, jitter included, to let pass before the next request to this request's slot."""
        key, slot = self._get_slot(request)
        slow_down(slot, host_of(key, self))
        return slot.download_delay()

    def drain(self) -> None:
        """Sends nothing more at all, not even what is queued: the crawl is closing."""
        self._draining = True
        for slot in self.slots.values():
            self._let_go(slot)

    def _process_queue(self, slot: Slot) -> None:
        if self._draining:
            self._let_go(slot)
            return
        host = host_of(self._key_of(slot), self)
        # Each time, for AutoThrottle sets the delay anew with each answer, and knows of no other floor than its own.
        slow_down(slot, host)
        host.give_way(self)
        # While a browser reads the site for us, its own requests are what the site is asked; others wait for its end.
        if self._is_rendering(slot):
            return
        # Waits with Scrapy's own `latercall`, so that its delay and a pause cannot both be counting.
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
        """Sees at once, rather than when it would have, whether something can be sent to this slot."""
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
            waiting.errback(Closing(f"{request.url}: not sent, the crawl is closing"))

    async def _download(self, slot: Slot, request: Request) -> Response:
        request.meta[SENT] = monotonic()
        response: Response = await super()._download(slot, request)
        body = unpacked(response.body, response.headers.getlist("Content-Encoding"), self._max_size)
        is_page = response.status == 200 and b"html" in (response.headers.get("Content-Type") or b"").lower()
        if is_page and self._is_cut_off(request, body):
            raise ResponseDataLossError(f"{request.url}: the page ends in the middle")
        return response

    def _is_cut_off(self, request: Request, body: bytes) -> bool:
        """Whether this is a page without its end: a program died while it wrote it, or a length was told wrong.

        A site that never closes its pages is believed when it gives the same page again.
        """
        ends = ends_as_page(body)
        if ends is not False:
            self._closes_pages |= ends is True
            return False
        before = request.meta.get("vok_unclosed")
        request.meta["vok_unclosed"] = len(body)
        return self._closes_pages or before != len(body)


def slow_down(slot: Slot, host: Host) -> None:
    """Jitter may make a delay shorter, but not than what robots.txt asks for."""
    if host.least_delay:
        slot.delay = max(slot.delay, host.least_delay / max(0.01, 1 - slot.jitter))
