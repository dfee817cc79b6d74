"""What a failed request is called in the manifest."""

from __future__ import annotations

from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from vokcrawl.downloader.downloader import Closing
from vokcrawl.downloader.splash.errors import SplashRefused, SplashUnreachable
from vokcrawl.pages.block_pages import BlockPage, find_block_page
from vokcrawl.pages.document import CHROME_ONLY, EMPTY_PAGE, LISTING_IN_PLACE, REDIRECTED, REFUSALS
from vokcrawl.utils.content_encoding import Corrupt


class Offsite(IgnoreRequest):
    """A request to another host was refused. Raised by `OnSiteMiddleware`; the request's errback gets it."""


# Articles, but of another source than was asked for.
OF_ANOTHER_SOURCE = "of_another_source"
# Trouble of the Splash server, not of the site.
SPLASH_UNREACHABLE, SPLASH_REFUSED = "splash_unreachable", "splash_refused"
_NAMES: tuple[tuple[type[Exception], str], ...] = (
    (Offsite, "offsite"),
    (SplashUnreachable, SPLASH_UNREACHABLE),
    (SplashRefused, SPLASH_REFUSED),
    (DownloadCancelledError, "too_large"),
    (DownloadTimeoutError, "timeout"),
    (Corrupt, "corrupt"),
    (ResponseDataLossError, "cut_off"),
    (CannotResolveHostError, "unknown_host"),
    (DownloadConnectionRefusedError, "refused"),
)
# What the robots middlewares, ours and Scrapy's, say.
_IGNORED = {"Forbidden by robots.txt": "robots_forbidden", "robots.txt unreadable": "robots_unreadable"}
# What Scrapy does not ask for again by itself: without a listing's page the walk would break off there.
PASSING = frozenset({"redirect_loop", "offsite", "too_large"})
# What a start page may be, or lack, when the site is there and yet the page does not lead anywhere.
NOT_UNDERSTOOD = frozenset(
    ["http_404", "http_410", EMPTY_PAGE, "not_html", REDIRECTED, OF_ANOTHER_SOURCE, "without_way"]
    + ["too_large", LISTING_IN_PLACE, CHROME_ONLY, *REFUSALS]
)
# Not a failure: the crawl closed while the request was waiting, and the next run asks again.
CLOSING = "closing"


def request_of(failure: Failure) -> Request:
    """The request that failed, by the address that was asked for, wherever redirects, or Splash, then led.

    Scrapy hangs it on the failure that it gives to an errback.
    """
    request: Request = failure.request  # type: ignore[attr-defined]
    if "splash" in request.meta:
        return request.replace(url=request.meta["splash"]["args"]["url"])
    first = request.meta.get("redirect_urls")
    return request.replace(url=first[0]) if first else request


def name_of(failure: Failure) -> str:
    """A short name: ``http_503``, ``timeout``, ``robots_forbidden``, …; ``connection`` for any other trouble."""
    error = failure.value
    if isinstance(error, Closing):
        return CLOSING
    if isinstance(error, HttpError):
        return f"http_{error.response.status}"
    for kind, name in _NAMES:
        if isinstance(error, kind):
            return name
    if isinstance(error, IgnoreRequest):
        return _IGNORED.get(str(error), "redirect_loop")
    return "connection"


def lower_headers(response: Response) -> dict[str, str]:
    """The headers of an answer, by their names in lower case; of one that is sent twice the last value."""
    return {
        name.decode("latin-1").lower(): values[-1].decode("latin-1")
        for name, values in response.headers.items()
        if values
    }


def block_page_of(response: Response) -> BlockPage | None:
    """The block page that an answer is; to be asked only of one that is not what was asked for."""
    return find_block_page(response.body, response.status, lower_headers(response))
