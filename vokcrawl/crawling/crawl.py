"""The crawl as a pure state machine: events in, actions out. All decisions of a crawl are made here.

It uses no Scrapy, storage, sockets or clock: the caller carries out the actions and passes in the resulting events. The
callers are the crawl of the live site, the replay of archives, the workers of a shared crawl, and the simulation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from vokcrawl.crawling.actions import Action, FetchArticle, Repeat
from vokcrawl.crawling.article_parts import ArticleParts, PartFailed
from vokcrawl.crawling.articles import Articles
from vokcrawl.crawling.browser_pages import BrowserPages
from vokcrawl.crawling.context import Context, CrawlConfig
from vokcrawl.crawling.continuation import Continuation
from vokcrawl.crawling.entries import Entries
from vokcrawl.crawling.events import (
    AllPagesRead,
    ArticleFailed,
    ArticleFetched,
    ArticleMissing,
    ArticleNotModified,
    ArticleReadElsewhere,
    BrowserFetched,
    Event,
    Idle,
    ListingFailed,
    ListingFetched,
    ListingNotModified,
    SitemapFetched,
    Started,
    TeasersFound,
)
from vokcrawl.crawling.listing import Listing, ListingState
from vokcrawl.crawling.listing_failures import ListingFailures
from vokcrawl.crawling.listing_pages import ListingPages
from vokcrawl.crawling.listings import Listings
from vokcrawl.crawling.paginators.selection import Paginators
from vokcrawl.crawling.problem_reports import ProblemReports
from vokcrawl.crawling.rereads import Rereads
from vokcrawl.crawling.revisits import CHUNK, Revisits
from vokcrawl.crawling.sitemap_crawl import Sitemaps
from vokcrawl.crawling.source_calls import SourceCalls
from vokcrawl.crawling.source_search import SourceSearch
from vokcrawl.crawling.state import CrawlState
from vokcrawl.crawling.teasers import Teasers
from vokcrawl.normalize import article_id
from vokcrawl.policy.outcome import RunStatistics
from vokcrawl.policy.pagination import StopReason
from vokcrawl.storage.crawl_results import CrawlResults
from vokcrawl.storage.state.rows import Status

logger = logging.getLogger(__name__)


class Crawl:
    """The crawl of one run. `handle` handles each event, `finish` ends the crawl.

    `started` is when the run started, by default now. `holds_teasers` says that the teasers of "More From" blocks are
    released by the caller at the end.
    """

    def __init__(
        self,
        config: CrawlConfig,
        state: CrawlState,
        now: Callable[[], datetime],
        run_id: str,
        *,
        started: datetime | None = None,
        statistics: RunStatistics | None = None,
        results: CrawlResults | None = None,
        holds_teasers: bool = False,
    ) -> None:
        statistics, results = statistics or RunStatistics(), results or CrawlResults()
        self.context = Context(config, state, now, run_id, started or now(), statistics, results)
        self.config = config
        self.holds_teasers = holds_teasers
        context = self.context
        self.teasers = Teasers(context)
        self.articles = Articles(context, self.teasers)
        self.parts = ArticleParts(context)
        self.revisits = Revisits(context, self.articles)
        self.calls = SourceCalls(context)
        self.entries = Entries(context, self.teasers, self.articles)
        paginators = Paginators(context, self.calls)
        problems = self._problems = ProblemReports(context)
        listings = self._listings = Listings(context, self.calls)
        sources = self._sources = SourceSearch(context, self.teasers, self.articles, self.calls, problems, listings)
        failures = ListingFailures(context, problems, sources)
        sitemaps = self._sitemaps = Sitemaps(
            context, self.teasers, self.articles, paginators, listings, sources, failures, self.entries
        )
        sources.resume_sitemap = sitemaps.follow_next_page
        pages = ListingPages(
            context,
            self.calls,
            paginators,
            problems,
            listings,
            sources,
            failures,
            self.entries,
            sitemaps,
            Rereads(context, paginators, listings, self.entries),
            Continuation(context, paginators, self.entries),
        )
        browsers = BrowserPages(context, listings, sources, self.entries, pages)
        self._leftovers: Iterator[FetchArticle] | None = None
        self._handlers: dict[type, Callable[[Any], None]] = {
            Started: self._on_started,
            Idle: self._on_idle,
            TeasersFound: self._on_teasers_found,
            AllPagesRead: self._on_all_pages_read,
            ListingFetched: pages.handle_fetched,
            ListingNotModified: pages.handle_not_modified,
            ListingFailed: pages.handle_failed,
            BrowserFetched: browsers.handle,
            SitemapFetched: sitemaps.handle,
            ArticleFetched: self._on_article,
            ArticleNotModified: self._on_article_not_modified,
            ArticleMissing: self._on_article_missing,
            ArticleFailed: self._on_article_failed,
            ArticleReadElsewhere: self._on_article_read_elsewhere,
        }

    def handle(self, event: Event) -> list[Action]:
        """Handle an event; return the actions to carry out, in this order. Raises `UnexpectedEvent`."""
        self.context.actions = []
        self._handlers[type(event)](event)
        if not self.holds_teasers and self.teasers.deferred and not self.is_paginating:
            self.teasers.release_deferred()
        return self.context.actions

    @property
    def statistics(self) -> RunStatistics:
        """What determines the outcome of the run."""
        return self.context.statistics

    @property
    def listings(self) -> dict[str, Listing]:
        """The listings of the run, by the URL of their first page."""
        return self._listings.all

    @property
    def is_paginating(self) -> bool:
        """Whether a listing is still being crawled or discovered."""
        return self._sources.is_searching or any(listing.is_open for listing in self.listings.values())

    def finish(self, finished: bool) -> None:
        """End the run: store the progress of each listing. `finished` is False if it was interrupted."""
        for listing in self.listings.values():
            if listing.state is ListingState.SUSPENDED:
                listing.finish(StopReason.LEFT if finished or listing.is_superseded else None)
            if listing.offsite_entries:
                self.entries.name_other_hosts(listing)
            if finished and listing.progress.complete:
                self.entries.check_resolved(listing)
            listing.positions.advance(self.entries.are_resolved)
            listing.store(self.context, finished)
            listing.positions.finish(listing.progress.stopped)
        if finished:
            self._sources.drop_useless_routes()
        self.statistics.stop_reasons = [listing.progress.stopped for listing in self.listings.values()]

    def _on_started(self, _: Started) -> None:
        self.revisits.check_clock()
        self.revisits.reschedule()
        for retry in self.revisits.due_retries():
            self.context.fetch(retry)
        for url in self.config.start_urls:
            self.statistics.starts += 1
            identity = article_id(url)
            if identity is None:
                self._listings.begin_start(url)
            else:
                self._sources.open_start_articles.add(identity)
                self.articles.request(identity, url)
                self.articles.shown_as_wanted.add(identity)
                self.context.fetch(FetchArticle(identity, url, is_start=True))

    # Articles

    def _on_article(self, event: ArticleFetched) -> None:
        is_first = event.request.part == 1
        if self.parts.concerns(event) and not (is_first and self.articles.other_source_of(event) is not None):
            try:
                whole = self.parts.handle(event)
            except PartFailed as failed:
                self._part_failed(failed)
                return
            if whole is None:
                return
            event = whole
        self.articles.handle_page(event, defer_block=self.holds_teasers or self.is_paginating)
        self._sources.handle_article(event)
        self._article_finished(event.request.id)

    def _part_failed(self, failed: PartFailed | None) -> None:
        """A part of an article could not be read: the article is retried. Its first page may lead to a listing."""
        if failed is None:
            return
        first = failed.first
        self.articles.fail(first.request.id, first.url, failed.reason, seen_at=failed.url)
        self._sources.handle_article(first)
        self._article_finished(first.request.id)

    def _on_article_not_modified(self, event: ArticleNotModified) -> None:
        self.articles.handle_not_modified(event.request.id)
        self._article_finished(event.request.id)

    def _on_article_missing(self, event: ArticleMissing) -> None:
        if event.request.part > 1:
            self._part_failed(self.parts.fail(event.request.id, f"http_{event.status}", event.url))
            return
        self.articles.handle_missing(event.request.id, event.url, event.status)
        self._article_finished(event.request.id)

    def _on_article_failed(self, event: ArticleFailed) -> None:
        request = event.request
        if event.may_repeat:
            self.context.actions.append(Repeat(request, event.reason, replace(event, may_repeat=False)))
            return
        if request.part > 1:
            self._part_failed(self.parts.fail(request.id, event.reason, event.url))
            return
        if request.is_start:
            self._sources.open_start_articles.discard(request.id)
            self._problems.start_failed(event.reason, event.url)
        else:
            self.articles.fail(request.id, event.url, event.reason)
        self._article_finished(request.id)

    def _on_article_read_elsewhere(self, event: ArticleReadElsewhere) -> None:
        row = self.context.state.articles([event.id]).get(event.id)
        if row is not None and row.status is Status.OTHER:
            self.teasers.awaiting_source.pop(event.id, None)
            # They tell a stream of several sources from a listing of one.
            self.context.results.other_sources.append(event.id)
        self._article_finished(event.id)

    def _article_finished(self, identity: str) -> None:
        """The request of an article is finished: what waited for it continues."""
        self.articles.finish_request(identity)
        self._sources.on_article_finished(identity)
        self._sitemaps.on_article_finished(identity)

    # Pages that were read before, or by others

    def _on_teasers_found(self, event: TeasersFound) -> None:
        for teaser in self.teasers.of_page(event.teasers, event.url):
            self.entries.handle_listed(teaser, event.url)

    def _on_all_pages_read(self, _: AllPagesRead) -> None:
        for failed in self.parts.fail_all("part_missing"):
            self._part_failed(failed)
        for identity in list(self.teasers.awaiting_source):
            self.articles.finish_request(identity)
        self.teasers.release_deferred()

    def reads_page_of(self, identity: str) -> bool:
        """Whether the page of this article is needed to find the source's listing."""
        return identity in self._sources.probed_articles

    # What is left for the end

    def _on_idle(self, _: Idle) -> None:
        if self._leftovers is None:
            self._leftovers = self._left()
        for request in islice(self._leftovers, CHUNK):
            self.context.fetch(request)

    def _left(self) -> Iterator[FetchArticle]:
        yield from self._related_only()
        # A site that cannot show its listing says nothing of its articles: a 404 then may be an outage.
        if any(listing.progress.pages for listing in self.listings.values()):
            yield from self.revisits.due_checks()

    def _related_only(self) -> Iterator[FetchArticle]:
        """Wanted articles that "More From" blocks showed and the listings, read to their end, did not.

        After a listing that did not reach its end they are left to the next run, which continues it.
        """
        listings = [
            each
            for each in self.listings.values()
            if each.state is not ListingState.SUSPENDED and each.progress.stopped is not StopReason.LEFT
        ]
        if not listings or not all(each.progress.complete for each in listings):
            return
        related = self.teasers.related_only
        ids = [identity for identity in related if identity not in self.articles.requested]
        known = self.context.state.articles(ids)
        for identity in ids:
            if identity not in known and self.articles.may_request(identity):
                yield self.articles.request(identity, related[identity])
