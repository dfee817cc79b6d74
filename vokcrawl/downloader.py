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

from vokcrawl.bodies import ends_as_page, unpacked

# While a slot is paused, it looks this often whether the crawl is closing: nobody waits minutes for a Ctrl-C.
_LOOK_SECONDS = 0.5
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
        self._paused_until: dict[str, float] = {}
        self._paused_for: dict[str, str] = {}
        self._floors: dict[str, float] = {}
        self._draining = False
        self._max_size = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._closes_pages = False

    def pause(self, request: Request, seconds: float, why: str = "") -> None:
        """Sends nothing more to this request's slot for so many seconds, queued requests included."""
        key, _ = self._get_slot(request)
        until = monotonic() + seconds
        if until >= self._paused_until.get(key, 0.0):
            self._paused_until[key], self._paused_for[key] = until, why

    def waiting(self) -> list[Waiting]:
        """The slots that are paused now, those that wait longest first."""
        now = monotonic()
        paused = [
            Waiting(key, until - now, self._paused_for.get(key, ""))
            for key, until in self._paused_until.items()
            if until > now
        ]
        return sorted(paused, key=lambda each: each.seconds, reverse=True)

    def at_least(self, request: Request, delay: float) -> None:
        """Keeps at least so many seconds between the requests of this request's slot; jitter only adds to them."""
        key, slot = self._get_slot(request)
        self._floors[key] = max(self._floors.get(key, 0.0), delay / max(0.01, 1 - slot.jitter))

    def delay_of(self, request: Request) -> float:
        """The seconds, jitter included, to let pass before the next request to this request's slot."""
        key, slot = self._get_slot(request)
        slot.delay = max(slot.delay, self._floors.get(key, 0.0))
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
        key = self._key_of(slot) if self._floors or self._paused_until else ""
        # Each time, for AutoThrottle sets the delay anew with each answer, and knows of no other floor than its own.
        slot.delay = max(slot.delay, self._floors.get(key, 0.0))
        # While a browser reads the site for us, its own requests are what the site is asked; others wait for its end.
        if any("splash" in request.meta for request in slot.transferring):
            return
        # Waits with Scrapy's own `latercall`, so that its delay and a pause cannot both be counting.
        if slot.latercall is None:
            wait = self._paused_until.get(key, 0.0) - monotonic()
            if wait > 0:
                if self.crawler.crawling:
                    slot.latercall = call_later(min(wait, _LOOK_SECONDS), self._latercall, slot)
                else:
                    self._let_go(slot)
                return
        super()._process_queue(slot)

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
