"""scrapy-splash 0.11.1 made to work with Scrapy 2.19, without a fork. Importing this loads it.

What does not work, and is gone round:

1. It imports `canonicalize_url` from `scrapy.utils.url`, where it no longer is: put there first.
2. `SplashDeduplicateArgsMiddleware` has a synchronous output method only, which Scrapy refuses: it is left out, and
   with it `cache_args`.
3. The slot policy that it has by default calls a method of the downloader that is gone: `SCRAPY_DEFAULT` is given
   with each request, together with the slot (`rendering.request`).
4. Its middlewares take a `spider` argument, of which Scrapy warns: `rendering.middleware` has methods without.

`SplashCookiesMiddleware` is not used: nothing here needs a session, and none shall be kept.
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
