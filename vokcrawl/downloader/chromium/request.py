"""Builds the request for a step through a listing in Chromium."""

from __future__ import annotations

from typing import Any

from scrapy import Request

from vokcrawl.pages.routes import BrowserRoute

# Key in `Request.meta`: the route of the step, for `chromium.middleware`.
STEP = "vok_chromium_step"


def chromium_request(route: BrowserRoute, **given: Any) -> Request:
    """Build a request that `chromium.middleware` carries out; it is not sent itself. `given` is passed to it."""
    # The requests of the page are retried one by one.
    return Request(route.url, meta={STEP: route, "dont_retry": True}, dont_filter=True, **given)
