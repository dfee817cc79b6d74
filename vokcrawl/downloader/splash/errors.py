"""What can go wrong with the Splash server itself, as opposed to the site that it reads."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class SplashUnreachable(IgnoreRequest):
    """Splash is down, too slow, overloaded, or answers nonsense, after all retries. Raised by
    `rendering.middleware`; the request's errback gets it, and the run ends with 14."""


class SplashRefused(IgnoreRequest):
    """Splash does not accept what it is asked (a wrong address, no permission, a limit of its own). Raised by
    `rendering.middleware`; the request's errback gets it, and the run ends with 14."""
