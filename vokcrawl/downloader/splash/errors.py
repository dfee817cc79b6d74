"""Failures of the Splash server itself, as opposed to failures of the site."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class SplashUnreachable(IgnoreRequest):
    """Splash is down, too slow or overloaded, or returns invalid responses, after all retries.

    Raised by `splash.middleware` and passed to the errback; the run ends with 14.
    """


class SplashRefused(IgnoreRequest):
    """Splash rejects the request (wrong URL, no permission, a limit of Splash).

    Raised by `splash.middleware` and passed to the errback; the run ends with 14.
    """
