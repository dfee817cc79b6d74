"""Names download failures as the manifest does."""

from __future__ import annotations

from OpenSSL.SSL import Error as SSLError
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.internet.error import ConnectError, ConnectionClosed, ConnectionLost
from twisted.python.failure import Failure

from vokcrawl.downloader.downloader import SpiderClosing
from vokcrawl.downloader.rendering.errors import (
    BrowserCrashed,
    BrowserRefused,
    BrowserUnreachable,
    PageRequestFailed,
)
from vokcrawl.pages.block_pages import BlockPage, find_block_page
from vokcrawl.policy.failure_reasons import BROWSER_REFUSED, BROWSER_UNREACHABLE, COMPONENT_ERROR
from vokcrawl.utils.component_error import component_error_of
from vokcrawl.utils.content_encoding import CorruptBody


class Offsite(IgnoreRequest):
    """A request to another host was refused. Raised by `OnSiteMiddleware` and passed to the errback."""


_NAMES: tuple[tuple[type[Exception], str], ...] = (
    (Offsite, "offsite"),
    (BrowserUnreachable, BROWSER_UNREACHABLE),
    (BrowserRefused, BROWSER_REFUSED),
    (BrowserCrashed, "browser_crashed"),
    (DownloadCancelledError, "too_large"),
    (DownloadTimeoutError, "timeout"),
    (CorruptBody, "corrupt"),
    (ResponseDataLossError, "cut_off"),
    (CannotResolveHostError, "unknown_host"),
    (DownloadConnectionRefusedError, "refused"),
)
# Messages of the robots.txt middlewares, this project's and Scrapy's.
ROBOTS_UNREADABLE, ROBOTS_CHECK = "robots.txt unreadable", "robots.txt is a bot check"
_IGNORED = {
    "Forbidden by robots.txt": "robots_forbidden",
    ROBOTS_UNREADABLE: "robots_unreadable",
    ROBOTS_CHECK: BlockPage.BOT_CHECK,
}
_OF_CONNECTION = (ConnectionClosed, ConnectionLost, ConnectError, OSError, SSLError)
# Not a failure: the crawl closed before the request was sent; the next run sends it.
CLOSING = "closing"


def request_of(failure: Failure) -> Request:
    """Return the failed request with its original URL, before redirects or Splash.

    Scrapy attaches the request to the failure that it passes to an errback.
    """
    request: Request = failure.request  # type: ignore[attr-defined]
    if "splash" in request.meta:
        return request.replace(url=request.meta["splash"]["args"]["url"])
    first = request.meta.get("redirect_urls")
    return request.replace(url=first[0]) if first else request


def name_of(failure: Failure) -> str:
    """Return a short name: ``http_503``, ``timeout``, ``robots_forbidden``, …; ``connection`` for a lost connection.

    An exception of a component of the user's has a name of its own: it says nothing about the site. One without a name
    here keeps that of its class.
    """
    return COMPONENT_ERROR if component_error_of(failure.value) is not None else _name_of(failure.value)


def _name_of(error: BaseException | None) -> str:
    if isinstance(error, PageRequestFailed):
        return _name_of(error.__cause__)
    if isinstance(error, SpiderClosing):
        return CLOSING
    if isinstance(error, HttpError):
        return f"http_{error.response.status}"
    for kind, name in _NAMES:
        if isinstance(error, kind):
            return name
    if isinstance(error, IgnoreRequest):
        return _IGNORED.get(str(error), "redirect_loop")
    if isinstance(error, DownloadFailedError | ConnectError | ConnectionClosed | OSError):
        cause = unreadable_response(error)
        return type(cause).__name__ if cause is not None else "connection"
    return type(error).__name__


def unreadable_response(error: BaseException) -> BaseException | None:
    """Return why a response cannot be read, such as a `HeaderLineTooLong`; None if the connection was lost.

    Scrapy raises the same exception for both: a `DownloadFailedError` from Twisted's `ResponseFailed`.
    """
    failures = getattr(error.__cause__, "reasons", ())
    causes = [getattr(each, "value", each) for each in failures]
    return next((each for each in causes if not isinstance(each, _OF_CONNECTION)), None)


def lower_headers(response: Response) -> dict[str, str]:
    """Return the headers of a response with names in lower case; a repeated header has its last value."""
    return {
        name.decode("latin-1").lower(): values[-1].decode("latin-1")
        for name, values in response.headers.items()
        if values
    }


def block_page_of(response: Response) -> BlockPage | None:
    """Return the kind of block page that a response is, or None. Use it only for unexpected responses."""
    return find_block_page(response.body, response.status, lower_headers(response))
