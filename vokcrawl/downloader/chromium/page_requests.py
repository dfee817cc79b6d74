"""Answers what a page in Chromium requests: each request is sent by the crawl, by its rules, or refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

from playwright.async_api import Error, Page, Route
from playwright.async_api import Request as PageRequest
from scrapy import Request
from scrapy.http import Response

from vokcrawl.downloader.capture.warc_handler import REQUESTED_BY
from vokcrawl.normalize import authority

logger = logging.getLogger(__name__)

# What a listing needs. Pictures, fonts, media and frames would only cost the site traffic.
_NEEDED = frozenset({"document", "script", "stylesheet", "xhr", "fetch"})
_METHODS = frozenset({"GET", "HEAD", "POST"})
# Headers of the page that are sent. The crawl sets the others; there are no cookies.
_SENT_HEADERS = ("accept", "content-type", "origin", "referer", "x-requested-with")
# Headers of answers that belong to the connection, or that the page shall not have.
_DROPPED = frozenset(
    {"alt-svc", "connection", "content-encoding", "content-length", "keep-alive", "set-cookie", "transfer-encoding"}
)
_LONGEST_BODY = 64 * 1024


class PageRequests:
    """The requests of the page `url` since the last `begin`: how many, and what came of them.

    `fetch` sends a request of the crawl. `blocked` is the first URL on another host, `error` the first failure without
    an answer, `refusal` the last answer with an error status; `redirected` is where the page itself was redirected to.
    While `is_held`, requests wait: between two steps the page sends nothing.
    """

    def __init__(self, fetch: Callable[[Request], Awaitable[Response]], hosts: Collection[str], url: str) -> None:
        self.url = url
        self._fetch = fetch
        self._hosts = hosts
        self._page: Page | None = None
        self._released = asyncio.Event()
        self._held_answer: Response | None = None
        self._left = 0
        self.in_flight = 0
        self.begin(0)

    def begin(self, most: int) -> None:
        """Begin to count again, and allow so many requests."""
        self._left = most
        self.good = 0
        self.blocked = ""
        self.error: Exception | None = None
        self.refusal: Response | None = None
        self.redirected: str | None = None

    async def serve(self, page: Page) -> None:
        """Answer the requests of a page from now on."""
        self._page = page
        await page.context.route("**/*", self._answer)

    def release(self) -> None:
        """Send what waits."""
        self._released.set()

    def hold(self) -> None:
        """Send nothing until `release`."""
        self._released.clear()

    async def _answer(self, route: Route) -> None:
        try:
            response = await self._response(route.request)
            if response is None:
                await route.abort("blockedbyclient")
            else:
                await route.fulfill(status=response.status, headers=_headers(response), body=response.body)
        except Error:
            # The page is gone, or has given the request up.
            logger.debug("%s: the page does not wait for the answer any more", route.request.url)

    async def _response(self, request: PageRequest) -> Response | None:
        """The answer to a request of the page; None if it gets none."""
        if not self._may_send(request):
            return None
        if self._held_answer is not None and request.is_navigation_request():
            response, self._held_answer = self._held_answer, None
            if response.url == request.url:
                return response
        self.in_flight += 1
        try:
            await self._released.wait()
            response = await self._fetch(_of_crawl(request, self.url))
        except Exception as fault:
            self.error = self.error or fault
            return None
        finally:
            self.in_flight -= 1
        if request.is_navigation_request() and response.url != request.url:
            # Chromium must know the page by its own URL; the answer is kept for then.
            self.redirected, self._held_answer = response.url, response
            return None
        if response.status < 400:
            self.good += 1
        else:
            self.refusal = response
        return response

    def _may_send(self, request: PageRequest) -> bool:
        is_needed = request.resource_type in _NEEDED and request.method in _METHODS
        if not is_needed or self._page is None or request.frame != self._page.main_frame:
            return False
        if not request.url.startswith(("http://", "https://")) or authority(request.url) not in self._hosts:
            self.blocked = self.blocked or request.url
            return False
        if len(request.post_data_buffer or b"") > _LONGEST_BODY:
            return False
        if self._left == 0:
            logger.warning("%s: the page sends too many requests; the rest is refused", self._page.url)
        self._left -= 1
        return self._left >= 0


def _of_crawl(request: PageRequest, page: str) -> Request:
    headers = {name: request.headers[name] for name in _SENT_HEADERS if name in request.headers}
    return Request(
        request.url,
        method=request.method,
        headers=headers,
        body=request.post_data_buffer or b"",
        meta={REQUESTED_BY: page},
        dont_filter=True,
    )


def _headers(response: Response) -> dict[str, str]:
    found = {name.decode("latin-1").lower(): b", ".join(values) for name, values in response.headers.items()}
    return {name: value.decode("latin-1") for name, value in found.items() if name not in _DROPPED}
