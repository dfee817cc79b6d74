"""Sitemaps as listings: the next articles are requested when the requests of the previous ones are finished."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from vokcrawl.crawling.actions import FetchArticle
from vokcrawl.crawling.articles import Articles
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.entries import Entries
from vokcrawl.crawling.events import (
    SitemapFetched,
)
from vokcrawl.crawling.listing import Listing
from vokcrawl.crawling.listing_failures import ListingFailures
from vokcrawl.crawling.listings import Listings
from vokcrawl.crawling.paginators.selection import Paginators
from vokcrawl.crawling.source_search import SourceSearch
from vokcrawl.crawling.teasers import Teasers
from vokcrawl.normalize import ingested_on
from vokcrawl.policy.pagination import Entry, StopReason
from vokcrawl.storage.state.rows import Status

logger = logging.getLogger(__name__)


class Sitemaps:
    """Crawls sitemaps."""

    def __init__(
        self,
        context: Context,
        teasers: Teasers,
        articles: Articles,
        paginators: Paginators,
        listings: Listings,
        sources: SourceSearch,
        failures: ListingFailures,
        entries: Entries,
    ) -> None:
        self._context = context
        self._teasers = teasers
        self._articles = articles
        self._paginators = paginators
        self._listings = listings
        self._sources = sources
        self._failures = failures
        self._entries = entries

    def handle(self, event: SitemapFetched) -> None:
        """A sitemap file was fetched."""
        listing = self._listings.on_response(event.request)
        if listing is None or listing.progress.stopped is not None:
            return
        listing.strategy = event.request.route.strategy
        self._paginators.sitemap_of(listing).take_file(event.sitemap)
        self.follow_next_page(listing)

    def follow_next_page(self, listing: Listing) -> None:
        """Asks for the next articles that are not known, or for the next file."""
        paginator = self._paginators.sitemap_of(listing)
        while listing.progress.stopped is None and listing.is_open:
            some = paginator.next_articles()
            if not some:
                if paginator.joins_known(listing):
                    listing.progress.stop(StopReason.KNOWN)
                    continue
                route = paginator.next_file(listing)
                if route is not None:
                    self._listings.fetch(listing, listing.next_request(route))
                    return
                self._end(listing)
                continue
            requests = self._take_articles(listing, some)
            if listing.progress.pages == 1:
                self._listings.store_route(listing)
            if paginator.note_requested(len(requests)):
                listing.progress.stop(StopReason.SHARE)
            elif requests and self._listings.time_is_up(listing):
                listing.progress.stop(StopReason.TIME)
            for request in requests:
                listing.awaited.add(request.id)
                self._context.fetch(request)
            self._probe_articles(listing, requests)
            if requests and listing.progress.stopped is None:
                return
        if listing.is_open and listing.progress.stopped is not None:
            listing.finish()

    def _end(self, listing: Listing) -> None:
        stop = self._paginators.sitemap_of(listing).end(listing)
        if stop is None:
            self._failures.first_page_failed(listing, "without_articles", listing.key)
        else:
            listing.progress.stop(stop)

    def _take_articles(self, listing: Listing, some: Sequence[tuple[str, str]]) -> list[FetchArticle]:
        """Takes some articles as a page of the listing; returns the requests for those that are to be fetched."""
        ids = [identity for identity, _ in some]
        articles, known = self._teasers.known_articles(ids), self._context.state.entries(ids)
        since = self._context.config.since
        entries, requests = [], []
        for identity, href in some:
            url = self._context.on_site(href, listing.key)
            if url is None:
                continue
            article, day = articles.get(identity), ingested_on(identity)
            wanted = article is None or article.status is not Status.OTHER
            already_crawled = self._entries.is_covered(listing, identity, known.get(identity), article)
            # What was taken in before that day was not published after it.
            passed_over = since is not None and day is not None and day < since
            entries.append(Entry(identity, day, wanted and not passed_over, already_crawled))
            self._context.statistics.wanted_seen += wanted and article is not None
            listing.passed_over |= wanted and passed_over
            if not wanted or already_crawled or passed_over:
                continue
            self._context.state.put_entry(identity, listing.number)
            listing.open_entries[identity] = listing.progress.pages
            if self._articles.is_wanted(identity, article):
                requests.append(self._articles.request(identity, url))
        if entries:
            listing.progress.page(entries)
        self._paginators.sitemap_of(listing).note_page(
            any(each.wanted and not each.already_crawled for each in entries)
        )
        return requests

    def _probe_articles(self, listing: Listing, requests: Sequence[FetchArticle]) -> None:
        """Each article of a sitemap that is of the source may lead to a listing."""
        discovery = self._sources.discoveries.get(listing.discovered_from or "")
        if discovery is not None and listing is discovery.fallback and not discovery.page_read:
            self._sources.probed_articles.update((request.id, (discovery, False)) for request in requests)

    def file_failed(self, listing: Listing, reason: str, url: str) -> None:
        """Handle a file that could not be fetched: without the index the listing fails; other files are skipped."""
        paginator = self._paginators.sitemap_of(listing)
        if not paginator.has_begun:
            self._failures.first_page_failed(listing, reason, url)
            return
        paginator.file_failed()
        self._context.report(f"listing_{reason}", url)
        self._context.statistics.pages_failed += 1
        self._context.stop_at(reason)
        self.follow_next_page(listing)

    def on_article_finished(self, identity: str) -> None:
        """The request of an article is finished: the sitemap that waited for it continues."""
        for listing in list(self._listings.all.values()):
            if identity in listing.awaited:
                listing.awaited.discard(identity)
                if not listing.awaited and listing.is_open:
                    self.follow_next_page(listing)
