"""The listings of a run: starts them, tracks their pending requests, and stores the routes to them."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from vokcrawl.crawling.actions import FetchListing, Purpose, Repeat
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.discovery import (
    BY_SOURCE_ID,
    BY_STORED_ROUTE,
)
from vokcrawl.crawling.events import (
    Event,
    UnexpectedEvent,
)
from vokcrawl.crawling.listing import Listing, ListingState, rescan_is_due
from vokcrawl.crawling.paginators.browser import bounded
from vokcrawl.crawling.source_calls import SourceCalls
from vokcrawl.normalize import absolute_url
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import (
    BrowserRoute,
    LinkRoute,
    Route,
    SearchRoute,
    SitemapRoute,
    route_from,
    route_to_text,
)
from vokcrawl.policy.pagination import StopReason

logger = logging.getLogger(__name__)

# So many pages of each listing are read however short the time is, so that every run gets a little further.
_LEAST_PAGES = 4


class Listings:
    """The listings of a run, by the URL of their first page."""

    def __init__(
        self,
        context: Context,
        calls: SourceCalls,
    ) -> None:
        self._context = context
        self._calls = calls
        self.all: dict[str, Listing] = {}

    def begin_start(self, url: str) -> None:
        """A start page: where an earlier run found that it leads, or its own listing."""
        stored = self._stored_route(url)
        if isinstance(stored, SearchRoute | SitemapRoute) and self._looks_again(stored):
            self._context.state.drop_route(url, self._context.config.source)
        elif stored is not None:
            self.lead_to(url, stored, BY_STORED_ROUTE)
            return
        if self._calls.may_call_by_number and urlsplit(url).path.rstrip("/") == site().urls.stream:
            self.lead_to(url, self._calls.call(absolute_url(url, site().ajax.path) or url, 0), BY_SOURCE_ID)
        else:
            self.begin(url, SitemapRoute.at(url) or LinkRoute(url))

    def _stored_route(self, url: str) -> Route | None:
        stored = self._context.state.stored_route(url, self._context.config.source)
        if stored is None:
            return None
        try:
            return route_from(stored)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            logger.error("%s: its stored route cannot be read (%s), and is looked for again", url, error)
            self._context.report("stored_route_unreadable", url)
            self._context.state.drop_route(url, self._context.config.source)
            return None

    def _looks_again(self, route: SearchRoute | SitemapRoute) -> bool:
        """Whether a better strategy is looked for than the fallback that was found: with each rescan."""
        before = self._context.state.listing(route.url, self._context.config.source)
        due = before is None or rescan_is_due(before, self._context.started, self._context.config.rescan_hours)
        return due or self._context.config.pagination != "auto"

    def lead_to(self, start: str, route: Route, found_by: str) -> Listing | None:
        """Begins a listing that a start page has led to; None where it is crawled already."""
        if route.url in self.all:
            return None
        return self.begin(route.url, route, found_by, start)

    def begin(
        self, key: str, route: Route, found_by: str = "start page", discovered_from: str | None = None
    ) -> Listing:
        """Begins to crawl a listing, and requests its first page."""
        listing = Listing.begin(self._context, key, route)
        listing.found_by, listing.discovered_from = found_by, discovered_from
        self.all[key] = listing
        self.fetch(listing, listing.first_request())
        return listing

    def fetch(self, listing: Listing, request: FetchListing) -> None:
        """Requests a page of a listing."""
        if isinstance(request.route, BrowserRoute) and request.purpose is Purpose.NEXT:
            request = replace(request, route=bounded(listing, request.route))
        self._context.fetch(listing.expect(request))

    def on_response(self, request: FetchListing) -> Listing | None:
        """The listing that an answer belongs to; None where it is suspended, so that the answer is requested later."""
        listing = self.all.get(request.listing)
        if listing is None:
            raise UnexpectedEvent(f"{request.listing}: no such listing")
        listing.on_response(request)
        if listing.state is ListingState.SUSPENDED:
            listing.suspended_next = request
            return None
        return listing

    def repeat(self, listing: Listing, request: FetchListing, reason: str, otherwise: Event) -> None:
        """Requests the same page again; `otherwise` is the event to handle when that was done too often."""
        listing.expect(request)
        self._context.actions.append(Repeat(request, reason, otherwise))

    def time_is_up(self, listing: Listing) -> bool:
        """Whether the listing stops because the time limit of the run is reached. A few pages are read in any case."""
        positions = listing.positions
        if (positions.continued_pages if positions.resumed else listing.progress.pages) < _LEAST_PAGES:
            return False
        minutes = self._context.config.max_run_minutes
        return minutes > 0 and self._context.now() - self._context.started >= timedelta(minutes=minutes)

    def store_route(self, listing: Listing) -> None:
        """Stores the route that a start page has led to, once it has led to teasers."""
        if listing.discovered_from is not None and listing.progress.stopped is not StopReason.NO_TEASERS:
            self._context.state.put_route(
                listing.discovered_from, self._context.config.source, route_to_text(listing.first)
            )
