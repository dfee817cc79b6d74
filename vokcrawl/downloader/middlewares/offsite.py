"""Restricts requests to the hosts and ports of the start URLs, including redirects."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.offsite import OffsiteMiddleware
from scrapy.exceptions import NotConfigured

from vokcrawl.config import PREVIEW, Options
from vokcrawl.downloader.failures import Offsite
from vokcrawl.normalize import authority, upgraded

logger = logging.getLogger(__name__)


class OnSiteMiddleware:
    """Refuses requests to hosts that are not in the spider's `allowed_authorities`.

    This includes redirects, because redirected requests pass through the downloader again. Of a host that a start URL
    names with https nothing is requested by http: such a request is upgraded. A request to the Splash server of
    `SPLASH_URL` is allowed if the page to render is on these hosts. Stats: `vok/on_site/refused`.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.allowed: frozenset[str] = crawler.spider.allowed_authorities  # type: ignore[union-attr]
        self.schemes: Mapping[str, str] = getattr(crawler.spider, "schemes", {})
        splash = Options.read(crawler.settings).splash_url
        self.splash = f"{splash}execute" if splash else None
        self.start_urls = frozenset(getattr(crawler.spider, "start_urls", ()))
        self.stats = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self | OffsiteMiddleware:
        """Builds the middleware; a spider of another project gets Scrapy's. Raises `NotConfigured` in a preview."""
        if getattr(crawler.spider, "allowed_authorities", None) is None:
            return OffsiteMiddleware.from_crawler(crawler)
        if crawler.settings.getbool(PREVIEW):
            # The user names the URL.
            raise NotConfigured
        return cls(crawler)

    def process_request(self, request: Request) -> Request | None:
        """Raise `Offsite` for a request to another host."""
        # For a request to Splash, the URL of the page to render is checked.
        sent = request.meta.get("splash") if request.url == self.splash else None
        url = sent["args"]["url"] if sent else request.url
        if url.startswith(("http://", "https://")) and authority(url) in self.allowed:
            # A redirect, or a listing's own link, from https down to http: nothing is requested in the clear.
            secure = upgraded(request.url, self.schemes)
            return request.replace(url=secure) if secure != request.url else None
        self.stats.inc_value("vok/on_site/refused")
        first = request.meta.get("redirect_urls", [""])[0]
        if first in self.start_urls or urlsplit(first).path == "/robots.txt":
            logger.error(
                "%s is redirected to %s; if that is the same site, use it in VOK_START_URLS or start_url",
                first,
                request.url,
            )
        raise Offsite(f"{request.url}: not on the hosts of the start URLs ({', '.join(sorted(self.allowed))})")
