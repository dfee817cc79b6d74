"""No request leaves the hosts of the start URLs: not from a link, not from a redirect, not to another port."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from vokcrawl.config import Options
from vokcrawl.downloader.failures import Offsite
from vokcrawl.normalize import authority


class OnSiteMiddleware:
    """Refuses requests to any host but those that the spider names in `allowed_authorities`.

    Redirects come by here too, since the redirected request goes through the downloader again. A request to the
    Splash server of `SPLASH_URL` passes where the page that it is asked for is on these hosts. Counts refusals under
    `vok/on_site/refused`.
    """

    def __init__(self, crawler: Crawler) -> None:
        allowed = getattr(crawler.spider, "allowed_authorities", None)
        if allowed is None:
            raise NotConfigured("the spider names no allowed_authorities")
        self.allowed = frozenset(allowed)
        splash = Options.read(crawler.settings).splash_url
        self.splash = f"{splash}execute" if splash else None
        self.stats = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Builds the middleware. Raises `NotConfigured` for a spider without `allowed_authorities`."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raises `Offsite` for a request to any other host."""
        # A rendered page's address is checked when it is asked for, and what is sent to Splash names that address.
        sent = request.meta.get("splash") if request.url == self.splash else None
        asked = sent["args"]["url"] if sent else request.url
        if asked.startswith(("http://", "https://")) and authority(asked) in self.allowed:
            return
        self.stats.inc_value("vok/on_site/refused")
        raise Offsite(f"{request.url}: not on the hosts of the start URLs ({', '.join(sorted(self.allowed))})")
