"""Builds Scrapy requests from the fetch actions of the crawl core. Each request carries its action."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import BaseSettings

from vokcrawl.config import Options
from vokcrawl.crawling.actions import FetchArticle, FetchListing
from vokcrawl.downloader.chromium.request import chromium_request
from vokcrawl.pages.routes import BrowserRoute

# The headers that ask a site for an answer only if it has changed: by its ETag, and by its Last-Modified.
CONDITIONAL = ("If-None-Match", "If-Modified-Since")
# The argument of the callbacks that holds the fetch action.
ACTION = "fetch"


class Callbacks(NamedTuple):
    """The callbacks of the requests: `listing` and `article` take a response and the action, `failed` a failure."""

    listing: Callable[..., Any]
    article: Callable[..., Any]
    failed: Callable[..., Any]


class RequestBuilder:
    """Builds requests. `hosts` are the site's hosts, each with its port if it has one."""

    def __init__(
        self,
        settings: BaseSettings,
        options: Options,
        hosts: Collection[str],
        callbacks: Callbacks,
    ) -> None:
        self._settings = settings
        self._options = options
        self._hosts = hosts
        self._callbacks = callbacks

    def build(self, fetch: FetchListing | FetchArticle) -> Request:
        """The request for an action. Raises `ValueError` for a URL that cannot be requested."""
        given: dict[str, Any] = {
            "callback": self._callbacks.article if isinstance(fetch, FetchArticle) else self._callbacks.listing,
            "errback": self._callbacks.failed,
            "cb_kwargs": {ACTION: fetch},
            "priority": int(fetch.priority),
        }
        if isinstance(fetch, FetchListing) and isinstance(fetch.route, BrowserRoute):
            return self._browser_request(fetch.route, given)
        conditions = conditional_headers(fetch.etag, fetch.last_modified)
        # The crawl filters its requests itself; a redirect to a page that was read before needs a response, too.
        return Request(fetch.url, headers=conditions, meta=_answers_of(fetch, conditions), dont_filter=True, **given)

    def _browser_request(self, route: BrowserRoute, given: dict[str, Any]) -> Request:
        if self._options.browser == "playwright":
            return chromium_request(route, **given)
        # Imported here: scrapy-splash is an optional package.
        from vokcrawl.downloader.splash.request import splash_request  # noqa: PLC0415

        timeout = self._settings.getfloat("DOWNLOAD_TIMEOUT")
        return splash_request(route, self._options, self._hosts, self._settings["USER_AGENT"], timeout, **given)


def _answers_of(fetch: FetchListing | FetchArticle, conditions: dict[str, str]) -> dict[str, Any]:
    """The `meta` that names the statuses that are answers and no failures."""
    if isinstance(fetch, FetchArticle) and not fetch.is_start:
        return {"handle_httpstatus_list": [304, 404, 410]}
    return {"handle_httpstatus_list": [304]} if conditions else {}


def conditional_headers(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """The headers that ask a site for an answer only if it has changed."""
    return {name: value for name, value in zip(CONDITIONAL, (etag, last_modified), strict=True) if value}


def requested_url(response: Response) -> str:
    """The URL that was requested, where redirects led elsewhere."""
    first = response.meta.get("redirect_urls")
    return str(first[0]) if first else response.url
