"""Events: what happened to a fetch, as plain results of the page objects. Each carries the action that it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vokcrawl.crawling.actions import FetchArticle, FetchListing
from vokcrawl.crawling.article_result import ArticleResult
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.more import More
from vokcrawl.pages.sitemap import Sitemap


class PageKind(StrEnum):
    """What the response to a request for a listing page is."""

    TEASERS = "teasers"
    EMPTY = "empty"  # no text at all, or no body
    END = "end"  # the site's own words for the end, and nothing else
    REFUSAL = "refusal"  # a bare 0 or -1: WordPress's answer to a call that it does not serve
    OTHER = "other"  # some text, but no teasers


def no_more() -> More:
    """A page that names no next one."""
    return More(False, None)


def no_last_page() -> int:
    """A page that links to no numbered page."""
    return 0


@dataclass(frozen=True, slots=True)
class ListingPage:
    """A listing page. `more` returns how the page continues; it is called only if that matters.

    `source_number` is the number of the wanted source in the page's search form, empty where there is none. `reason`
    is the problem's name where there is no page at all (`EMPTY` without a body, `REFUSAL`). `last_page` returns the
    highest number of a page of this listing that it links to.
    """

    teasers: Sequence[RawTeaser]
    kind: PageKind = PageKind.TEASERS
    more: Callable[[], More] = no_more
    etag: str | None = None
    last_modified: str | None = None
    source_number: str = ""
    reason: str = ""
    last_page: Callable[[], int] = no_last_page


@dataclass(frozen=True, slots=True)
class Started:
    """The crawl begins: due retries and the start pages are requested."""


@dataclass(frozen=True, slots=True)
class Idle:
    """No request is pending: the requests that were left for the end follow, in batches."""


@dataclass(frozen=True, slots=True)
class ListingFetched:
    """A page of a listing was fetched; `url` is the URL of the response.

    `is_final` is True if the page was requested as often as the caller does.
    """

    request: FetchListing
    url: str
    page: ListingPage
    is_final: bool = False


class ClickResult(StrEnum):
    """How a browser's last click on "More Articles" went."""

    MORE = "more"
    END = "end"
    MISSING = "missing"  # the button is not there
    DEAD = "dead"  # it does nothing
    OFFSITE = "offsite"  # it leads to another host


@dataclass(frozen=True, slots=True)
class BrowserFetched:
    """A browser expanded a listing: `pages` are the batches that `clicks` clicks have added."""

    request: FetchListing
    pages: Sequence[Sequence[RawTeaser]]
    clicks: int
    result: ClickResult
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class SitemapFetched:
    """A file of a sitemap was fetched."""

    request: FetchListing
    url: str
    sitemap: Sitemap


@dataclass(frozen=True, slots=True)
class ListingNotModified:
    """304 for the first page of a listing."""

    request: FetchListing


@dataclass(frozen=True, slots=True)
class ListingFailed:
    """A listing page could not be fetched. `reason` is its name in the manifest; block pages' start with `block_page_`.

    `may_repeat` is True if the response was no listing page, or one that the caller does not retry by itself.
    """

    request: FetchListing
    reason: str
    url: str
    may_repeat: bool = False


@dataclass(frozen=True, slots=True)
class ArticleFetched:
    """An article's page was fetched. `more` reads what it says of its source's listing, asked only where it matters.

    `archived_as` is the location of the response in the archive (`items.ArchivePlace`).
    """

    request: FetchArticle
    url: str
    found: ArticleResult
    more: Callable[[], More] = no_more
    etag: str | None = None
    last_modified: str | None = None
    archived_as: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ArticleNotModified:
    """304 for an article that was requested with its validators."""

    request: FetchArticle


@dataclass(frozen=True, slots=True)
class ArticleMissing:
    """404 or 410 for the article's own address."""

    request: FetchArticle
    url: str
    status: int


@dataclass(frozen=True, slots=True)
class ArticleFailed:
    """An article could not be fetched, after all retries, or something else came in its place.

    `may_repeat` says that asking again may bring the article.
    """

    request: FetchArticle
    reason: str
    url: str
    may_repeat: bool = False


@dataclass(frozen=True, slots=True)
class TeasersFound:
    """An archive holds a page of a listing. Its teasers are taken; nothing follows from it for the listing's crawl."""

    url: str
    teasers: Sequence[RawTeaser]


@dataclass(frozen=True, slots=True)
class ArticleReadElsewhere:
    """Another worker has finished the request of an article; the result is in the state."""

    id: str


@dataclass(frozen=True, slots=True)
class AllPagesRead:
    """No further page will be read: the teasers that waited for others are emitted."""


Event = (
    Started
    | Idle
    | TeasersFound
    | ArticleReadElsewhere
    | AllPagesRead
    | ListingFetched
    | BrowserFetched
    | SitemapFetched
    | ListingNotModified
    | ListingFailed
    | ArticleFetched
    | ArticleNotModified
    | ArticleMissing
    | ArticleFailed
)


class UnexpectedEvent(Exception):
    """An event for an unknown or finished listing, or for a request that is not pending."""
