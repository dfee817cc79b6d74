"""Numbered pages that link to the next one. They cannot overlap; pages that are read again reveal a shift.

A last page may link to one that does not exist (404), as some WordPress themes do. That is the end only with evidence:
the last page is shorter than each one before, it is the same when it is read again, and the next one is missing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from typing_extensions import override

from vokcrawl.crawling.actions import FetchListing
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.events import ListingPage, PageKind
from vokcrawl.crawling.listing import Listing
from vokcrawl.crawling.paginators.ajax import AjaxPaginator
from vokcrawl.crawling.paginators.protocol import TAKE, Checked, Following, Paginator, Trust
from vokcrawl.crawling.source_calls import SourceCalls
from vokcrawl.normalize import authority
from vokcrawl.pages.block_pages import BlockPage
from vokcrawl.pages.document import EMPTY_PAGE
from vokcrawl.pages.more import More
from vokcrawl.pages.numbered_pages import PAGE_PATH
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import AjaxRoute, BrowserRoute, LinkRoute, Route
from vokcrawl.policy.pagination import StopReason

logger = logging.getLogger(__name__)

# The answers for a page that does not exist; some sites redirect such pages to their front page.
MISSING = frozenset({"http_404", "http_410", BlockPage.FRONT_PAGE})
_PAGE_FIELDS = ("paged", "page", "pg")


class LinkPaginator(Paginator):
    """The pages of one listing, from the first one on; a page may lead to a call or into a browser instead."""

    def __init__(self, context: Context, calls: SourceCalls, ajax: Callable[[], AjaxPaginator]) -> None:
        self._context = context
        self._calls = calls
        self._ajax = ajax
        # The page that was taken last, its ids, and the fewest entries of a page before it.
        self._last: Route | None = None
        self._last_ids: list[str] = []
        self._fewest_before = 0
        # The missing page behind it, and whether the last page was the same when it was read again.
        self._missing: FetchListing | None = None
        self._is_confirmed = False

    @override
    def check(self, listing: Listing, request: FetchListing, page: ListingPage) -> Checked:
        missing = self._missing
        if missing is not None and request.route == self._last:
            self._is_confirmed = [raw.id for raw in page.teasers] == self._last_ids
            return Checked(Trust.ASK, replace(missing, attempt=2))
        if page.teasers or not listing.progress.pages:
            return TAKE
        if page.kind is PageKind.END:
            # A page that was sent without its teasers would be a gap.
            return TAKE if request.attempt > 1 else Checked(Trust.ASK, replace(request, attempt=2))
        return Checked(Trust.REPEAT, reason=EMPTY_PAGE if page.kind is not PageKind.REFUSAL else page.reason)

    @override
    def follow(self, listing: Listing, request: FetchListing, page: ListingPage, url: str) -> Following:
        if not page.teasers:
            return Following(stop=StopReason.END)
        self._note_taken(request, page)
        more = self._calls.choose(page.more(), url, len(page.teasers))
        if more.route is None and not more.label_found:
            return self._without_more(listing, len({raw.id for raw in page.teasers}), url)
        following = self._check_more(more, url)
        route = following.route
        if route is None:
            return following
        if isinstance(route, LinkRoute) and route.url in listing.visited:
            return Following(stop=StopReason.CIRCLE)
        if isinstance(route, AjaxRoute):
            if listing.mixed and self._calls.is_by_number(route):
                # What a stream of all sources has shown says nothing of how far the source's own listing was read.
                return Following(route.at(0))
            return Following(self._ajax().first_call(listing, route))
        return following

    @override
    def follow_again(self, listing: Listing, request: FetchListing, page: ListingPage, url: str) -> Following:
        more = self._calls.choose(page.more(), url, len(page.teasers))
        following = self._check_more(more, url)
        if isinstance(following.route, AjaxRoute):
            return Following(self._ajax().again(following.route, len(page.teasers)))
        return following

    @override
    def failed(self, listing: Listing, request: FetchListing, reason: str) -> Checked | None:
        """A missing page is the end behind a last page that is short and stays the same."""
        last, is_short = self._last, 0 < len(set(self._last_ids)) < self._fewest_before
        if reason not in MISSING or not is_short or last is None or not isinstance(request.route, LinkRoute):
            return None
        if self._missing is None:
            self._missing = request
            return Checked(Trust.ASK, listing.next_request(last))
        if request == replace(self._missing, attempt=2) and self._is_confirmed:
            return Checked(Trust.STOP, stop=StopReason.END)
        return None

    def _note_taken(self, request: FetchListing, page: ListingPage) -> None:
        before = len(set(self._last_ids))
        if before:
            self._fewest_before = min(before, self._fewest_before or before)
        self._last, self._last_ids = request.route, [raw.id for raw in page.teasers]
        self._missing, self._is_confirmed = None, False

    def _without_more(self, listing: Listing, received: int, url: str) -> Following:
        """A short page may be all there is; behind a full one something may come that this page does not name."""
        full = site().ajax.page_size if listing.progress.pages == 1 else listing.largest_page
        if received < full:
            return Following(stop=StopReason.END)
        guess = next_page_url(url)
        if guess is None or guess in listing.visited:
            return Following(stop=StopReason.NO_MORE)
        return Following(stop=StopReason.NO_MORE, probe=LinkRoute(guess))

    def _check_more(self, more: More, url: str) -> Following:
        route: Route | None = more.route
        if route is None and more.label_found:
            route = self._in_browser(url)
        if route is None:
            return Following(stop=StopReason.NO_ROUTE)
        if authority(route.url) not in self._context.config.hosts:
            return Following(stop=StopReason.OFFSITE, problem="offsite_more", url=route.url)
        return Following(route)

    def _in_browser(self, url: str) -> BrowserRoute | None:
        return self._calls.in_browser(url)


def next_page_url(url: str) -> str | None:
    """The address that the page behind a numbered one has in WordPress's usual forms; a page without a number is 1."""
    parts = urlsplit(url)
    fields = parse_qsl(parts.query, keep_blank_values=True)
    for at, (name, value) in enumerate(fields):
        if name in _PAGE_FIELDS and value.isascii() and value.isdigit() and len(value) < 7:
            fields[at] = (name, str(int(value) + 1))
            return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(fields), ""))
    found = PAGE_PATH.search(parts.path)
    if found is not None:
        path = f"{parts.path[: found.start()]}/page/{int(found[1]) + 1}/"
    elif parts.query:
        fields.append(("paged", "2"))
        return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(fields), ""))
    else:
        path = f"{parts.path.rstrip('/')}/page/2/"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
