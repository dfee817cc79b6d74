"""Pages that are read again: the first pages at the end of a listing crawl, and the daily slice of its old part."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from vokcrawl.crawling.actions import FetchListing, Purpose
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.entries import Entries
from vokcrawl.crawling.events import (
    ListingFailed,
    ListingFetched,
    ListingPage,
    PageKind,
)
from vokcrawl.crawling.listing import Listing
from vokcrawl.crawling.listings import Listings
from vokcrawl.crawling.paginators.selection import Paginators
from vokcrawl.crawling.slices import next_date_range
from vokcrawl.crawling.teasers import teaser_day
from vokcrawl.pages.document import EMPTY_PAGE
from vokcrawl.pages.more import More
from vokcrawl.pages.routes import (
    AjaxRoute,
    BrowserRoute,
    LinkRoute,
    Route,
    SearchRoute,
)
from vokcrawl.pages.search import further_results
from vokcrawl.policy.pagination import StopReason

logger = logging.getLogger(__name__)

# So often the first pages are read again because reading what is new took more than one page.
_MOST_ROUNDS = 3
# Of numbered pages one in so many is read again, but no more than so many.
_SHARE, _MOST_PAGES = 5, 50


class Rereads:
    """Reads the first pages and the slice of the old part once more."""

    def __init__(
        self,
        context: Context,
        paginators: Paginators,
        listings: Listings,
        entries: Entries,
    ) -> None:
        self._context = context
        self._paginators = paginators
        self._listings = listings
        self._entries = entries

    def finish_listing(self, listing: Listing, reason: StopReason | None = None) -> None:
        """The listing was read as far as it is read in this run: a slice of its old part is read again, where due."""
        if reason is None and listing.progress.stopped is StopReason.END and listing.positions.is_kept:
            listing.slice.note_all_read(listing.positions.pages + listing.progress.pages)
        if reason is None and listing.needs_healing and not self._listings.time_is_up(listing):
            route = listing.slice.begin(listing.behind)
            if route is not None and not isinstance(route, BrowserRoute):
                listing.heal()
                self._listings.fetch(listing, FetchListing(listing.key, route, Purpose.SLICE))
                return
        listing.finish(reason)

    def handle_slice(self, listing: Listing, event: ListingFetched) -> None:
        """A page of the old part was read again."""
        request, page = event.request, event.page
        ids = [raw.id for raw in page.teasers]
        known = self._context.state.entries(ids)
        entries = self._entries.take(listing, page.teasers, event.url)
        listing.found_late += sum(each.wanted and not each.already_crawled and each.id not in known for each in entries)
        following: Route | None = None
        if isinstance(request.route, SearchRoute):
            following = self._behind_search(listing, request.route, page)
        elif ids and ids != listing.last_ids:
            listing.slice.repeats = 0
            following = self._paginators.of(listing, request).follow_again(listing, request, page, event.url).route
        elif (with_end := self._paginators.with_end(listing, request.route)) is not None:
            # No end: if `to` is an end index, the call has requested fewer entries, or none.
            following = with_end
        elif ids and not listing.slice.repeats:
            # It may be the last page again, or a batch most entries of which are hidden.
            listing.slice.repeats = 1
            following = self._paginators.behind_batch(listing, request.route)
        listing.last_ids = ids
        route = listing.slice.advance(following)
        if route is not None and not self._listings.time_is_up(listing):
            self._listings.fetch(listing, FetchListing(listing.key, route, Purpose.SLICE, request.number + 1))
        else:
            listing.finish()

    def _behind_search(self, listing: Listing, route: SearchRoute, page: ListingPage) -> Route | None:
        """More results for the same days where the page names some, else those for the days before them."""
        ids = [raw.id for raw in page.teasers]
        more = page.more() if ids else More(False, None)
        further = further_results(more, route)
        if further is not None and ids != listing.last_ids:
            return further
        days = [day for raw in page.teasers if (day := teaser_day(raw)) is not None]
        cut = days if more.label_found and further is None else None
        return next_date_range(route, len(ids), cut, listing.progress.rules.today)

    def handle(self, listing: Listing, event: ListingFetched) -> None:
        """A first page was read again; this continues until it overlaps with what was read, and finds new entries."""
        request, page = event.request, event.page
        # Unknown text is the end behind the last entry that was read, as it was before.
        may_end = page.kind is not PageKind.OTHER or listing.progress.ends_with(listing.last_ids)
        # A numbered page behind the last one must say that it is.
        says_end = page.kind is PageKind.END and request.number > 1
        if not page.teasers and not (says_end or (isinstance(request.route, AjaxRoute) and may_end)):
            reason = page.reason or EMPTY_PAGE
            self._listings.repeat(listing, request, reason, ListingFailed(request, reason, event.url))
            return
        if not page.teasers and request.number > 1 and request.attempt == 1:
            # After the last entry both responses are empty; a single empty batch does not end the re-read.
            self._listings.fetch(listing, replace(request, attempt=2))
            return
        overlaps = self._paginators.overlap(listing)
        entries = self._entries.take(listing, page.teasers, event.url)
        ids = tuple(entry.id for entry in entries)
        if request.number == 1:
            listing.etag, listing.last_modified = page.etag, page.last_modified
            listing.progress.head = ids
        elif overlaps and ids and not self._paginators.rejoins(listing, ids):
            self._look_for_join(listing, request, ids)
            return
        listing.last_ids, listing.reread_steps_back = list(ids), 0
        listing.reread_joins |= listing.progress.again(entries)
        if not overlaps and isinstance(request.route, LinkRoute | AjaxRoute):
            self._look_for_shifts(listing)
        # Entries that came in above what was read, and are not on the first pages, are further down.
        is_explained = listing.progress.found_again >= self._paginators.moved(listing)
        is_done = listing.reread_joins and is_explained and request.number >= listing.pages_to_reread
        if not is_done and request.number <= listing.progress.pages + 2:
            following = self._paginators.of(listing, request).follow_again(listing, request, page, event.url)
            if following.route is not None:
                number = request.number + 1
                self._listings.fetch(listing, FetchListing(listing.key, following.route, Purpose.REREAD, number))
                return
        self.end(listing, request)

    @staticmethod
    def _look_for_shifts(listing: Listing) -> None:
        """Numbered pages cannot overlap: an entry that left a page has moved up the first one of each later page.

        Some of the first pages show whether one has. Then, or if the pages have become longer meanwhile, all are read.
        Where known pages end the crawl, or a browser reads the pages, the first page alone must do.
        """
        pages, reached_end = listing.progress.pages, listing.progress.stopped is StopReason.END
        # Batches may be longer than the first page.
        have_grown = listing.pages_have_grown and listing.strategy == LinkRoute.strategy
        if (have_grown and reached_end) or listing.progress.has_lost():
            listing.pages_to_reread = pages + 2
        elif reached_end and not listing.positions.resumed and listing.strategy != BrowserRoute.strategy:
            listing.pages_to_reread = min(_MOST_PAGES, 1 + pages // _SHARE)
        else:
            listing.pages_to_reread = 1

    def _look_for_join(self, listing: Listing, request: FetchListing, ids: Sequence[str]) -> None:
        """Requests what is above a batch that does not join the one before: offsets may be rounded, entries hidden.

        One that shows only entries of the one before it ends above its last entry: then the next ones are further down.
        Pinned entries say nothing of that.
        """
        listing.reread_steps_back += 1
        shown = ids[self._paginators.pinned(listing) :]
        is_above = bool(shown) and set(shown) < set(listing.last_ids)
        find = self._paginators.below_batch if is_above else self._paginators.above_batch
        route = find(listing, request.route, listing.reread_steps_back)
        if route is None:
            listing.finish(StopReason.UNJOINED)
        else:
            self._listings.fetch(listing, replace(request, route=route))

    def end(self, listing: Listing, request: FetchListing) -> None:
        """The first pages were read again, as far as there are pages, or as far as it was needed."""
        is_moving = request.number > 1 and listing.progress.new_on_top > 0
        if listing.reread_joins and is_moving and listing.reread_rounds < _MOST_ROUNDS:
            # New entries may have come in on top since the first page was read again.
            listing.reread_rounds += 1
            listing.progress.begin_again()
            listing.reread_joins, listing.last_ids = False, []
            self._listings.fetch(listing, FetchListing(listing.key, listing.first, Purpose.REREAD))
            return
        self.finish_listing(listing, None if listing.reread_joins else StopReason.UNJOINED)

    def slice_failed(self, listing: Listing, reason: str, url: str) -> None:
        """A page of the old part could not be fetched. A missing one is behind the end: the next turn begins again."""
        listing.finish()
        if reason in ("http_404", "http_410"):
            listing.slice.advance(None)
            return
        self._context.report(f"listing_{reason}", url)
        self._context.statistics.pages_failed += 1
        self._context.stop_at(reason)
