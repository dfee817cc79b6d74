"""Carries out steps through listings in Chromium, and returns responses as if they came from the site."""

from __future__ import annotations

import asyncio
import logging
from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import DownloadCancelledError, NotConfigured
from scrapy.http import HtmlResponse, Response
from scrapy.spidermiddlewares.httperror import HttpError

from vokcrawl.config import Options
from vokcrawl.config.browser_program import find_chromium
from vokcrawl.downloader.chromium.launch import Chromium, ChromiumFailed, ChromiumNotStarted
from vokcrawl.downloader.chromium.listing_session import ListingSession
from vokcrawl.downloader.chromium.open_page import OpenPage
from vokcrawl.downloader.chromium.page_requests import PageRequests
from vokcrawl.downloader.chromium.request import STEP
from vokcrawl.downloader.downloader import SpiderClosing
from vokcrawl.downloader.rendering.errors import BrowserCrashed, BrowserUnreachable, PageRequestFailed
from vokcrawl.downloader.rendering.result import RENDERED, Outcome, Rendered
from vokcrawl.errors import StorageError
from vokcrawl.pages.routes import BrowserRoute
from vokcrawl.runs.run import Run

logger = logging.getLogger(__name__)


class ChromiumMiddleware:
    """Answers the requests of `chromium.request` with the results of steps; it passes all others on.

    One page stays open for a listing. What it requests goes through the engine, so robots.txt, delays,
    pauses, retries and the archive apply to it as to any request of the crawl. The page is loaded again only where a
    step does not begin at the place where the one before ended. If Chromium fails, the step is retried with a new one.
    Stats: `vok/chromium/<outcome>`, `vok/chromium/requests`, `vok/chromium/nodes` (that its functions have
    read), `vok/chromium/failed`.
    """

    def __init__(self, crawler: Crawler) -> None:
        spider = crawler.spider
        options: Options | None = getattr(spider, "options", None)
        if spider is None or options is None:
            raise NotConfigured
        self.crawler = crawler
        self._spider = spider
        self._program = find_chromium(options.chromium)
        self._memory = options.browser_memory
        self._hosts: frozenset[str] = spider.allowed_authorities  # type: ignore[attr-defined]
        self._chromium: Chromium | None = None
        self._session: ListingSession | None = None
        # A listing at a time: each page needs much memory.
        self._turn = asyncio.Lock()
        crawler.signals.connect(self.close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Builds the middleware. Raises `NotConfigured` for a spider of another project."""
        return cls(crawler)

    async def process_request(self, request: Request) -> Response | Request | None:
        """Carry out a step. Raises `BrowserUnreachable`, `BrowserCrashed`, `PageRequestFailed`, or `HttpError`."""
        route = request.meta.get(STEP)
        if route is None:
            return None
        async with self._turn:
            try:
                rendered = await self._step(route)
            except ChromiumFailed as failure:
                await self.close()
                return self._retry(request, failure)
            except DownloadCancelledError as error:
                raise PageRequestFailed(str(error)) from error
            finally:
                if self._session is not None and self._session.is_over:
                    await self._end_session()
        self.crawler.stats.inc_value(f"vok/chromium/{rendered.outcome}")
        self._archive(route.url, rendered)
        return self._response(request, rendered)

    async def close(self) -> None:
        """End Chromium."""
        await self._end_session()
        chromium, self._chromium = self._chromium, None
        if chromium is not None:
            await chromium.close()

    async def _step(self, route: BrowserRoute) -> Rendered:
        if self._session is None or not self._session.continues(route):
            await self._end_session()
            self._session = ListingSession(
                await self._new_page(route.url), route.url, lambda: not self.crawler.crawling
            )
        before = self._session.nodes
        try:
            return await self._session.step(route)
        finally:
            self.crawler.stats.inc_value("vok/chromium/nodes", self._session.nodes - before)

    async def _new_page(self, url: str) -> OpenPage:
        if self._chromium is None:
            self._chromium = await Chromium.start(self._program or "")
        settings = self.crawler.settings
        return await OpenPage.new(
            self._chromium,
            PageRequests(self._fetch, self._hosts, url),
            settings["USER_AGENT"],
            seconds=settings.getfloat("DOWNLOAD_TIMEOUT"),
            most_memory=self._memory,
            most_result=settings.getint("DOWNLOAD_MAXSIZE"),
        )

    async def _fetch(self, request: Request) -> Response:
        self.crawler.stats.inc_value("vok/chromium/requests")
        return await self.crawler.engine.download_async(request)

    async def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _retry(self, request: Request, failure: ChromiumFailed) -> Request:
        """A retry request. Raises `BrowserUnreachable` or `BrowserCrashed` after the last one."""
        if not self.crawler.crawling:
            # Ctrl-C in a terminal ends Chromium, too.
            raise SpiderClosing(f"{request.url}: not rendered, the crawl is closing")
        self.crawler.stats.inc_value("vok/chromium/failed")
        again = get_retry_request(request, spider=self._spider, reason=f"Chromium: {failure}")
        if again is not None:
            return again
        if isinstance(failure, ChromiumNotStarted):
            logger.error("%s: Chromium (%s) does not start: %s", request.url, self._program, failure)
            raise BrowserUnreachable(str(failure))
        logger.error("%s: Chromium failed: %s; the listing is incomplete", request.url, failure)
        raise BrowserCrashed(str(failure))

    def _archive(self, url: str, rendered: Rendered) -> None:
        """Archive the result as rendered, which no response of the site is; those are archived as any other."""
        run = Run.of(self.crawler)
        if run.archive is None or run.failure is not None:
            return
        try:
            run.archive.add_rendered(url, "application/json", rendered.to_json())
        except StorageError as failure:
            run.fail(failure)

    @staticmethod
    def _response(request: Request, rendered: Rendered) -> Response:
        request.meta[RENDERED] = rendered
        response = HtmlResponse(
            request.url,
            status=rendered.status or 200,
            headers={"Content-Type": "text/html; charset=utf-8"},
            body=rendered.html.encode("utf-8", "replace"),
            request=request,
        )
        if rendered.outcome is Outcome.REFUSED:
            # Its own request was retried, and has paused the crawl.
            raise HttpError(response, f"status {response.status} in the browser")
        return response
