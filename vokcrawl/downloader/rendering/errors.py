"""Failures of the browser itself, as opposed to failures of the site."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class BrowserUnreachable(IgnoreRequest):
    """Splash is down, too slow or overloaded, or returns invalid responses; or Chromium does not start.

    Raised by the middlewares after all retries, and passed to the errback; the run ends with 14.
    """


class BrowserRefused(IgnoreRequest):
    """Splash rejects the request (wrong URL, no permission, a limit of Splash).

    Raised by `splash.middleware` and passed to the errback; the run ends with 14.
    """


class BrowserCrashed(IgnoreRequest):
    """Chromium crashed, stopped responding or used too much memory, after all retries.

    Raised by `chromium.middleware` and passed to the errback; the run is incomplete and ends with 10.
    """


class PageRequestFailed(IgnoreRequest):
    """A request that a page in Chromium sent to the site failed; `__cause__` is the failure, after all retries.

    Raised by `chromium.middleware` and passed to the errback, where the cause decides what follows.
    """
