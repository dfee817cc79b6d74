"""Selects the pagination strategy for a page by the kind of the route that led to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vokcrawl.crawling.actions import FetchListing
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.listing import Listing
from vokcrawl.crawling.paginators.ajax import AjaxPaginator
from vokcrawl.crawling.paginators.link import LinkPaginator
from vokcrawl.crawling.paginators.protocol import Paginator
from vokcrawl.crawling.paginators.search import SearchPaginator
from vokcrawl.crawling.paginators.sitemap import SitemapPaginator
from vokcrawl.crawling.positions import Position
from vokcrawl.crawling.source_calls import SourceCalls
from vokcrawl.pages.routes import AjaxRoute, Route, SearchRoute


@dataclass
class _OfListing:
    """The strategies of one listing."""

    link: LinkPaginator
    search: SearchPaginator
    sitemap: SitemapPaginator
    ajax: AjaxPaginator = field(default_factory=AjaxPaginator)


class Paginators:
    """The strategies of all listings."""

    def __init__(self, context: Context, calls: SourceCalls) -> None:
        self._context = context
        self._calls = calls
        self._of: dict[str, _OfListing] = {}

    def of(self, listing: Listing, request: FetchListing) -> Paginator:
        """The strategy for an answer to this request."""
        found = self._all(listing)
        if isinstance(request.route, AjaxRoute):
            return found.ajax
        return found.search if isinstance(request.route, SearchRoute) else found.link

    def search_of(self, listing: Listing) -> SearchPaginator | None:
        """The search strategy of a listing; None if it is no search."""
        return self._all(listing).search if isinstance(listing.first, SearchRoute) else None

    def sitemap_of(self, listing: Listing) -> SitemapPaginator:
        """The sitemap strategy of a listing."""
        return self._all(listing).sitemap

    def overlap(self, listing: Listing) -> bool:
        """Whether the listing's pages overlap, so that each one is known to join the one before."""
        return listing.strategy == "ajax" and self._all(listing).ajax.overlaps

    def rejoins(self, listing: Listing, ids: Sequence[str]) -> bool:
        """Whether a batch that is read once more joins the one before, where they can overlap."""
        return self._all(listing).ajax.rejoins(listing.last_ids, ids)

    def behind_batch(self, listing: Listing, route: Route) -> Route | None:
        """The batch behind all that one was requested for, less the overlap; None for pages without offsets."""
        if not isinstance(route, AjaxRoute) or self._all(listing).ajax.aligned:
            return None
        return route.at(route.start + max(1, route.size - 1))

    def with_end(self, listing: Listing, route: Route) -> Route | None:
        """The same batch with `to` as an end, where a listing has not shown yet whether it is; None where it has."""
        return self._all(listing).ajax.with_end(route) if isinstance(route, AjaxRoute) else None

    def above_batch(self, listing: Listing, route: Route, step: int) -> Route | None:
        """The batch to request above one that does not join, at the n-th step; None after the last step."""
        return self._all(listing).ajax.above(route, step) if isinstance(route, AjaxRoute) else None

    def pinned(self, listing: Listing) -> int:
        """How many entries are pinned on top of every batch."""
        return self._all(listing).ajax.pinned

    def below_batch(self, listing: Listing, route: Route, step: int) -> Route | None:
        """The batch one entry further down, at the n-th step; None after the last step."""
        return self._all(listing).ajax.below(route, step) if isinstance(route, AjaxRoute) else None

    def moved(self, listing: Listing) -> int:
        """How many entries have come in above the batches that this run has read, as far as batches show it."""
        return self._all(listing).ajax.moved

    def has_holes(self, listing: Listing) -> bool:
        """Whether the batches of the listing leave out entries that cannot be requested."""
        return self._all(listing).ajax.has_holes

    def continues_by_offset(self, listing: Listing, request: FetchListing) -> bool:
        """Whether a position is continued at by a batch that overlaps with what was read before it."""
        return isinstance(request.route, AjaxRoute) and not self._all(listing).ajax.aligned

    def place(self, listing: Listing, request: FetchListing) -> tuple[Route, list[str]]:
        """The place of the page that was taken last: how to come back to it, and its entries up to there."""
        if isinstance(request.route, AjaxRoute):
            return self._all(listing).ajax.place(request.route)
        return request.route, listing.last_ids

    def resume(self, listing: Listing, position: Position, new: int) -> Route:
        """The route to the place where an earlier run has left the listing; `new` entries came in on top since."""
        if isinstance(position.route, AjaxRoute):
            return self._all(listing).ajax.resume(position.route, position.ids, new)
        return position.route

    def _all(self, listing: Listing) -> _OfListing:
        found = self._of.get(listing.key)
        if found is None:
            ajax = AjaxPaginator()
            link = LinkPaginator(self._context, self._calls, lambda: ajax)
            found = _OfListing(link, SearchPaginator(self._context), SitemapPaginator(self._context), ajax)
            self._of[listing.key] = found
        return found
