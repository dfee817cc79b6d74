"""The site's search as a listing, in date ranges (`policy.date_windows`), newest first."""

from __future__ import annotations

from dataclasses import replace

from vokcrawl.crawling.actions import FetchListing
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.events import ListingPage, PageKind
from vokcrawl.crawling.listing import Listing
from vokcrawl.crawling.paginators.link import next_page_url
from vokcrawl.crawling.paginators.protocol import TAKE, Checked, Following, Trust
from vokcrawl.pages.document import EMPTY_PAGE
from vokcrawl.pages.more import More
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import SearchRoute
from vokcrawl.pages.search import further_results
from vokcrawl.policy.date_windows import Window, Windows
from vokcrawl.policy.pagination import StopReason

# So many pages in a row that are the same, or that bring nothing new: their links onward lead nowhere.
_MOST_SAME, _MOST_STALE = 2, 12


class SearchPaginator:
    """The date ranges of one listing. Its first page is what the search shows without days."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._windows: Windows | None = None
        # The guessed page that is being tried behind a full one of a single day.
        self._guess = ""
        # What the last page showed, and how many pages in a row were the same, or brought nothing new.
        self._last_ids: list[str] = []
        self._same = 0
        self._stale = 0

    def check(self, listing: Listing, request: FetchListing, page: ListingPage) -> Checked:
        if page.teasers or not listing.progress.pages:
            return TAKE
        if page.kind not in (PageKind.OTHER, PageKind.END):
            return Checked(Trust.REPEAT, reason=EMPTY_PAGE if page.kind is not PageKind.REFUSAL else page.reason)
        if request.attempt == 1:
            # A page that merely came without its teasers would be a gap.
            return Checked(Trust.ASK, replace(request, attempt=2))
        return TAKE

    def follow(self, listing: Listing, request: FetchListing, page: ListingPage, url: str) -> Following:
        route = _search(request)
        received = len({raw.id for raw in page.teasers})
        more = page.more() if page.teasers else More(False, None)
        if self._windows is None:
            rules = listing.progress.rules
            self._windows = Windows(listing.days, rules.today, rules.since)
        if route.start is None:
            return Following(route.between(*self._windows.first().to_dict()))
        return self._next_results(listing, self._windows, route, more, received)

    def _next_results(
        self, listing: Listing, windows: Windows, route: SearchRoute, more: More, received: int
    ) -> Following:
        """More of the same days where they have more, else the days before them."""
        window = Window.of(route.start or "", route.end)
        fresh = listing.progress.fresh
        if windows.is_foreign(window, listing.days, fresh):
            if windows.ignored:
                return Following(stop=StopReason.DAYS_IGNORED)
            return self._older(listing, windows, route, window, 0)
        further = further_results(more, route)
        led_nowhere = self._leads_nowhere(listing, route, fresh)
        if further is not None and further.url not in listing.visited and not led_nowhere:
            return Following(further)
        # A page that shows other days than was requested says nothing of how many entries those hold.
        full = 1 < listing.largest_page <= received and windows.may_be_of(window, listing.days)
        cut = not led_nowhere and (more.label_found or (full and (not route.page or bool(self._guess))))
        narrower = windows.narrower(window, listing.days) if cut and (more.label_found or not route.page) else None
        if narrower is not None:
            return Following(route.between(*narrower.to_dict()))
        if cut and not more.label_found:
            guess = next_page_url(route.url)
            if guess is not None and guess not in listing.visited:
                # A full page of a single day that names no next one: there may be one all the same.
                self._guess = guess
                return Following(replace(route, page=guess))
        # A site that shows the same results whichever page it is asked for says nothing of what stands behind them.
        if (cut and more.label_found) or (full and led_nowhere and self._guess):
            self._context.report("search_day_cut", route.url)
            if windows.note_cut(window) and more.label_found:
                return Following(stop=StopReason.DAYS_CUT if windows.honoured else StopReason.DAYS_IGNORED)
        self._guess = ""
        return self._older(listing, windows, route, window, received if not route.page else site().ajax.page_size)

    def _leads_nowhere(self, listing: Listing, route: SearchRoute, fresh: int) -> bool:
        """Whether links onward bring nothing new. What came in meanwhile may make one or the other page repeat some."""
        if not route.page or fresh:
            self._same = self._stale = 0
        else:
            self._same = self._same + 1 if listing.last_ids == self._last_ids else 0
            self._stale += 1
        self._last_ids = listing.last_ids
        return self._same >= _MOST_SAME or self._stale >= _MOST_STALE

    def _older(
        self, listing: Listing, windows: Windows, route: SearchRoute, window: Window, received: int
    ) -> Following:
        older = windows.older(window, received)
        if older is not None:
            return Following(route.between(*older.to_dict()))
        return Following(stop=StopReason.END if listing.progress.rules.since is None else StopReason.SINCE)

    @property
    def has_cut_days(self) -> bool:
        """Whether some days were not seen whole: then the listing is not complete, however it ended."""
        return self._windows is not None and self._windows.cut > 0

    def follow_again(self, listing: Listing, request: FetchListing, page: ListingPage, url: str) -> Following:
        return Following(stop=StopReason.END)

    def failed(self, listing: Listing, request: FetchListing, reason: str) -> Checked | None:
        """A guessed page that the site does not have means that the day held no more; the days before come next."""
        route = _search(request)
        if not self._guess or route.page != self._guess or reason not in ("http_404", "http_410"):
            return None
        self._guess = ""
        windows = self._windows
        if windows is None:
            return None
        older = windows.older(Window.of(route.start or "", route.end), site().ajax.page_size)
        if older is None:
            return Checked(Trust.STOP, stop=StopReason.END)
        return Checked(Trust.ASK, listing.next_request(route.between(*older.to_dict())))


def _search(request: FetchListing) -> SearchRoute:
    if not isinstance(request.route, SearchRoute):
        raise TypeError(f"no search: {request.route}")
    return request.route
