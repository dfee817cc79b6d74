"""Searches the listing of the wanted source: decides which strategy is tried next (see `crawling.discovery`)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from vokcrawl.crawling.actions import FetchListing, Purpose, ReadHere
from vokcrawl.crawling.articles import Articles
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.discovery import (
    BY_ARTICLE,
    LISTING,
    MOST_CANDIDATES,
    DiscoveryState,
    SourceDiscovery,
    Strategy,
)
from vokcrawl.crawling.events import (
    ArticleFetched,
    ListingFetched,
)
from vokcrawl.crawling.listing import Listing, ListingProblem, ListingState, ProblemKind
from vokcrawl.crawling.listings import Listings
from vokcrawl.crawling.problem_reports import ProblemReports
from vokcrawl.crawling.source_calls import SourceCalls
from vokcrawl.crawling.teasers import Teasers
from vokcrawl.pages.more import More
from vokcrawl.pages.routes import (
    AjaxRoute,
    LinkRoute,
    Route,
    SearchRoute,
    SitemapRoute,
)
from vokcrawl.pages.sources import Belongs
from vokcrawl.policy.failure_reasons import OF_ANOTHER_SOURCE
from vokcrawl.policy.pagination import Entry, StopReason
from vokcrawl.storage.manifest import DiscoveryAttempt

logger = logging.getLogger(__name__)


class SourceSearch:
    """The source discovery of a run."""

    def __init__(
        self,
        context: Context,
        teasers: Teasers,
        articles: Articles,
        calls: SourceCalls,
        problems: ProblemReports,
        listings: Listings,
    ) -> None:
        self._context = context
        self._teasers = teasers
        self._articles = articles
        self._calls = calls
        self._problems = problems
        self._listings = listings
        # By start page.
        self.discoveries: dict[str, SourceDiscovery] = {}
        # Which strategies to find the source failed, in order, and why.
        self.attempts = context.results.discovery_attempts
        # Articles whose pages may lead to the source's listing, and whether the discovery waits for them.
        self.probed_articles: dict[str, tuple[SourceDiscovery, bool]] = {}
        # Start URLs that are articles, and whose requests are pending.
        self.open_start_articles: set[str] = set()
        # Continues a suspended sitemap.
        self.resume_sitemap: Callable[[Listing], None] | None = None

    def begin_again(self, start: str) -> None:
        """Continue after a failed route: with the next strategy, or at the start page if the route was stored."""
        discovery = self.discoveries.get(start)
        if discovery is not None:
            self.try_next(discovery)
        elif start not in self._listings.all:
            self._listings.begin(start, LinkRoute(start))

    def follow_next_page(self, listing: Listing, request: FetchListing, entries: Sequence[Entry]) -> None:
        """Request the next page of a listing, or suspend it and look for the source's own listing first."""
        discovery = self.discoveries.get(listing.discovered_from or "")
        wanted = [entry.id for entry in entries if entry.wanted]
        first = listing.progress.pages == 1 and not listing.probed
        if listing.discovered_from is None and first and entries and not wanted:
            # The search is quicker than a stream without the source on its first page.
            listing.probed = True
            listing.suspend(request)
            found = self._discovery_for(listing.key, listing)
            self.record(found.start, LISTING, "nothing of the source on its first page")
            self.try_next(found)
        elif discovery is not None and listing is discovery.fallback and first and not discovery.page_read:
            listing.probed = True
            listing.suspend(request)
            if not self._probe_one_of(discovery, wanted):
                self.try_next(discovery)
        elif not self._probe_stream(listing, request, entries, wanted):
            self._listings.fetch(listing, request)

    def _probe_stream(
        self, listing: Listing, request: FetchListing, entries: Sequence[Entry], wanted: Sequence[str]
    ) -> bool:
        """Whether a stream of several sources waits for an article that may lead to the source's own listing."""
        # Logos say it, or articles that were read and turned out to be others'.
        others = any(not entry.wanted for entry in entries) or bool(self._context.results.other_sources)
        if listing.discovered_from is not None or listing.probed or not others:
            return False
        if not self._probe_one_of(self._discovery_for(listing.key, listing), wanted):
            return False
        listing.probed = True
        listing.suspend(request)
        return True

    def _discovery_for(self, start: str, listing: Listing | None) -> SourceDiscovery:
        """The discovery from a start page; created on first use."""
        found = self.discoveries.get(start)
        if found is None:
            found = self.discoveries[start] = SourceDiscovery(start, listing, self._context.config.search_id)
            found.state = DiscoveryState.RUNNING
        return found

    def _probe_one_of(self, discovery: SourceDiscovery, ids: Sequence[str]) -> bool:
        return any(self._probe_article(discovery, identity) for identity in ids)

    def _probe_article(self, discovery: SourceDiscovery, identity: str, url: str | None = None) -> bool:
        """Request an article's page and wait for it; return False if it cannot be requested.

        `url` is needed if the article is not known.
        """
        if identity not in self._articles.in_flight:
            row = self._context.state.articles([identity]).get(identity)
            known = row.url if row is not None and row.revision else url
            if identity in self._articles.requested or known is None or not self._articles.may_request(identity):
                return False
            self._context.fetch(self._articles.request(identity, known))
        else:
            self._context.actions.append(ReadHere(identity))
        self.probed_articles[identity] = (discovery, True)
        discovery.state = DiscoveryState.SEARCHING
        return True

    def handle_source_probe(self, event: ListingFetched) -> None:
        """Handle results of the search for the source's name: its articles may lead to the listing of the source."""
        discovery, page = self.discoveries[event.request.listing], event.page
        discovery.number = discovery.number or page.source_number
        for raw in page.teasers[:MOST_CANDIDATES]:
            url = self._context.on_site(raw.href, event.url)
            if url is not None and self._teasers.belongs(raw) is Belongs.YES:
                discovery.candidates.append((raw.id, url))
        self.try_next(discovery)

    def try_next(self, discovery: SourceDiscovery) -> None:
        """Begin the next strategy; if none is left, report the problem that started the discovery."""
        fallback = discovery.fallback
        if fallback is not None and fallback.state is ListingState.SUSPENDED and fallback.listing_problem is None:
            discovery.state = DiscoveryState.RUNNING
            self._resume(fallback)
            return
        while discovery.remaining:
            strategy = discovery.remaining.pop(0)
            if self._begin_strategy(discovery, strategy):
                return
        discovery.state = DiscoveryState.EXHAUSTED
        listing_problem, discovery.listing_problem = discovery.listing_problem, None
        if listing_problem is not None:
            self._problems.report(discovery.problem_of, listing_problem)

    def _begin_strategy(self, discovery: SourceDiscovery, strategy: Strategy) -> bool:
        """Begin a strategy; return False if it does not apply."""
        auto = self._context.config.pagination == "auto"
        own = discovery.listing
        if strategy is Strategy.SHOWN_ARTICLE:
            example = own.example if own is not None and own.mixed else None
            return example is not None and not discovery.page_read and self._probe_article(discovery, example)
        if strategy is Strategy.SOURCE_PROBE:
            discovery.state = DiscoveryState.SEARCHING
            route = SearchRoute(discovery.start, words=f'"{self._context.config.source}"')
            self._context.fetch(FetchListing(discovery.start, route, Purpose.SOURCE_PROBE))
            return True
        if strategy is Strategy.FOUND_ARTICLES:
            return self._probe_candidates(discovery)
        if strategy is Strategy.OWN_LISTING:
            if own is None or own.state is not ListingState.SUSPENDED or own.suspended_next is None:
                return False
            discovery.state = DiscoveryState.RUNNING
            self._resume(own)
            return True
        if strategy is Strategy.SITEMAP:
            return auto and self._begin_sitemap(discovery)
        by_number = strategy is Strategy.SEARCH_BY_NUMBER
        if not auto or by_number != bool(discovery.number):
            return False
        return self._begin_fallback(discovery, SearchRoute(discovery.start, discovery.number))

    def _begin_sitemap(self, discovery: SourceDiscovery) -> bool:
        if discovery.sitemaps is None:
            discovery.sitemaps = SitemapRoute.candidates(discovery.start, self._context.sitemaps)
        route = discovery.sitemaps.pop(0)
        if discovery.sitemaps:
            discovery.remaining.insert(0, Strategy.SITEMAP)
        return self._begin_fallback(discovery, route)

    def _probe_candidates(self, discovery: SourceDiscovery) -> bool:
        while discovery.candidates and not discovery.page_read:
            identity, url = discovery.candidates.pop(0)
            if self._probe_article(discovery, identity, url):
                discovery.remaining.insert(0, Strategy.FOUND_ARTICLES)
                return True
        return False

    def _begin_fallback(self, discovery: SourceDiscovery, route: Route) -> bool:
        """Begin to crawl the search or the sitemap instead of a start page."""
        existing = self._listings.all.get(route.url)
        if existing is not None:
            if existing.is_open or existing.progress.complete:
                # Another start page has led to it.
                discovery.listing_problem = None
                discovery.state = DiscoveryState.RUNNING
                return True
            return False
        discovery.state = DiscoveryState.RUNNING
        # Before it begins: what it leads to may be decided at once.
        discovery.fallback = self._listings.begin(route.url, route, route.strategy, discovery.start)
        return True

    def _resume(self, listing: Listing) -> None:
        request = listing.resume()
        if request is not None:
            self._listings.fetch(listing, request)
        elif isinstance(listing.first, SitemapRoute) and not listing.awaited and self.resume_sitemap is not None:
            self.resume_sitemap(listing)

    def look_elsewhere(self, listing: Listing, reason: str, listing_problem: ListingProblem) -> None:
        """Suspend a listing and try other strategies; its problem is reported if none of them succeeds."""
        discovery = self._discovery_for(listing.discovered_from or listing.key, listing)
        discovery.has_failed(listing, listing_problem)
        discovery.page_read |= listing.example is not None and not listing.mixed
        self.record(discovery.start, listing.strategy or LISTING, reason)
        listing.suspend(None, listing_problem)
        self.try_next(discovery)

    def leave_fallback(self, listing: Listing, reason: str, listing_problem: ListingProblem) -> None:
        """Give up a fallback: try the next strategy, or the start page if an earlier run had found the fallback."""
        start = listing.discovered_from or listing.key
        self._context.state.drop_route(start, self._context.config.source)
        self.record(start, listing.strategy or LISTING, reason)
        discovery = self.discoveries.get(start)
        if discovery is None:
            listing.finish(StopReason.LEFT)
            self.begin_again(start)
            return
        if discovery.listing_problem is None:
            discovery.has_failed(listing, listing_problem)
        listing.suspend(None, listing_problem)
        self.try_next(discovery)

    def drop_useless_routes(self) -> None:
        """Drop stored routes to listings that could not be read to their end, where the start page's own one was."""
        for start, discovery in self.discoveries.items():
            own = discovery.listing
            is_own = own is not None and own.key == start and own.is_complete
            led_to = (each for each in self._listings.all.values() if each.discovered_from == start)
            if is_own and not any(each.is_complete for each in led_to):
                self._context.state.drop_route(start, self._context.config.source)

    def record(self, start: str, strategy: str, reason: str) -> None:
        """Record a strategy that failed."""
        logger.warning("%s: %s failed (%s); trying the next discovery strategy", start, strategy, reason)
        self.attempts.append(DiscoveryAttempt(start=start, strategy=strategy, reason=reason))

    def _route_into_listing(self, more: More, url: str) -> Route | None:
        """The route to the first page of the listing that an article's page leads to."""
        more = self._calls.choose(more, url, 0)
        route = more.route
        if route is None and more.label_found:
            browser = self._calls.in_browser(url)
            # The listing begins with the page's own block.
            route = replace(browser, clicks=0) if browser is not None else None
        if isinstance(route, AjaxRoute):
            route = route.at(0)
        return route if route is not None and self._context.on_site(route.url, url) is not None else None

    def _follow_article(self, discovery: SourceDiscovery, event: ArticleFetched) -> None:
        """Begin the listing that the page of an article of the source leads to."""
        discovery.page_read = True
        route = self._route_into_listing(event.more(), event.url)
        if route is None or route.url in self._listings.all:
            return
        del self.probed_articles[event.request.id]
        discovery.state = DiscoveryState.RUNNING
        for listing in (discovery.listing, discovery.fallback):
            if listing is not None:
                listing.supersede()
        self._listings.lead_to(discovery.start, route, BY_ARTICLE)

    def _begin_at_article(self, event: ArticleFetched, is_others: bool) -> None:
        """Begin the listing that an article page among the start URLs leads to."""
        if is_others:
            self._problems.start_failed(OF_ANOTHER_SOURCE, event.url)
            return
        route = self._route_into_listing(event.more(), event.url)
        if route is None and self._context.config.pagination == "auto":
            discovery = self._discovery_for(event.url, None)
            discovery.page_read = True
            discovery.has_failed(
                None, ListingProblem(ProblemKind.START_FAILED, StopReason.FAILED, "without_route", event.url)
            )
            self.record(event.url, LISTING, "without_route")
            self.try_next(discovery)
        elif route is None:
            self._problems.start_failed("without_route", event.url)
        elif route.url not in self._listings.all:
            self._listings.begin(route.url, route, BY_ARTICLE)

    @property
    def is_searching(self) -> bool:
        """Whether the discovery is in progress."""
        searching = any(each.state is DiscoveryState.SEARCHING for each in self.discoveries.values())
        return searching or bool(self.open_start_articles)

    def handle_article(self, event: ArticleFetched) -> None:
        """Handle an article's page, which may lead to the listing of the source."""
        identity = event.request.id
        is_others = identity in self._context.results.other_sources
        if identity in self.probed_articles and not is_others:
            self._follow_article(self.probed_articles[identity][0], event)
        if event.request.is_start:
            self.open_start_articles.discard(identity)
            self._begin_at_article(event, is_others)

    def on_article_finished(self, identity: str) -> None:
        """Continue the discovery that waited for an article's request, which is finished."""
        discovery, waits = self.probed_articles.pop(identity, (None, False))
        if discovery is not None and waits:
            self.try_next(discovery)
