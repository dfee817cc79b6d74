"""Continues a listing crawl at the position that an earlier run stored."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from vokcrawl.crawling.actions import FetchListing, Purpose
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.entries import Entries
from vokcrawl.crawling.events import (
    ListingPage,
)
from vokcrawl.crawling.listing import Listing
from vokcrawl.crawling.paginators.selection import Paginators
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.routes import (
    AjaxRoute,
    SearchRoute,
)

logger = logging.getLogger(__name__)


class Continuation:
    """Continues listings at stored positions, and stores new ones."""

    def __init__(
        self,
        context: Context,
        paginators: Paginators,
        entries: Entries,
    ) -> None:
        self._context = context
        self._paginators = paginators
        self._entries = entries

    def note_position(self, listing: Listing, request: FetchListing) -> None:
        """Stores how far the listing is read and resolved."""
        if self._has_cut_days(listing) or self._paginators.has_holes(listing):
            # The next run reads what was left out again.
            return
        route, ids = self._paginators.place(listing, request)
        listing.positions.note_page(route, ids, listing.opened, listing.progress.ids)
        listing.opened = []
        listing.positions.advance(self._entries.are_resolved)

    def note_read_before(self, listing: Listing, raws: Sequence[RawTeaser]) -> None:
        """Notes entries of a page that earlier runs have read: those before an entry that this run knows."""
        ids = [raw.id for raw in raws]
        last = max((at for at, identity in enumerate(ids) if identity in listing.progress.ids), default=0)
        entries = self._context.state.entries(ids[:last])
        listing.progress.note_read(each.id for each in entries.values() if each.crawl == listing.number)

    def resumed(self, listing: Listing) -> FetchListing | None:
        """Return the request for the stored position, once everything new at the top is read."""
        if self._has_cut_days(listing):
            # What is new on top was not seen whole.
            return None
        seen = list(listing.progress.ids) if listing.positions.stored is not None else []
        new = listing.positions.new_on_top(seen)
        position = listing.positions.take(seen) if new is not None else None
        if new is None or position is None:
            return None
        if not isinstance(position.route, AjaxRoute) and position.route.url in listing.visited:
            # What is new on top has moved it behind that page.
            listing.positions.abandon()
            return None
        listing.progress.note_read(position.ids)
        listing.progress.led_on = True
        route = self._paginators.resume(listing, position, new)
        listing.strategy = route.strategy
        return FetchListing(listing.key, route, Purpose.RESUME, listing.progress.pages + 1)

    def _has_cut_days(self, listing: Listing) -> bool:
        search = self._paginators.search_of(listing)
        return search is not None and search.has_cut_days

    def joins_position(self, listing: Listing, request: FetchListing, page: ListingPage) -> bool:
        """Whether a page still shows some of what was read last. Batches that overlap are joined by their paginator."""
        route = request.route
        is_whole = isinstance(route, SearchRoute) and not route.page
        if is_whole or self._paginators.continues_by_offset(listing, request):
            return True
        # What the first page shows may be pinned.
        ids = (raw.id for raw in page.teasers if raw.id not in listing.progress.head)
        return any(identity in listing.positions.continued_ids for identity in ids)
