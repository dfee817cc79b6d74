"""The request for a step through a listing in a browser."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request

from vokcrawl.config import Options
from vokcrawl.downloader.splash.compat import SlotPolicy, SplashRequest
from vokcrawl.downloader.splash.script import LUA
from vokcrawl.normalize import ARTICLE_SHAPE
from vokcrawl.pages.more import MORE_WORDS
from vokcrawl.pages.routes import SplashRoute

# Seconds that Splash has for an answer beside those that the script has.
SPARE = 2.0
# The site may take this share of the script's time for each of its answers.
_PATIENCE = 1 / 6


def splash_request(
    route: SplashRoute, options: Options, hosts: Collection[str], user_agent: str, patience: float, **given: Any
) -> Request:
    """A request for what `route` says, as rendered by the server of `SPLASH_URL`.

    `hosts` are the hosts, with their ports, that the page may talk to; `patience` is how long the site may take for an
    answer, in seconds; `given` goes to the request. Its slot is the site's own host: the site's delay holds, and its
    pauses. For the address of the page robots.txt is asked, as for any other; for Splash's own it is not.
    """
    args = {
        "lua_source": LUA,
        "skip": route.skip,
        "clicks": route.clicks,
        "words": MORE_WORDS.pattern,
        "article": ARTICLE_SHAPE,
        "hosts": dict.fromkeys(hosts, True),
        # Set when it is sent: by then robots.txt may have asked for more.
        "delay": 0.0,
        "patience": min(patience, options.splash_timeout * _PATIENCE),
        "time": options.splash_timeout,
        "timeout": options.splash_timeout,
        "user_agent": user_agent,
    }
    meta = {
        "download_slot": urlsplit(route.url).hostname or "",
        "download_timeout": options.splash_timeout + SPARE,
        # How long a rendering takes says nothing of how fast the site is.
        "autothrottle_dont_adjust_delay": True,
    }
    request: Request = SplashRequest(
        route.url,
        endpoint="execute",
        args=args,
        splash_url=options.splash_url,
        slot_policy=SlotPolicy.SCRAPY_DEFAULT,
        # What goes between us and Splash is not packed: it is read before Scrapy would unpack it.
        splash_headers={"Accept-Encoding": "identity"},
        dont_send_headers=True,
        session_id=None,
        meta=meta,
        dont_filter=True,
        **given,
    )
    return request
