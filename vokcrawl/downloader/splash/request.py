"""Builds the request for a rendering step of a listing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request

from vokcrawl.config import Options
from vokcrawl.downloader.splash.compat import SlotPolicy, SplashRequest
from vokcrawl.downloader.splash.script import LUA
from vokcrawl.normalize import article_shape
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import BrowserRoute

# Seconds for the response of Splash, in addition to the script's.
SPARE = 2.0
# The share of the script's time that the site may take for one response.
_PATIENCE = 1 / 6


def splash_request(
    route: BrowserRoute, options: Options, hosts: Collection[str], user_agent: str, patience: float, **given: Any
) -> Request:
    """Build a request for a page rendered by the server of `SPLASH_URL`.

    `hosts` are the hosts, with ports, to which the page may send requests. `patience` is the maximum time in seconds
    for a response of the site. `given` is passed to the request. The request uses the slot of the site, with its delay
    and pauses. robots.txt applies to the URL of the page, not to that of Splash.
    """
    args = {
        "lua_source": LUA,
        "skip": route.skip,
        "clicks": route.clicks,
        "words": site().more.button.pattern,
        "article": article_shape(),
        "hosts": dict.fromkeys(hosts, True),
        # Set when the request is sent, because robots.txt may change it until then.
        "delay": 0.0,
        "patience": min(patience, options.splash_timeout * _PATIENCE),
        "time": options.splash_timeout,
        "timeout": options.splash_timeout,
        "user_agent": user_agent,
    }
    meta = {
        "download_slot": urlsplit(route.url).hostname or "",
        "download_timeout": options.splash_timeout + SPARE,
        # The rendering time is not the latency of the site.
        "autothrottle_dont_adjust_delay": True,
    }
    request: Request = SplashRequest(
        route.url,
        endpoint="execute",
        args=args,
        splash_url=options.splash_url,
        slot_policy=SlotPolicy.SCRAPY_DEFAULT,
        # Not compressed, because the response is read before Scrapy decompresses it.
        splash_headers={"Accept-Encoding": "identity"},
        dont_send_headers=True,
        session_id=None,
        meta=meta,
        dont_filter=True,
        **given,
    )
    return request
