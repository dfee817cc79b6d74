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
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from vokcrawl.downloader import Closing
from vokcrawl.middlewares.on_site import Offsite

_NAMES: tuple[tuple[type[Exception], str], ...] = (
    (Offsite, "offsite"),
    (DownloadCancelledError, "too_large"),
    (DownloadTimeoutError, "timeout"),
    (ResponseDataLossError, "cut_off"),
    (CannotResolveHostError, "unknown_host"),
    (DownloadConnectionRefusedError, "refused"),
)
# Not a failure: the crawl closed while the request was waiting, and the next run asks again.
CLOSING = "closing"


def request_of(failure: Failure) -> Request:
    """The request that failed; Scrapy hangs it on the failure that it gives to an errback."""
    request: Request = failure.request  # type: ignore[attr-defined]
    return request


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
        return "robots_forbidden" if "robots.txt" in str(error) else "redirect_loop"
    return "connection"
