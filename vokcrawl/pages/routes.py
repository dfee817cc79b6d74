"""Routes to the next page of a listing: what the spider requests next, and what the state stores.

A route is a link to the next page, an AJAX call, clicks in a browser, a search by dates, or the sitemap. The URLs of
the call, the search and the sitemap are those that other authors recorded; their values are read from pages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import orjson

from vokcrawl.pages.profile import site

# Number of clicks in one browser request: at first, and at most.
FIRST_CLICKS, MOST_CLICKS = 3, 30


def fixed_parameters() -> tuple[tuple[str, str], ...]:
    """The parameters that the AJAX call has in addition, unless a page names others."""
    return tuple(site().ajax.fixed.items())


@dataclass(frozen=True, slots=True)
class LinkRoute:
    """The next page has its own URL."""

    strategy: ClassVar[str] = "link"

    url: str


@dataclass(frozen=True, slots=True)
class AjaxRoute:
    """The next batch is an AJAX call: `action` for the source `id`, `size` items from item `start` on.

    `to_is_end` is true if the parameter `to` is an end index rather than a size. `endpoint` is the absolute URL without
    the query; `extra` are other parameters from the page.
    """

    strategy: ClassVar[str] = "ajax"

    endpoint: str
    action: str
    id: str
    start: int
    size: int
    extra: tuple[tuple[str, str], ...] = field(default_factory=fixed_parameters)
    to_is_end: bool = False

    @property
    def url(self) -> str:
        """The URL of the batch."""
        to = self.start + self.size if self.to_is_end else self.size
        name = site().ajax.names
        query = {name["action"]: self.action, **dict(self.extra), name["from"]: self.start, name["to"]: to}
        query[name["id"]] = self.id
        return f"{self.endpoint}?{urlencode(query)}"

    def with_end(self, size: int) -> AjaxRoute:
        """The same call for `size` items, with `to` as an end index."""
        return replace(self, size=size, to_is_end=True)

    def at(self, start: int) -> AjaxRoute:
        """The same call from another item on."""
        return replace(self, start=start)


@dataclass(frozen=True, slots=True)
class BrowserRoute:
    """The next batches are what a browser shows on the page `url` after clicks on "More Articles".

    The first `skip` clicks load what was read before, `clicks` more load new batches. Without clicks, it is the page
    after its scripts have run.
    """

    strategy: ClassVar[str] = "browser"

    url: str
    skip: int
    clicks: int

    def after(self, clicked: int) -> BrowserRoute:
        """The next route after that many clicks.

        Splash starts again with each request, so each step is as long as all before it, up to a limit: a long
        listing needs few steps.
        """
        skip = self.skip + clicked
        return BrowserRoute(self.url, skip, min(MOST_CLICKS, max(FIRST_CLICKS, skip)))


@dataclass(frozen=True, slots=True)
class SearchRoute:
    """The next page is a search for the source `number` (empty for all) between two dates.

    `site` is any URL on the site; `start` and `end` are ``YYYY-MM-DD``, both included, or None; `page` is the URL of a
    further page of results; `words` are the search words.
    """

    strategy: ClassVar[str] = "search"

    site: str
    number: str = ""
    start: str | None = None
    end: str | None = None
    page: str = ""
    words: str = ""

    @property
    def url(self) -> str:
        """The URL of the results."""
        if self.page:
            return self.page
        query = site().search
        number = {query.source: self.number} if self.number else {}
        fields = {query.words: self.words, **query.fixed, **number, **self._days()}
        return f"{urljoin(self.site, '/')}?{urlencode(fields)}"

    def between(self, start: str, end: str | None) -> SearchRoute:
        """The same search for other dates, from the first page on."""
        return replace(self, start=start, end=end, page="")

    def holds(self, url: str) -> bool:
        """Whether a URL belongs to the same search: for the same dates, if any."""
        fields = parse_qs(urlsplit(url).query, keep_blank_values=True)
        return site().search.words in fields and all(fields.get(name) == [day] for name, day in self._days().items())

    def _days(self) -> dict[str, str]:
        query = site().search
        days = {query.start: self.start, query.end: self.end}
        return {name: date.fromisoformat(day).strftime(query.day) for name, day in days.items() if day is not None}


@dataclass(frozen=True, slots=True)
class SitemapRoute:
    """The next articles are those that a sitemap or a feed names; `url` is the file's, or the index's."""

    strategy: ClassVar[str] = "sitemap"

    url: str

    @classmethod
    def candidates(cls, page: str, named: Sequence[str] = ()) -> list[SitemapRoute]:
        """The routes to the sitemaps that the site of a page may have; `named` are those that its robots.txt names."""
        urls = [*named, *(urljoin(page, path) for path in site().sitemap.paths)]
        return [cls(url) for url in dict.fromkeys(urls)]

    @classmethod
    def at(cls, url: str) -> SitemapRoute | None:
        """The route to a URL that is a sitemap's or a feed's by its name; None for any other one."""
        return cls(url) if site().sitemap.files.search(urlsplit(url).path) else None


Route = LinkRoute | AjaxRoute | BrowserRoute | SearchRoute | SitemapRoute
_KINDS: dict[str, type[Route]] = {
    each.__name__: each for each in (LinkRoute, AjaxRoute, BrowserRoute, SearchRoute, SitemapRoute)
}
# The name of browser routes in states that were written when Splash was the only browser.
_KINDS["SplashRoute"] = BrowserRoute


def route_to_text(route: Route) -> str:
    """Serialize a route for the state."""
    # None of them holds another dataclass.
    values = {each.name: getattr(route, each.name) for each in fields(route)}
    return orjson.dumps({"kind": type(route).__name__, **values}).decode()


def route_from(stored: str) -> Route:
    """The inverse of `route_to_text`."""
    values = json.loads(stored)
    kind = _KINDS[values.pop("kind")]
    if "extra" in values:
        values["extra"] = tuple((name, value) for name, value in values["extra"])
    return kind(**values)
