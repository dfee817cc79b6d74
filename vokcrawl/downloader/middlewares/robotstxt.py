"""robots.txt, with what Scrapy leaves open decided: `Crawl-delay` is kept, an unreadable file is no permission."""

from __future__ import annotations

import logging

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

logger = logging.getLogger(__name__)

# A longer Crawl-delay than this is a mistake, or a trap for the process that would wait.
_LONGEST_DELAY = 300.0


class RobotsMiddleware(RobotsTxtMiddleware):
    """Replaces Scrapy's. `VOK_ROBOTS_UNREADABLE` says what a time-out or a 5xx for robots.txt means.

    `stop` (RFC 9309, 2.3.1.4): all is forbidden, and the run ends with 14. `go`: all is allowed.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._stops = Options.read(crawler.settings).robots_unreadable == "stop"
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        # Hosts whose file could not be read, where that means that nothing is asked for.
        self._forbidden: set[str] = set()
        crawler.signals.connect(self.robots_parsed, signal=signals.robots_parsed)

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        """Applies the file's Crawl-delay to the slot of the host."""
        delay = min(robotparser.crawl_delay(self._agent) or 0.0, _LONGEST_DELAY)
        downloader = self.crawler.engine.downloader
        if delay > 0 and isinstance(downloader, PausingDownloader):
            logger.info("robots.txt of %s asks for %.1f s between requests", request.url, delay)
            downloader.at_least(request, delay)

    @override
    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        if urlparse_cached(request).netloc in self._forbidden:
            raise IgnoreRequest("robots.txt unreadable")
        super().process_request_2(rp, request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._unreadable(netloc, f"status {response.status}")
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self._unreadable(netloc, str(exc) or type(exc).__name__)
        super()._robots_error(exc, netloc)

    def _unreadable(self, netloc: str, why: str) -> None:
        self._stats.inc_value("vok/robots/unreadable")
        if self._stops:
            self._forbidden.add(netloc)
        logger.error(
            "robots.txt of %s cannot be read (%s): %s, by VOK_ROBOTS_UNREADABLE",
            netloc,
            why,
            "nothing is asked for" if self._stops else "the crawl goes on",
        )
