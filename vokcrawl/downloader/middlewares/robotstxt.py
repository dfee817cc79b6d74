"""Scrapy's robots.txt middleware with `Crawl-delay`, and with a setting for an unreadable robots.txt."""

from __future__ import annotations

import logging
from itertools import islice

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from typing_extensions import override

from vokcrawl.config import Options
from vokcrawl.downloader.downloader import PausingDownloader
from vokcrawl.downloader.failures import ROBOTS_CHECK, ROBOTS_UNREADABLE, block_page_of
from vokcrawl.pages.block_pages import BlockPage

logger = logging.getLogger(__name__)

# Maximum Crawl-delay in seconds; a longer one is a mistake or an attack.
_MAX_DELAY = 300.0

# Of one file no more `Sitemap:` lines than these are read.
_MOST_SITEMAPS = 5


def sitemaps_of(robotparser: RobotParser) -> list[str]:
    """The URLs of a file's `Sitemap:` lines, as written; none where the parser in use does not keep them."""
    parsed = getattr(robotparser, "rp", None)
    return list(islice(getattr(parsed, "sitemaps", ()), _MOST_SITEMAPS))


def _without_traceback(record: logging.LogRecord) -> bool:
    """Drops the traceback of a robots.txt that cannot be fetched; for `VokSpider`, `_unreadable` logs the sentence."""
    if record.levelno < logging.ERROR:
        return True
    record.exc_info = record.exc_text = None
    return getattr(getattr(record, "spider", None), "options", None) is None


# A filter is added once, however often.
logging.getLogger(RobotsTxtMiddleware.__module__).addFilter(_without_traceback)


class RobotsMiddleware(RobotsTxtMiddleware):
    """Replaces Scrapy's middleware. `VOK_ROBOTS_UNREADABLE` selects what a time-out or a 5xx for robots.txt means.

    `stop` (RFC 9309, 2.3.1.4): everything is disallowed, and the run ends with 14, or with 11 if the response is a bot
    check. `go`: everything is allowed.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        options: Options | None = getattr(crawler.spider, "options", None)
        # A spider of another project has Scrapy's behaviour.
        self._stops = options is not None and options.robots_unreadable == "stop"
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        # Hosts whose robots.txt could not be read, if that disallows everything, with the reason.
        self._forbidden: dict[str, str] = {}
        crawler.signals.connect(self.robots_parsed, signal=signals.robots_parsed)

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        """Apply the Crawl-delay to the slot of the host."""
        delay = min(robotparser.crawl_delay(self._agent) or 0.0, _MAX_DELAY)
        downloader = self.crawler.engine.downloader
        if delay > 0 and isinstance(downloader, PausingDownloader):
            logger.info("robots.txt of %s: Crawl-delay of %.1f s", request.url, delay)
            downloader.at_least(request, delay)

    @override
    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        reason = self._forbidden.get(urlparse_cached(request).netloc)
        if reason is not None:
            raise IgnoreRequest(reason)
        super().process_request_2(rp, request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            is_check = block_page_of(response) is BlockPage.BOT_CHECK
            self._unreadable(netloc, f"status {response.status}", ROBOTS_CHECK if is_check else ROBOTS_UNREADABLE)
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self._unreadable(netloc, str(exc) or type(exc).__name__)
        super()._robots_error(exc, netloc)

    def _unreadable(self, netloc: str, why: str, reason: str = ROBOTS_UNREADABLE) -> None:
        self._stats.inc_value("vok/robots/unreadable")
        if self._stops:
            self._forbidden[netloc] = reason
        logger.error(
            "robots.txt of %s is unreadable (%s): %s (VOK_ROBOTS_UNREADABLE)",
            netloc,
            why,
            "all requests are disallowed" if self._stops else "all requests are allowed",
        )
