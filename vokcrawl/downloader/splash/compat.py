"""Makes scrapy-splash 0.11.1 work with Scrapy 2.19. Importing this module imports it.

Incompatibilities and their workarounds:

1. It imports `canonicalize_url` from `scrapy.utils.url`, which no longer has it: it is added first.
2. `SplashDeduplicateArgsMiddleware` has only a synchronous output method, which Scrapy refuses: it is not used, nor is
   `cache_args`.
3. Its default slot policy calls a method that the downloader no longer has: each request sets `SCRAPY_DEFAULT` and the
   slot (`splash.request`).
4. Its middlewares take a `spider` argument, which Scrapy deprecates: `splash.middleware` has methods without it.

`SplashCookiesMiddleware` is not used, because no session is needed.
"""

from __future__ import annotations

import scrapy.utils.url
from w3lib.url import canonicalize_url

scrapy.utils.url.canonicalize_url = canonicalize_url  # type: ignore[attr-defined]

from scrapy_splash import (  # noqa: E402  the line above must come first
    SlotPolicy,
    SplashMiddleware,
    SplashRequest,
    SplashRequestFingerprinter,
)

__all__ = ["SlotPolicy", "SplashMiddleware", "SplashRequest", "SplashRequestFingerprinter"]
