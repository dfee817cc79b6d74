"""Handles listings that cannot be crawled: tries another strategy or the stored route, or reports the failure."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from vokcrawl.crawling.context import Context
from vokcrawl.crawling.discovery import (
    BY_ARTICLE,
    LISTING,
    REFUSED,
    SourceDiscovery,
)
from vokcrawl.crawling.listing import Listing, ListingProblem, ProblemKind
from vokcrawl.crawling.problem_reports import ProblemReports
from vokcrawl.crawling.source_search import SourceSearch
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import (
    SearchRoute,
    SitemapRoute,
)
from vokcrawl.policy.failure_reasons import BROWSER_REFUSED, BROWSER_UNREACHABLE, COMPONENT_ERROR, NOT_UNDERSTOOD
from vokcrawl.policy.pagination import StopReason

logger = logging.getLogger(__name__)


class ListingFailures:
    """Decides what follows from a listing that failed."""

    def __init__(
        self,
        context: Context,
        problems: ProblemReports,
        sources: SourceSearch,
    ) -> None:
        self._context = context
        self._problems = problems
        self._sources = sources

    def first_page_failed(self, listing: Listing, reason: str, url: str) -> None:
        """The first page could not be fetched: another strategy is tried, or the problem is reported."""
        blocked = reason.startswith("block_page_")
        if reason in (BROWSER_UNREACHABLE, BROWSER_REFUSED, COMPONENT_ERROR):
            # A route is not lost because Splash is, or a middleware fails.
            self._problems.report(listing, ListingProblem(ProblemKind.START_FAILED, StopReason.FAILED, reason, url))
            return
        discovery = self._sources.discoveries.get(listing.discovered_from or "")
        if discovery is not None and not blocked:
            is_fallback = listing is discovery.fallback
            if not (is_fallback and reason in NOT_UNDERSTOOD and self._has_other_sitemaps(discovery)):
                # Of sitemaps that are not where they were looked for one is recorded, if no other one was there.
                self._sources.record(discovery.start, listing.first.strategy if is_fallback else LISTING, reason)
            if is_fallback:
                listing.finish(StopReason.LEFT)
                self._sources.try_next(discovery)
                return
        listing_problem = ListingProblem(ProblemKind.START_FAILED, StopReason.FAILED, reason, url)
        if listing.discovered_from is not None and not blocked:
            self._route_failed(listing, listing.discovered_from, reason, url)
        elif listing.discovered_from is not None or blocked or reason not in NOT_UNDERSTOOD or not _is_listing(listing):
            self._problems.report(listing, listing_problem)
        else:
            self._sources.look_elsewhere(listing, reason, listing_problem)

    def _has_other_sitemaps(self, discovery: SourceDiscovery) -> bool:
        """Whether a sitemap is still to be looked for elsewhere, or one was found and recorded as useless."""
        tried = {each.strategy for each in self._sources.attempts if each.start == discovery.start}
        return bool(discovery.sitemaps) or (discovery.sitemaps is not None and SitemapRoute.strategy in tried)

    def _route_failed(self, listing: Listing, start: str, reason: str, url: str) -> None:
        """Drops a route that failed, and starts discovery again."""
        self._context.report(f"route_{reason}", url)
        self._context.state.drop_route(start, self._context.config.source)
        listing.finish(StopReason.LEFT)
        self._sources.begin_again(start)

    def without_teasers(self, listing: Listing, url: str) -> None:
        """A listing without teasers behind a route that was found is a lost route, not yet a changed layout."""
        if listing.discovered_from is not None:
            self.first_page_failed(listing, "without_teasers", url)
            return
        listing_problem = ListingProblem(ProblemKind.NO_TEASERS, StopReason.NO_TEASERS, "listing_without_teasers", url)
        if _is_listing(listing):
            self._sources.look_elsewhere(listing, "without_teasers", listing_problem)
        else:
            self._problems.report(listing, listing_problem)

    def on_incomplete(self, listing: Listing, reason: str, listing_problem: ListingProblem) -> None:
        """A listing stopped before its end: another strategy, where that may help, or its problem is reported."""
        is_fallback = isinstance(listing.first, SearchRoute | SitemapRoute)
        useless = is_fallback and listing_problem.stop in (StopReason.DAYS_IGNORED, StopReason.DAYS_CUT)
        unfollowed = not is_fallback and not listing.progress.led_on and reason in REFUSED
        if self._context.config.pagination != "auto" or not (useless or unfollowed):
            self._problems.report(listing, listing_problem)
        elif is_fallback:
            self._sources.leave_fallback(listing, reason, listing_problem)
        else:
            self._sources.look_elsewhere(listing, reason, listing_problem)


def _is_listing(listing: Listing) -> bool:
    """Whether a start page that cannot be fetched is, or was, a listing: a mistyped one is reported instead."""
    known = listing.before is not None or listing.found_by == BY_ARTICLE
    # A start page of another name than the site's listings may be mistyped.
    return not listing.probed and (known or site().urls.listings.fullmatch(urlsplit(listing.key).path) is not None)
