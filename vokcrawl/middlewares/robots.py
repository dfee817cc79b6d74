"""robots.txt, with what Scrapy leaves open decided: `Crawl-delay` is kept, an unreadable file is no permission."""

from __future__ import annotations

import logging
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.misc import build_from_crawler

from vokcrawl.downloader import PausingDownloader
from vokcrawl.options import Options

logger = logging.getLogger(__name__)

# A longer Crawl-delay than this is a mistake, or a trap for the process that would wait.
_LONGEST_DELAY = 300.0
_FORBIDS_ALL = b"User-agent: *\nDisallow: /\n"


class RobotsMiddleware(RobotsTxtMiddleware):
    """Replaces Scrapy's. `VOK_ROBOTS_UNREADABLE` says what a time-out or a 5xx for robots.txt means.

    `stop` (RFC 9309, 2.3.1.4): all is forbidden, and the run ends with 14. `go`: all is allowed.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._stops = Options.read(crawler.settings).robots_unreadable == "stop"
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        crawler.signals.connect(self.robots_parsed, signal=signals.robots_parsed)

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        """Applies the file's Crawl-delay to the slot of the host."""
        delay = min(robotparser.crawl_delay(self._agent) or 0.0, _LONGEST_DELAY)
        downloader = self.crawler.engine.downloader
        if delay > 0 and isinstance(downloader, PausingDownloader):
            logger.info("robots.txt of %s asks for %.1f s between requests", request.url, delay)
            downloader.at_least(request, delay)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._unreadable(netloc, f"status {response.status}")
            if self._stops:
                response = response.replace(body=_FORBIDS_ALL)
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, IgnoreRequest) or not self._stops:
            self._unreadable(netloc, str(exc) or type(exc).__name__)
            super()._robots_error(exc, netloc)
            return
        self._unreadable(netloc, str(exc) or type(exc).__name__)
        waiting: Any = self._parsers[netloc]
        parser: RobotParser = build_from_crawler(self._parserimpl, self.crawler, _FORBIDS_ALL)
        self._parsers[netloc] = parser
        waiting.callback(parser)

    def _unreadable(self, netloc: str, why: str) -> None:
        self._stats.inc_value("vok/robots/unreadable")
        logger.error(
            "robots.txt of %s cannot be read (%s): %s, by VOK_ROBOTS_UNREADABLE",
            netloc,
            why,
            "nothing is asked for" if self._stops else "the crawl goes on",
        )
