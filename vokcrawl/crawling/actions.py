"""Actions: what the caller of `Crawl.handle` does next. It decides nothing itself.

An event contains the fetch action that it is the result of, so the caller keeps nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from vokcrawl.pages.routes import Route


class Purpose(StrEnum):
    """Why a page of a listing is fetched."""

    NEXT = "next"  # the next page of the listing
    RESUME = "resume"  # the place where an earlier run has left the listing
    REREAD = "reread"  # the first pages once more, when the end has been reached: new entries came in at the top
    SLICE = "slice"  # a page of the daily slice of the old part, which is read again to find what was missed
    END_PROBE = "end_probe"  # a guessed page behind a full page that names no next one
    SOURCE_PROBE = "source_probe"  # a search for the source's name: it may show an article of the source


class Priority(IntEnum):
    """The order of requests: articles before the next listing page, so that the queue stays short."""

    RECHECK = -10
    LISTING = 0
    ARTICLE = 10


@dataclass(frozen=True, slots=True)
class FetchListing:
    """Fetch a page of a listing (`listing` is its key in `Crawl.listings`; a start URL for a source probe).

    `number` counts the pages of this purpose from 1; `attempt` is 2 where an empty answer is requested once more. With
    `etag` or `last_modified` the request is conditional, and `ListingNotModified` is a possible answer.
    """

    listing: str
    route: Route
    purpose: Purpose = Purpose.NEXT
    number: int = 1
    attempt: int = 1
    etag: str | None = None
    last_modified: str | None = None

    @property
    def url(self) -> str:
        """The URL of the page."""
        return self.route.url

    @property
    def priority(self) -> Priority:
        """Which requests are sent first."""
        return Priority.ARTICLE if self.purpose is Purpose.SOURCE_PROBE else Priority.LISTING


@dataclass(frozen=True, slots=True)
class FetchArticle:
    """Fetch an article's page. `is_start` marks an article page that the crawl starts from.

    `part` is above 1 for a later page of an article in several parts.
    """

    id: str
    url: str
    priority: Priority = Priority.ARTICLE
    is_start: bool = False
    etag: str | None = None
    last_modified: str | None = None
    part: int = 1


@dataclass(frozen=True, slots=True)
class ReadHere:
    """The page of a requested article is needed by this crawl, even if another worker would read it."""

    id: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """Fetch the same URL again; after too many attempts, pass `otherwise` to `Crawl.handle`.

    The caller limits how often (`RETRY_TIMES`). `otherwise` is the event to handle when the limit is reached.
    """

    request: FetchListing | FetchArticle
    reason: str
    otherwise: Any


@dataclass(frozen=True, slots=True)
class Emit:
    """Deliver a record: pass an item, as its loader returned it, to the pipelines."""

    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """Count a problem in the manifest, with its URL as an example, and in the stats as `vok/problems/<reason>`."""

    reason: str
    url: str


@dataclass(frozen=True, slots=True)
class Count:
    """Count something under this name in the stats."""

    name: str


@dataclass(frozen=True, slots=True)
class Measure:
    """An article's page was read, whether its record is new or not: measure the coverage of fields on this record."""

    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stop:
    """End the crawl: the site blocks the crawler, or checks its visitors."""

    reason: str


Action = FetchListing | FetchArticle | ReadHere | Repeat | Emit | Report | Count | Measure | Stop
