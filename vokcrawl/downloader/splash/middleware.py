"""Sends requests through Splash, and returns responses as if they came from the site."""

from __future__ import annotations

import logging

from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import HtmlResponse, Response
from typing_extensions import override

from vokcrawl.downloader.downloader import PausingDownloader
from vokcrawl.downloader.rendering.errors import BrowserRefused, BrowserUnreachable
from vokcrawl.downloader.rendering.result import RENDERED, Outcome, Rendered, read_answer
from vokcrawl.downloader.splash.compat import SplashMiddleware
from vokcrawl.errors import StorageError
from vokcrawl.runs.run import Run

logger = logging.getLogger(__name__)

_TROUBLE = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    OSError,
)
# Number of bytes of an invalid response to quote in the log.
_QUOTED = 300


class RenderingMiddleware(SplashMiddleware):  # type: ignore[misc]
    """Processes requests as scrapy-splash does, but handles responses itself.

    A successful result becomes a response with the URL of the page and `Rendered` in its meta. A refusal of the site
    becomes a response with its status and `Retry-After`, so that retries and pauses work as usual. Failures of Splash
    are retried here, so that they do not pause the site, and then raised as `BrowserUnreachable` or `BrowserRefused`.
    Stats: `vok/splash/<outcome>`, `vok/splash/trouble`.
    """

    # The time-out of the request includes it (`splash.request`).
    splash_extra_timeout = 0.0

    @override
    def process_request(self, request: Request) -> Request | None:
        if "splash" in request.meta and not request.meta.get("_splash_processed"):
            downloader = self.crawler.engine.downloader
            if isinstance(downloader, PausingDownloader):
                request.meta["splash"]["args"]["delay"] = downloader.delay_of(request)
        sent: Request | None = super().process_request(request, self.crawler.spider)
        return sent

    @override
    def process_response(self, request: Request, response: Response) -> Response | Request:
        if not request.meta.get("_splash_processed"):
            return response
        if response.status != 200:
            return self._trouble(request, response.status, f"status {response.status}: {_quoted(response)}")
        try:
            rendered = read_answer(response.body)
        except (ValueError, RecursionError) as fault:
            return self._trouble(
                request, response.status, f"invalid result of the script: {fault}: {_quoted(response)}"
            )
        self.crawler.stats.inc_value(f"vok/splash/{rendered.outcome}")
        self._archive(request, response)
        return self._of_site(request, rendered)

    @override
    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        if request.meta.get("_splash_processed") and isinstance(exception, _TROUBLE):
            return self._trouble(request, 0, f"{type(exception).__name__} {exception}")
        return None

    def _archive(self, request: Request, response: Response) -> None:
        """Archive the rendered page, which is not a response of the site."""
        run = Run.of(self.crawler)
        if run.archive is None or run.failure is not None:
            return
        try:
            run.archive.add_rendered(request.meta["splash"]["args"]["url"], "application/json", response.body)
        except StorageError as failure:
            run.fail(failure)

    def _of_site(self, request: Request, rendered: Rendered) -> Response | Request:
        page = request.meta["splash"]["args"]["url"]
        if rendered.outcome in (Outcome.REFUSED, Outcome.STUCK) and rendered.status is None:
            what = DownloadTimeoutError if rendered.outcome is Outcome.STUCK else DownloadFailedError
            reason = rendered.rest or "no response in time"
            again = get_retry_request(request, spider=self.crawler.spider, reason=f"in the browser: {reason}")
            if again is None:
                raise what(f"{page}: {reason}")
            return again
        request.meta[RENDERED] = rendered
        headers = {"Content-Type": "text/html; charset=utf-8"}
        if rendered.retry_after:
            headers["Retry-After"] = rendered.retry_after
        body = rendered.html.encode("utf-8", "replace")
        return HtmlResponse(page, status=rendered.status or 200, headers=headers, body=body, request=request)

    def _trouble(self, request: Request, status: int, what: str) -> Request:
        """Return a retry request. Raises `BrowserRefused` or `BrowserUnreachable` if a retry is of no use."""
        self.crawler.stats.inc_value("vok/splash/trouble")
        if 400 <= status < 500 and status not in (408, 429):
            logger.error("Splash at SPLASH_URL (%s) rejects a request: %s", request.url, what)
            raise BrowserRefused(what)
        again = get_retry_request(request, spider=self.crawler.spider, reason=f"Splash: {what}")
        if again is None:
            logger.error("Splash at SPLASH_URL (%s) is unreachable or not responding: %s", request.url, what)
            raise BrowserUnreachable(what)
        return again


def _quoted(response: Response) -> str:
    return response.body[:_QUOTED].decode("utf-8", "replace")
