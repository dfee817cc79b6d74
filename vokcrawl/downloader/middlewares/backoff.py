"""Pauses requests to a host that refuses: `Retry-After` in both forms, and exponential backoff after resets."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from time import monotonic
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError, NotConfigured
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from vokcrawl.config import Options
from vokcrawl.downloader.downloader import SENT, PausingDownloader
from vokcrawl.downloader.failures import block_page_of, unreadable_response
from vokcrawl.pages.block_pages import BlockPage
from vokcrawl.policy.backoff import Pauses, retry_after

logger = logging.getLogger(__name__)

# Maximum number of refusals in a row; after another one the crawl ends, and the next run continues.
MOST_IN_A_ROW = 4
# Status codes of temporary refusals.
_REFUSALS = frozenset({429, 503})
# The close reason, as in Scrapy's log and in the manifest.
REFUSED = "refused"


class PauseMiddleware:
    """Pauses the slot of a host that refuses, and closes the crawl if it refuses too often in a row.

    After a 429 without `Retry-After`, or a connection that was reset or closed without a response, the pause is
    `VOK_BACKOFF_SECONDS` and doubles each time. If a host asks for more than `VOK_MAX_WAIT_SECONDS`, the crawl ends,
    and the next run continues. Stats: `vok/pauses/count`, `vok/pauses/seconds`.
    """

    def __init__(self, crawler: Crawler) -> None:
        options: Options | None = getattr(crawler.spider, "options", None)
        if options is None:
            raise NotConfigured
        if not options.backoff_seconds:
            raise NotConfigured("VOK_BACKOFF_SECONDS is 0")
        self.crawler = crawler
        self.max_wait = options.max_wait_seconds
        self.pauses = Pauses(options.backoff_seconds, MOST_IN_A_ROW)
        self._closing: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Builds the middleware. Raises `NotConfigured` for a spider of another project."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Pauses the host after a 429 or 503, and ends the pauses after a good response."""
        now = monotonic()
        sent = float(request.meta.get(SENT, now))
        if response.status >= 400 and block_page_of(response) is BlockPage.BOT_CHECK:
            # A retry would get the same response; the spider stops the crawl.
            request.meta["dont_retry"] = True
            return response
        if response.status not in _REFUSALS:
            self.pauses.on_response(_host(request), sent)
            return response
        header = response.headers.get("Retry-After")
        asked = retry_after(header.decode("latin-1"), datetime.now(UTC)) if header else None
        if response.status == 429 or asked is not None:
            why = str(response.status) if asked is None else "Retry-After"
            self._refused(request, sent, now, asked, f"{response.status} {request.url}", why)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Pauses the host after a lost connection."""
        # A response that cannot be parsed is no refusal: the host did answer.
        if isinstance(exception, DownloadFailedError) and unreadable_response(exception) is None:
            now = monotonic()
            sent = float(request.meta.get(SENT, now))
            self._refused(request, sent, now, None, f"connection lost, {request.url}", "connection lost")

    def _refused(self, request: Request, sent: float, now: float, asked: float | None, what: str, why: str) -> None:
        """Pause, or give up. `what` describes the refusal for the log, `why` in a word or two for the status line."""
        host = _host(request)
        before = self.pauses.remaining(host, now)
        seconds = self.pauses.refused(host, sent, now, asked)
        if seconds > self.max_wait or self.pauses.gives_up(host):
            self._give_up(host, seconds)
            return
        downloader = self.crawler.engine.downloader
        if isinstance(downloader, PausingDownloader):
            downloader.pause(request, seconds, why)
        self.crawler.stats.inc_value("vok/pauses/count")
        self.crawler.stats.inc_value("vok/pauses/seconds", round(max(0.0, seconds - before)))
        logger.warning("%s: pausing requests to %s for %.0f s", what, host, seconds)

    def _give_up(self, host: str, seconds: float) -> None:
        if self._closing is not None:
            return
        logger.error("%s keeps refusing (next pause: %.0f s); stopping, the next run continues", host, seconds)
        downloader = self.crawler.engine.downloader
        if isinstance(downloader, PausingDownloader):
            downloader.drain()
        self._closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=REFUSED))


def _host(request: Request) -> str:
    return str(request.meta.get("download_slot") or urlparse_cached(request).hostname or "")
