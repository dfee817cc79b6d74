"""The site's sitemap as a listing, the last resort: it names articles of all sources; their pages say whose they are.

It is read newest first, some articles at a time; the next ones are looked at when those before have been answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from vokcrawl.crawling.listing_task import ListingWalk, Step
from vokcrawl.downloader.failures import CLOSING, block_page_of, request_of
from vokcrawl.normalize import ingested_on
from vokcrawl.pages.block_pages import redirects_to_block_page
from vokcrawl.pages.routes import SitemapRoute
from vokcrawl.pages.sitemap import read_sitemap
from vokcrawl.policy.pagination import Entry, StopReason
from vokcrawl.policy.sitemap_queue import MOST_ASKED, SitemapReading
from vokcrawl.spiders.articles import asked_address
from vokcrawl.spiders.starts import StartSpider
from vokcrawl.storage.state.rows import Status


class SitemapSpider(StartSpider):
    """The callbacks of a sitemap's files."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._readings: dict[str, SitemapReading] = {}
        # The articles that a sitemap's walk waits for.
        self.awaited: dict[str, ListingWalk] = {}

    def page_request(self, walk: ListingWalk, step: Step, headers: Mapping[str, str] | None = None) -> Request:
        request = super().page_request(walk, step, headers)
        if not isinstance(step.route, SitemapRoute):
            return request
        return request.replace(callback=self.parse_sitemap, errback=self.failed_sitemap)

    def parse_sitemap(self, response: Response, listing: str, step: Step) -> Iterator[Any]:
        """A file of the sitemap, or its index."""
        walk = self.walks[listing]
        if walk.walk.stopped is not None:
            return
        walk.way = step.route.way
        gate = redirects_to_block_page(asked_address(response), response.url)
        sitemap = read_sitemap(response.body) if gate is None and response.status == 200 else None
        if response.status != 200:
            self._file_failed(walk, gate or f"http_{response.status}", response.url)
        elif sitemap is not None:
            self._reading_of(walk).take(sitemap)
        else:
            self._file_failed(walk, gate or block_page_of(response) or "not_a_sitemap", response.url)
        yield from self.next_sitemap_articles(walk)
        yield from self.over(walk)

    def failed_sitemap(self, failure: Failure) -> Iterator[Any]:
        """Errback of a sitemap's file."""
        request = request_of(failure)
        reason = self.reason_of(failure)
        if reason == CLOSING:
            return
        walk = self.walks[request.cb_kwargs["listing"]]
        self._file_failed(walk, reason, request.url)
        yield from self.next_sitemap_articles(walk)
        yield from self.over(walk)

    def _file_failed(self, walk: ListingWalk, reason: str, url: str) -> None:
        """Without its index there is no sitemap; without one of its files there are the others."""
        if walk.url not in self._readings:
            walk.walk.spoil(self.first_page_failed(walk, reason, url))
            return
        self._reading_of(walk).failed = True
        self.note(f"listing_{reason}", url)
        self.run.statistics.pages_failed += 1
        self.stop_at(reason)

    def _reading_of(self, walk: ListingWalk) -> SitemapReading:
        return self._readings.setdefault(walk.url, SitemapReading())

    # Its articles

    def next_sitemap_articles(self, walk: ListingWalk) -> Iterator[Request]:
        """The requests for the next articles that are not known, or for the next file."""
        reading = self._reading_of(walk)
        while walk.walk.stopped is None:
            some = reading.next_articles()
            if not some:
                url = reading.next_file()
                # What is checked is what is requested: the address may be written relative to the index.
                checked = self.on_site(url, walk.url) if url is not None else None
                if checked is not None:
                    yield self.page_request(walk, Step(SitemapRoute(checked)))
                    return
                if url is None:
                    self._all_read(walk, reading)
                continue
            requests = self._take_articles(walk, some)
            if walk.walk.pages == 1:
                self.first_page_read(walk)
            reading.asked += len(requests)
            if reading.asked >= MOST_ASKED:
                walk.walk.stop(StopReason.SHARE)
            self.awaited.update((request.cb_kwargs["identity"], walk) for request in requests)
            self.asked_for(walk, [request.cb_kwargs["identity"] for request in requests])
            yield from requests
            if requests:
                return

    def asked_for(self, walk: ListingWalk, identities: Sequence[str]) -> None:
        """These articles of a sitemap were asked for; see `spiders.fallbacks`."""

    def _take_articles(self, walk: ListingWalk, some: Sequence[tuple[str, str]]) -> list[Request]:
        """Takes some articles in as a page of the walk; gives the requests for those that are to be asked for."""
        ids = [identity for identity, _ in some]
        articles, known = self.known_articles(ids), self.run.state.entries(ids)
        since = self.arguments.since
        entries, requests = [], []
        for identity, href in some:
            address = self.on_site(href, walk.url)
            if address is None:
                continue
            article, day = articles.get(identity), ingested_on(identity)
            wanted = article is None or article.status is not Status.OTHER
            covered = self.is_covered(identity, known.get(identity), article, walk)
            entries.append(Entry(identity, day, wanted, covered))
            if not wanted or covered:
                continue
            # What was taken in before that day was not published after it.
            if since is not None and day is not None and day < since:
                walk.passed_over = True
                continue
            self.run.begin_transaction().put_entry(identity, walk.number)
            if identity not in self.requested and self.is_asked_for(identity, article):
                requests.append(self.article_request(identity, address))
        if entries:
            walk.walk.page(entries)
        return requests

    def _all_read(self, walk: ListingWalk, reading: SitemapReading) -> None:
        if walk.walk.pages == 0:
            walk.walk.spoil(self.first_page_failed(walk, "without_articles", walk.url))
        elif reading.failed:
            walk.walk.stop(StopReason.FAILED)
        else:
            walk.walk.stop(StopReason.END if reading.all_read else StopReason.SHARE)

    def answered(self, identity: str) -> Iterator[Any]:
        yield from super().answered(identity)
        walk = self.awaited.pop(identity, None)
        if walk is not None and not self.waits(walk):
            yield from self.next_sitemap_articles(walk)
            yield from self.over(walk)

    def waits(self, walk: ListingWalk) -> bool:
        """Whether articles of a sitemap's walk have not been answered yet."""
        return any(each is walk for each in self.awaited.values())
