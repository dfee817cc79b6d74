"""The routes by which a listing is read on: what the spider asks for next, and what a run remembers of it.

A route is a plain link to the next page, the call that a button makes (`AjaxRoute`), or clicks in a browser.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import ClassVar
from urllib.parse import urlencode

# The site's call for a batch, as one author recorded it: what a page leaves unsaid is taken from here.
AJAX_PATH = "/wp-admin/admin-ajax.php"
AJAX_ACTION = "get_cat_by_source"
AJAX_FIXED = {"die": "true", "sort": ""}
PAGE_SIZE = 10
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


Route = LinkRoute | AjaxRoute | SplashRoute


def route_told(route: Route) -> str:
    """A route as text, to be remembered."""
    return json.dumps({"kind": type(route).__name__, **asdict(route)})


def route_from(told: str) -> Route:
    """The inverse of `route_told`."""
    values = json.loads(told)
    kind = {each.__name__: each for each in (LinkRoute, AjaxRoute, SplashRoute)}[values.pop("kind")]
    if "extra" in values:
        values["extra"] = tuple((name, value) for name, value in values["extra"])
    return kind(**values)
