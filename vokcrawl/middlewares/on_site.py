"""No request leaves the hosts of the start URLs: not from a link, not from a redirect, not to another port."""

from __future__ import annotations

from functools import lru_cache
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured

from vokcrawl.options import Options

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Offsite(IgnoreRequest):
    """A request to another host was refused. Raised by `OnSiteMiddleware`; the request's errback gets it."""


def authority(url: str) -> str:
    """Host and, unless it is its scheme's own, port of a URL: what a request is compared by.

    Raises `ValueError` for a port that is none.
    """
    # All addresses of a site begin in a few ways, and what stands behind the first slash of a path is not asked for.
    path = url.find("/", len("https://")) if url.startswith(("http://", "https://")) else -1
    return _authority(url if path < 0 else url[:path])


@lru_cache(maxsize=256)
def _authority(url: str) -> str:
    parts = urlsplit(url)
    if "@" in parts.netloc:
        # A user or a password in an address is none of the site's: it equals no start URL's.
        return parts.netloc
    host = (parts.hostname or "").lower()
    if parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme):
        return host
    return f"{host}:{parts.port}"


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
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        # A rendered page's address is checked when it is asked for, and what is sent to Splash names that address.
        sent = request.meta.get("splash") if request.url == self.splash else None
        asked = sent["args"]["url"] if sent else request.url
        if asked.startswith(("http://", "https://")) and authority(asked) in self.allowed:
            return
        self.stats.inc_value("vok/on_site/refused")
        raise Offsite(f"{request.url}: not on the hosts of the start URLs ({', '.join(sorted(self.allowed))})")
