"""Handles the pages of listings: accepts or rejects a page, takes its entries, and requests the next page."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from vokcrawl.crawling.actions import FetchListing, Purpose
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.continuation import Continuation
from vokcrawl.crawling.entries import Entries
from vokcrawl.crawling.events import (
    ListingFailed,
    ListingFetched,
    ListingNotModified,
    PageKind,
)
from vokcrawl.crawling.listing import Listing, ListingProblem, ProblemKind
from vokcrawl.crawling.listing_failures import ListingFailures
from vokcrawl.crawling.listings import Listings
from vokcrawl.crawling.paginators.link import MISSING, next_page_url
from vokcrawl.crawling.paginators.protocol import Checked, Following, Trust
from vokcrawl.crawling.paginators.selection import Paginators
from vokcrawl.crawling.problem_reports import ProblemReports
from vokcrawl.crawling.rereads import Rereads
from vokcrawl.crawling.sitemap_crawl import Sitemaps
from vokcrawl.crawling.source_calls import SourceCalls
from vokcrawl.crawling.source_search import SourceSearch
from vokcrawl.pages.document import EMPTY_PAGE
from vokcrawl.pages.routes import (
    AjaxRoute,
    LinkRoute,
    Route,
    SitemapRoute,
)
from vokcrawl.policy.failure_reasons import BROWSER_REFUSED, BROWSER_UNREACHABLE, NOT_UNDERSTOOD, OF_ANOTHER_SOURCE
from vokcrawl.policy.pagination import Entry, StopReason

logger = logging.getLogger(__name__)

# So many guessed pages are requested to prove the end of a listing.
_MOST_PROBES = 4
# What it is called in the manifest that a listing stopped before its end though no page failed.
_PROBLEMS = {
    StopReason.NO_ROUTE: "more_not_understood",
    StopReason.NO_MORE: "more_not_found",
    StopReason.CIRCLE: "more_leads_back",
    StopReason.REPEATS: "more_repeats",
    StopReason.UNJOINED: "more_does_not_join",
    StopReason.DAYS_IGNORED: "search_ignores_days",
    StopReason.DAYS_CUT: "search_shows_too_little",
}


class ListingPages:
    """Takes the pages of listings, one after the other."""

    def __init__(
        self,
        context: Context,
        calls: SourceCalls,
        paginators: Paginators,
        problems: ProblemReports,
        listings: Listings,
        sources: SourceSearch,
        failures: ListingFailures,
        entries: Entries,
        sitemaps: Sitemaps,
        rereads: Rereads,
        continuation: Continuation,
    ) -> None:
        self._context = context
        self._calls = calls
        self._paginators = paginators
        self._problems = problems
        self._listings = listings
        self._sources = sources
        self._failures = failures
        self._entries = entries
        self._sitemaps = sitemaps
        self._rereads = rereads
        self._continuation = continuation

    def handle_fetched(self, event: ListingFetched) -> None:
        """A page was fetched: of the listing, of a re-read, or a probe."""
        request = event.request
        if request.purpose is Purpose.SOURCE_PROBE:
            self._sources.handle_source_probe(event)
            return
        listing = self._listings.on_response(request)
        if listing is None:
            return
        if request.purpose is Purpose.END_PROBE:
            self._handle_end_probe(listing, event)
        elif request.purpose is Purpose.REREAD:
            self._rereads.handle(listing, event)
        elif request.purpose is Purpose.SLICE:
            self._rereads.handle_slice(listing, event)
        else:
            self._handle_next(listing, event)

    def _handle_next(self, listing: Listing, event: ListingFetched) -> None:
        request, page = event.request, event.page
        if not page.teasers and not listing.progress.pages and not event.is_final:
            # Another response may have taken the place of the listing: that is no changed layout yet.
            failed = ListingFailed(request, page.reason, event.url)
            final = failed if page.reason else replace(event, is_final=True)
            self._listings.repeat(listing, request, page.reason or "without_teasers", final)
            return
        if listing.positions.resumed:
            self._continuation.note_read_before(listing, page.teasers)
        if request.purpose is Purpose.RESUME and not self._continuation.joins_position(listing, request, page):
            # The listing has moved too far: it is read on from the top.
            listing.positions.abandon()
            self._entries.take(listing, page.teasers, event.url)
            self._listings.fetch(listing, listing.next_request(listing.behind or listing.first))
            return
        checked = self._paginators.of(listing, request).check(listing, request, page)
        if checked.trust is Trust.TAKE:
            self._accept(listing, event)
        else:
            # The entries are taken in any case; only the pagination does not continue from this page.
            self._entries.take(listing, page.teasers, event.url)
            self._act_on(listing, request, checked, event.url)

    def _act_on(self, listing: Listing, request: FetchListing, checked: Checked, url: str) -> None:
        """Handles a page that is not accepted."""
        if checked.request is not None:
            self._listings.fetch(listing, checked.request)
        elif checked.trust is Trust.REPEAT:
            self._listings.repeat(listing, request, checked.reason, ListingFailed(request, checked.reason, url))
        elif checked.trust is Trust.FAIL:
            self._page_failed(listing, request, checked.reason, url)
        elif checked.stop is not None:
            listing.progress.stop(checked.stop)
            self.after_page(listing, url, first=False)

    def _accept(self, listing: Listing, event: ListingFetched) -> None:
        request, page = event.request, event.page
        entries = self._entries.take(listing, page.teasers, event.url)
        if self._is_of_others(listing, request.route, entries):
            self._page_failed(listing, request, OF_ANOTHER_SOURCE, event.url)
            return
        first = listing.progress.pages == 0
        if first:
            listing.etag, listing.last_modified = page.etag, page.last_modified
            listing.last_page = page.last_page()
        listing.note_page(page.teasers, entries, request.route.url)
        stop = listing.progress.page(entries, may_repeat=isinstance(request.route, AjaxRoute))
        if stop is StopReason.NO_TEASERS and listing.offsite_entries:
            # The teasers are understood, but all of them lead to other hosts.
            stop = StopReason.UNRESOLVED
            listing.progress.mark_incomplete(stop)
        following = Following(stop=stop)
        if stop is None or stop is StopReason.KNOWN:
            paginator = self._paginators.of(listing, request)
            following = paginator.follow(listing, request, page, event.url)
            listing.behind = following.behind or following.route
        self._continuation.note_position(listing, request)
        if stop is None:
            self._follow(listing, following, event.url, entries)
        self.after_page(listing, event.url, first)

    def _is_of_others(self, listing: Listing, route: Route, entries: Sequence[Entry]) -> bool:
        """Whether a listing that was called, or led to, as the wanted source's begins with other sources only.

        One that begins as the last complete crawl left it is still the same.
        """
        is_unchanged = tuple(entry.id for entry in entries) == listing.progress.rules.head
        if not entries or is_unchanged or any(entry.wanted for entry in entries):
            return False
        pages = listing.progress.pages
        led_to = listing.discovered_from is not None and pages == 0 and isinstance(route, LinkRoute | AjaxRoute)
        return led_to or (pages <= 1 and self._calls.is_by_number(route))

    def _follow(self, listing: Listing, following: Following, url: str, entries: Sequence[Entry]) -> None:
        """Asks for the next page, or stops the listing for the reason why there is none."""
        if following.problem:
            self._context.report(following.problem, following.url)
        if following.probe is not None:
            listing.probe_stop, listing.probe_url = following.stop, url
            self._listings.fetch(listing, FetchListing(listing.key, following.probe, Purpose.END_PROBE))
        elif following.route is None:
            listing.progress.stop(following.stop or StopReason.NO_ROUTE)
        else:
            listing.strategy = following.route.strategy
            if self._listings.time_is_up(listing):
                listing.progress.stop(StopReason.TIME)
                return
            request = self._continuation.resumed(listing) or listing.next_request(following.route)
            self._sources.follow_next_page(listing, request, entries)

    def after_page(self, listing: Listing, url: str, first: bool) -> None:
        """Continues after an accepted page; `first` is true for the first page of the listing."""
        paginator = self._paginators.search_of(listing)
        if paginator is not None and paginator.has_cut_days and listing.progress.complete:
            # However it ended: some days were not seen whole.
            listing.progress.mark_incomplete(StopReason.DAYS_CUT)
        if listing.progress.complete and self._paginators.has_holes(listing):
            listing.progress.mark_incomplete(StopReason.UNJOINED)
        if first:
            self._listings.store_route(listing)
        stopped = listing.progress.stopped
        if stopped is None or not listing.is_open:
            return
        if listing.progress.complete and (listing.requests > 1 or listing.positions.resumed):
            listing.reread()
            self._listings.fetch(listing, FetchListing(listing.key, listing.first, Purpose.REREAD))
        elif stopped is StopReason.NO_TEASERS:
            self._failures.without_teasers(listing, url)
        elif stopped in _PROBLEMS:
            name = _PROBLEMS[stopped]
            self._failures.on_incomplete(listing, name, ListingProblem(ProblemKind.PROBLEM, stopped, name, url))
        elif stopped is StopReason.OFFSITE:
            # Reported where it was seen, with where it led.
            self._failures.on_incomplete(listing, "offsite_more", ListingProblem(ProblemKind.NOTHING, stopped, "", url))
        else:
            self._rereads.finish_listing(listing)

    def handle_not_modified(self, event: ListingNotModified) -> None:
        """The first page has not changed: the listing is unchanged."""
        listing = self._listings.on_response(event.request)
        if listing is not None:
            listing.not_modified()
            listing.finish()

    def _handle_end_probe(self, listing: Listing, event: ListingFetched) -> None:
        """A guessed page behind a full page that names no next one: nothing there proves the end.

        So do pinned entries only, and the same page twice. Other known entries have moved there, because new ones came
        in: then the next page tells.
        """
        request, page = event.request, event.page
        if not page.teasers and page.kind is not PageKind.END and not event.is_final:
            self._listings.repeat(listing, request, page.reason or EMPTY_PAGE, replace(event, is_final=True))
            return
        ids = [raw.id for raw in page.teasers]
        new = any(identity not in listing.progress.ids for identity in ids)
        head = list(listing.progress.head)
        is_nothing = ids == listing.probed_ids or (ids == head[: len(ids)] and len(ids) < len(head))
        listing.probed_ids = ids
        guess = next_page_url(request.route.url)
        if new or not ids or is_nothing or guess is None or request.number >= _MOST_PROBES:
            self._end_probed(listing, new or not (not ids or is_nothing))
            return
        self._listings.fetch(listing, replace(request, route=LinkRoute(guess), number=request.number + 1))

    def _end_probed(self, listing: Listing, brought_new: bool) -> None:
        listing.progress.stop((listing.probe_stop or StopReason.NO_MORE) if brought_new else StopReason.END)
        self.after_page(listing, listing.probe_url, first=False)

    def handle_failed(self, event: ListingFailed) -> None:
        """A page could not be fetched: it is requested again, ends the listing, or is the end."""
        request = event.request
        if request.purpose is Purpose.SOURCE_PROBE:
            self._context.stop_at(event.reason)
            self._sources.try_next(self._sources.discoveries[request.listing])
            return
        listing = self._listings.on_response(request)
        if listing is None:
            return
        final = event.reason.startswith("block_page_") or isinstance(listing.first, SitemapRoute)
        if event.may_repeat and not final:
            self._listings.repeat(listing, request, event.reason, replace(event, may_repeat=False))
            return
        self._page_failed(listing, request, event.reason, event.url)

    def _page_failed(self, listing: Listing, request: FetchListing, reason: str, url: str) -> None:
        self._context.statistics.browser_failed |= reason in (BROWSER_UNREACHABLE, BROWSER_REFUSED)
        if request.purpose is Purpose.SLICE:
            self._rereads.slice_failed(listing, reason, url)
            return
        if request.purpose is Purpose.END_PROBE:
            self._end_probed(listing, brought_new=reason not in MISSING)
            return
        if request.purpose is Purpose.REREAD and reason in MISSING and request.number > listing.progress.pages:
            self._rereads.end(listing, request)
            return
        if isinstance(listing.first, SitemapRoute):
            self._sitemaps.file_failed(listing, reason, url)
            return
        if request.purpose in (Purpose.NEXT, Purpose.RESUME) and listing.progress.pages:
            instead = self._paginators.of(listing, request).failed(listing, request, reason)
            if instead is not None:
                self._act_on(listing, request, instead, url)
                return
        if self._calls.is_by_number(request.route) and reason in NOT_UNDERSTOOD:
            self._calls.mark_source_id_invalid(reason)
        if not listing.progress.pages:
            self._failures.first_page_failed(listing, reason, url)
            return
        listing_problem = ListingProblem(
            ProblemKind.PAGE_FAILED, StopReason.EMPTY if reason == EMPTY_PAGE else StopReason.FAILED, reason, url
        )
        if request.purpose is Purpose.REREAD:
            self._problems.report(listing, listing_problem)
        else:
            self._failures.on_incomplete(listing, reason, listing_problem)
