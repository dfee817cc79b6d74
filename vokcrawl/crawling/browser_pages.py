"""Handles the pages of listings that a browser expands."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from vokcrawl.crawling.actions import FetchListing, Purpose
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.entries import Entries
from vokcrawl.crawling.events import (
    BrowserFetched,
)
from vokcrawl.crawling.listing import Listing
from vokcrawl.crawling.listing_pages import ListingPages
from vokcrawl.crawling.listings import Listings
from vokcrawl.crawling.paginators.browser import ENDS, clicks_of, next_step
from vokcrawl.crawling.source_search import SourceSearch
from vokcrawl.policy.pagination import Entry, StopReason

logger = logging.getLogger(__name__)


class BrowserPages:
    """Handles the steps of a listing in a browser."""

    def __init__(
        self,
        context: Context,
        listings: Listings,
        sources: SourceSearch,
        entries: Entries,
        pages: ListingPages,
    ) -> None:
        self._context = context
        self._listings = listings
        self._sources = sources
        self._entries = entries
        self._pages = pages

    def handle(self, event: BrowserFetched) -> None:
        """Handle a step in which a browser has expanded the listing."""
        listing = self._listings.on_response(event.request)
        if listing is None:
            return
        route, progress = clicks_of(event.request), listing.progress
        entries: list[Entry] = []
        if event.request.purpose is Purpose.REREAD:
            for raws in event.pages:
                entries += self._entries.take(listing, raws, route.url)
            if event.request.number == 1:
                progress.head = tuple(entry.id for entry in entries)
            again = not progress.again(entries) and event.request.number < progress.pages
            if again and event.result not in ENDS:
                number = event.request.number + 1
                self._listings.fetch(listing, FetchListing(listing.key, next_step(event), Purpose.REREAD, number))
            else:
                listing.finish()
            return
        first = progress.pages == 0
        for raws in event.pages:
            entries = self._entries.take(listing, raws, route.url)
            listing.note_page(raws, entries, route.url)
            if progress.page(entries) is not None:
                break
        listing.strategy = route.strategy
        if progress.stopped is None:
            self._follow(listing, event, entries)
        self._pages.after_page(listing, route.url, first)

    def _follow(self, listing: Listing, event: BrowserFetched, entries: Sequence[Entry]) -> None:
        stop = ENDS.get(event.result)
        if stop is None:
            self._sources.follow_next_page(listing, listing.next_request(next_step(event)), entries)
            return
        listing.progress.stop(stop)
        if stop is StopReason.OFFSITE:
            self._context.report("offsite_more", event.blocked)
        elif stop is StopReason.NO_ROUTE:
            logger.error(
                '%s: in the browser its "More Articles" %s%s',
                event.request.url,
                "is not visible" if event.result == "missing" else "does nothing",
                f"; {event.blocked} is on another host and was not loaded" if event.blocked else "",
            )
