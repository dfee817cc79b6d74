"""Scrapy's redirect middleware, for requests without a Referer header."""

from __future__ import annotations

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from typing_extensions import override


class PlainRedirectMiddleware(RedirectMiddleware):
    """Replaces Scrapy's middleware, which warns at the start of each run that `RefererMiddleware` is not enabled."""

    @classmethod
    @override
    def from_crawler(cls, crawler: Crawler) -> RedirectMiddleware:  # type: ignore[override]
        """Build the middleware; a spider of another project, which has a Referer header, gets Scrapy's."""
        if getattr(crawler.spider, "options", None) is None:
            return RedirectMiddleware.from_crawler(crawler)
        middleware = cls(crawler.settings)
        middleware.crawler = crawler
        return middleware
