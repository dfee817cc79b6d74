"""The routes by which a source's articles are listed: what the spider asks for next, and what a run remembers of it.

A route is a plain link to the next page, the call that a button makes, clicks in a browser; and where none of these is
to be had, the site's search by days, and its sitemap. What is not certain of the site's addresses stands here: the
call, the search and the sitemap are as others recorded them, and all but their shape is read from pages.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

# The site's call for a batch, as one author recorded it: what a page leaves unsaid is taken from here.
AJAX_PATH = "/wp-admin/admin-ajax.php"
AJAX_ACTION = "get_cat_by_source"
AJAX_FIXED = {"die": "true", "sort": ""}
PAGE_SIZE = 10
# The site's search: its words may be empty, and days are written day first, as one author recorded it. The number that
# stands for a source is another one than the call's.
_SEARCH = {"s": "", "sort": "recent"}
_SEARCH_DAY = "%d-%m-%Y"
SOURCE_FIELD = "source"
_SITEMAP_PATH = "/sitemap_index.xml"
# How many clicks a browser is asked for at a time: at first, and at most.
FIRST_CLICKS, MOST_CLICKS = 3, 30


@dataclass(frozen=True, slots=True)
class LinkRoute:
    """The next page is a page of its own."""

    way: ClassVar[str] = "link"

    url: str


@dataclass(frozen=True, slots=True)
class AjaxRoute:
    """The next batch is a call: `action` for the source `id`, from the item `start` on, `size` items.

    Whether the call's `to` is that size or the index behind the last item is not known for certain: `to_is_end`
    says which. `endpoint` is the absolute URL of the call without its query; `extra` are further parameters that
    the page named.
    """

    way: ClassVar[str] = "ajax"

    endpoint: str
    action: str
    id: str
    start: int
    size: int
    extra: tuple[tuple[str, str], ...] = tuple(AJAX_FIXED.items())
    to_is_end: bool = False

    @property
    def url(self) -> str:
        """The URL of the batch."""
        to = self.start + self.size if self.to_is_end else self.size
        query = {"action": self.action, **dict(self.extra), "from": self.start, "to": to, "id": self.id}
        return f"{self.endpoint}?{urlencode(query)}"

    def with_end(self) -> AjaxRoute:
        """The same call with `to` as the index behind the last item, in steps as long as its numbers say."""
        step = self.size - self.start if self.size > self.start > 0 else self.size
        return replace(self, size=step, to_is_end=True)

    def at(self, start: int) -> AjaxRoute:
        """The same call from another item on."""
        return replace(self, start=start)


@dataclass(frozen=True, slots=True)
class SplashRoute:
    """The next batches are what a browser shows on the page `url` after so many clicks on "More Articles".

    `skip` clicks lead past what was read before, `clicks` more bring what is wanted; without clicks it is what the
    page shows once its scripts have run.
    """

    way: ClassVar[str] = "splash"

    url: str
    skip: int
    clicks: int

    def after(self, clicked: int) -> SplashRoute:
        """What follows when that many clicks were made.

        A browser begins anew each time, so each step is as long as all before it, within bounds: the way to the
        end of a long listing costs few steps, and no step holds much.
        """
        skip = self.skip + clicked
        return SplashRoute(self.url, skip, min(MOST_CLICKS, max(FIRST_CLICKS, skip)))


@dataclass(frozen=True, slots=True)
class SearchRoute:
    """The next page is what the site's search finds: of the source `number` (empty: of all), between two days.

    `site` is any URL on the site, `start` and `end` are ``YYYY-MM-DD``, both included, or None; `page` is the address
    of a further page of these results, where a page names one; `words` are looked for in the articles' text.
    """

    way: ClassVar[str] = "search"

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
        fields = {**_SEARCH, "s": self.words, **({SOURCE_FIELD: self.number} if self.number else {}), **self._days()}
        return f"{urljoin(self.site, '/')}?{urlencode(fields)}"

    def between(self, start: str, end: str | None) -> SearchRoute:
        """The same search for other days, from their first page on."""
        return replace(self, start=start, end=end, page="")

    def holds(self, url: str) -> bool:
        """Whether an address is one of the same search: for the same days, as far as it has any."""
        fields = parse_qs(urlsplit(url).query, keep_blank_values=True)
        return "s" in fields and all(fields.get(name) == [day] for name, day in self._days().items())

    def _days(self) -> dict[str, str]:
        days = {"start": self.start, "end": self.end}
        return {name: date.fromisoformat(day).strftime(_SEARCH_DAY) for name, day in days.items() if day is not None}


@dataclass(frozen=True, slots=True)
class SitemapRoute:
    """The next articles are those that a file of the site's sitemap names; `url` is the file's, or the index's."""

    way: ClassVar[str] = "sitemap"

    url: str

    @classmethod
    def of(cls, site: str) -> SitemapRoute:
        """The route to the sitemap of the site that a URL is on."""
        return cls(urljoin(site, _SITEMAP_PATH))


Route = LinkRoute | AjaxRoute | SplashRoute | SearchRoute | SitemapRoute
_KINDS: dict[str, type[Route]] = {
    each.__name__: each for each in (LinkRoute, AjaxRoute, SplashRoute, SearchRoute, SitemapRoute)
}


def route_told(route: Route) -> str:
    """A route as text, to be remembered."""
    return json.dumps({"kind": type(route).__name__, **asdict(route)})


def route_from(told: str) -> Route:
    """The inverse of `route_told`."""
    values = json.loads(told)
    kind = _KINDS[values.pop("kind")]
    if "extra" in values:
        values["extra"] = tuple((name, value) for name, value in values["extra"])
    return kind(**values)
