"""Scrapy's redirect middleware for requests without a Referer header."""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Response
from typing_extensions import override


class PlainRedirectMiddleware(RedirectMiddleware):
    """Replaces Scrapy's middleware, which warns in each run that `RefererMiddleware` is not enabled."""

    @override
    def handle_referer(self, request: Request, response: Response) -> None:
        pass
