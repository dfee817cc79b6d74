"""The entries of listing pages: which are wanted, which are covered, and which are resolved."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from vokcrawl.crawling.articles import Articles
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.listing import Listing
from vokcrawl.crawling.teasers import ListedTeaser, Teasers
from vokcrawl.loaders import listed_values
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.routes import (
    SitemapRoute,
)
from vokcrawl.pages.sources import Belongs
from vokcrawl.policy.pagination import Entry, StopReason
from vokcrawl.storage.state.rows import ArticleRow, EntryRow

logger = logging.getLogger(__name__)


class Entries:
    """Takes entries of listing pages."""

    def __init__(
        self,
        context: Context,
        teasers: Teasers,
        articles: Articles,
    ) -> None:
        self._context = context
        self._teasers = teasers
        self._articles = articles

    def check_resolved(self, listing: Listing) -> None:
        """Marks a listing as incomplete if records of its entries were dropped before delivery."""
        with_teasers = not isinstance(listing.first, SitemapRoute)
        unresolved = self._articles.unresolved(list(listing.open_entries), with_teasers=with_teasers)
        if unresolved:
            self._context.report("entries_unresolved", listing.key)
            logger.error("%s: %d entries are neither delivered nor scheduled for a retry", listing.key, len(unresolved))
        if unresolved or listing.offsite_entries:
            listing.progress.mark_incomplete(StopReason.UNRESOLVED)

    def name_other_hosts(self, listing: Listing) -> None:
        """Log to which hosts the off-site article links of a listing lead: they may be names of the same site."""
        hosts = ", ".join(host for host, _ in self._context.offsite_hosts.most_common(3))
        logger.error(
            "%s: %d article links lead to %s; if that is the same site, use it in VOK_START_URLS or start_url",
            listing.key,
            listing.offsite_entries,
            hosts,
        )

    def are_resolved(self, ids: list[str]) -> bool:
        """Whether all these entries are resolved, and none of them waits for a response."""
        if any(identity in self._articles.in_flight for identity in ids):
            return False
        return not ids or not self._articles.unresolved(ids, with_teasers=True)

    def take(self, listing: Listing, raws: Sequence[RawTeaser], url: str) -> list[Entry]:
        """Takes the teasers of a page: their records and their articles' requests; returns what the listing counts."""
        offsite = self._context.offsite_hosts.total()
        entries = []
        for teaser in self._teasers.of_page(raws, url):
            identity = teaser.raw.id
            already_crawled = self.is_covered(listing, identity, teaser.entry, teaser.article)
            entries.append(Entry(identity, teaser.day, teaser.wanted, already_crawled))
            listing.mixed |= not teaser.wanted
            listing.example = listing.example or (identity if teaser.wanted else None)
            if teaser.wanted and not already_crawled:
                self._open(listing, identity, teaser.day)
            self.handle_listed(teaser, url)
        listing.offsite_entries += self._context.offsite_hosts.total() - offsite
        return entries

    def _open(self, listing: Listing, identity: str, day: str | None) -> None:
        if self._context.in_date_range(day):
            self._context.state.put_entry(identity, listing.number)
            listing.open_entries[identity] = listing.progress.pages
            listing.opened.append(identity)
        else:
            listing.passed_over = True

    def is_covered(self, listing: Listing, identity: str, entry: EntryRow | None, article: ArticleRow | None) -> bool:
        """Whether a complete crawl of the listing has seen the entry, and it is resolved."""
        if entry is None or not entry.already_crawled(listing.covers(self._context.config.since)):
            return False
        if not entry.delivered and not isinstance(listing.first, SitemapRoute):
            return False
        return article is not None or self._context.state.retry_of(identity) is not None

    def handle_listed(self, teaser: ListedTeaser, url: str) -> None:
        """A teaser of a listing page: its record where it is wanted and new, and the request for its article."""
        if not teaser.wanted:
            self._context.count("vok/listing/other_source")
            return
        self._context.statistics.wanted_seen += teaser.belongs is Belongs.YES
        if not self._context.in_date_range(teaser.day):
            return
        identity = teaser.raw.id
        # Before the teaser is taken: it may have to wait for its article.
        request = None
        if self._articles.is_wanted(identity, teaser.article):
            self._articles.listed_values[identity] = listed_values(teaser.raw)
            if teaser.shown_as_wanted:
                self._articles.shown_as_wanted.add(identity)
            request = self._articles.request(identity, teaser.url)
        self._teasers.handle_listed(teaser, url, self._articles.in_flight)
        if request is not None:
            self._context.fetch(request)
