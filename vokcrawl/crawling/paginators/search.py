"""The site's search as a listing, in date ranges (`policy.date_ranges`), newest first.

The first page is the search without dates. Its results are in the order of ingestion, so they show what came in since
an earlier run, whatever its day is. Where older entries were read before, these results are followed until they reach
what is known, as far as the site links to more of them.
"""

from __future__ import annotations

from dataclasses import replace

from typing_extensions import override

from vokcrawl.crawling.actions import FetchListing
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.events import ListingPage, PageKind
from vokcrawl.crawling.listing import Listing
from vokcrawl.crawling.paginators.link import next_page_url
from vokcrawl.crawling.paginators.protocol import TAKE, Checked, Following, Paginator, Trust
from vokcrawl.normalize import ingested_on
from vokcrawl.pages.document import EMPTY_PAGE
from vokcrawl.pages.more import More
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import SearchRoute
from vokcrawl.pages.search import further_results
from vokcrawl.policy.date_ranges import DateRange, DateRanges
from vokcrawl.policy.pagination import StopReason

# After so many consecutive pages that are the same, or have no new entry, links to further results are ignored.
_MOST_SAME, _MOST_STALE = 2, 12


class SearchPaginator(Paginator):
    """The date ranges of one listing. Its first page is the search without dates."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ranges: DateRanges | None = None
        # The guessed page after a full one of a single day, and the days of the last page that had some.
        self._guess = ""
        self._days: tuple[str | None, str | None] = (None, None)
        # The ids of the last page, and the number of consecutive pages that were the same, or had no new entry.
        self._last_ids: list[str] = []
        # All ids of the pages that share the days of the last one.
        self._of_range: set[str] = set()
        self._same = 0
        self._stale = 0

    @override
    def check(self, listing: Listing, request: FetchListing, page: ListingPage) -> Checked:
        if page.teasers or not listing.progress.pages:
            return TAKE
        if page.kind not in (PageKind.OTHER, PageKind.END):
            return Checked(Trust.REPEAT, reason=EMPTY_PAGE if page.kind is not PageKind.REFUSAL else page.reason)
        if request.attempt == 1:
            # A page that was sent without its teasers would be a gap.
            return Checked(Trust.ASK, replace(request, attempt=2))
        return TAKE

    @override
    def follow(self, listing: Listing, request: FetchListing, page: ListingPage, url: str) -> Following:
        route = _search(request)
        received = len({raw.id for raw in page.teasers})
        more = page.more() if page.teasers else More(False, None)
        if self._ranges is None:
            rules = listing.progress.rules
            self._ranges = DateRanges(listing.days, rules.today, rules.since)
        if route.start is None:
            return self._behind_newest(listing, self._ranges, route, more)
        if listing.positions.stored is not None:
            # The newest results did not reach what was read before: new entries of older days may be anywhere.
            listing.positions.abandon()
        return self._next_results(listing, self._ranges, route, more, received)

    def _behind_newest(self, listing: Listing, ranges: DateRanges, route: SearchRoute, more: More) -> Following:
        """Return further results without dates where an earlier run has read older ones, else the first date range."""
        first = route.between(*ranges.first().to_dict())
        progress = listing.progress
        joins = progress.joins_known if progress.rules.known_pages else listing.positions.stored is None
        further = further_results(more, route)
        if self._leads_nowhere(listing, route, progress.fresh) or (further and further.url in listing.visited):
            further = None
        if further is None or joins or self._is_before(listing):
            return Following(first)
        return Following(further, behind=first)

    @staticmethod
    def _is_before(listing: Listing) -> bool:
        """Return whether a page shows only what came in before `since`: what is below was not published after it."""
        since = listing.progress.rules.since
        days = [day for identity in listing.last_ids if (day := ingested_on(identity)) is not None]
        return since is not None and bool(days) and all(day < since for day in days)

    def _next_results(
        self, listing: Listing, ranges: DateRanges, route: SearchRoute, more: More, received: int
    ) -> Following:
        """Return further results of the same days, or else the previous range."""
        range_ = DateRange.of(route.start or "", route.end)
        fresh = listing.progress.fresh
        if ranges.is_foreign(range_, listing.days, fresh):
            if ranges.ignored:
                return Following(stop=StopReason.DAYS_IGNORED)
            return self._previous(listing, ranges, route, range_, 0)
        further = further_results(more, route)
        led_nowhere = self._leads_nowhere(listing, route, fresh)
        # An earlier run has guessed a page at which this one continues.
        may_guess = not route.page or bool(self._guess) or self._days != (route.start, route.end)
        self._days = route.start, route.end
        if further is not None and further.url not in listing.visited and not led_nowhere:
            return Following(further)
        # A page of other days than requested does not show how many entries these have.
        full = 1 < listing.largest_page <= received and ranges.may_be_of(range_, listing.days)
        cut = not led_nowhere and (more.label_found or (full and may_guess))
        split = ranges.split(range_, listing.days) if cut and (more.label_found or not route.page) else None
        if split is not None:
            return Following(route.between(*split.to_dict()))
        if cut and not more.label_found:
            guess = next_page_url(route.url)
            if guess is not None and guess not in listing.visited:
                # A full page of a single day without a link: there may still be a next one.
                self._guess = guess
                return Following(replace(route, page=guess))
        # A site that ignores the page number does not show whether there are more results.
        if (cut and more.label_found) or (full and led_nowhere and self._guess):
            self._context.report("search_day_cut", route.url)
            if ranges.note_cut(range_) and more.label_found:
                return Following(stop=StopReason.DAYS_CUT if ranges.honoured else StopReason.DAYS_IGNORED)
        self._guess = ""
        return self._previous(listing, ranges, route, range_, received if not route.page else site().ajax.page_size)

    def _leads_nowhere(self, listing: Listing, route: SearchRoute, fresh: int) -> bool:
        """Return whether links to further results bring nothing new. New articles may make single pages repeat some.

        Entries that other searches of this run have shown are new to the days of this one.
        """
        if not route.page:
            self._of_range.clear()
        is_new = bool(fresh) or not self._of_range.issuperset(listing.last_ids)
        self._of_range.update(listing.last_ids)
        if not route.page or is_new:
            self._same = self._stale = 0
        else:
            self._same = self._same + 1 if listing.last_ids == self._last_ids else 0
            self._stale += 1
        self._last_ids = listing.last_ids
        return self._same >= _MOST_SAME or self._stale >= _MOST_STALE

    def _previous(
        self, listing: Listing, ranges: DateRanges, route: SearchRoute, range_: DateRange, received: int
    ) -> Following:
        previous = ranges.previous(range_, received)
        if previous is not None:
            return Following(route.between(*previous.to_dict()))
        return Following(stop=StopReason.END if listing.progress.rules.since is None else StopReason.SINCE)

    @property
    def has_cut_days(self) -> bool:
        """Whether some days were not read completely: then the listing is incomplete, whatever the reason to stop."""
        return self._ranges is not None and self._ranges.cut > 0

    @override
    def follow_again(self, listing: Listing, request: FetchListing, page: ListingPage, url: str) -> Following:
        """The next page of the newest results, if the site links to one."""
        further = further_results(page.more(), _search(request)) if page.teasers else None
        return Following(further) if further is not None else Following(stop=StopReason.END)

    @override
    def failed(self, listing: Listing, request: FetchListing, reason: str) -> Checked | None:
        """A guessed page that does not exist means that the day has no more results; the previous range follows."""
        route = _search(request)
        if not self._guess or route.page != self._guess or reason not in ("http_404", "http_410"):
            return None
        self._guess = ""
        ranges = self._ranges
        if ranges is None:
            return None
        previous = ranges.previous(DateRange.of(route.start or "", route.end), site().ajax.page_size)
        if previous is None:
            return Checked(Trust.STOP, stop=StopReason.END)
        return Checked(Trust.ASK, listing.next_request(route.between(*previous.to_dict())))


def _search(request: FetchListing) -> SearchRoute:
    if not isinstance(request.route, SearchRoute):
        raise TypeError(f"no search: {request.route}")
    return request.route
