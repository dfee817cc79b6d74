"""Scrapy's redirect middleware, for requests without a Referer header."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from typing_extensions import override


class PlainRedirectMiddleware(RedirectMiddleware):
    """Replaces Scrapy's middleware, which warns at the start of each run that `RefererMiddleware` is not enabled."""

    @classmethod
    @override
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler.settings)
        middleware.crawler = crawler
        return middleware
