"""When a stream shows nothing of the wanted source, or cannot be read: the site's search, and then its sitemap.

Both are only asked for an article of the source, which then leads into its listing as any other does; in this order,
once a run, and with few requests. Why each was left stands in the manifest (`ways_left`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote_plus, urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from vokcrawl.fields import article_id
from vokcrawl.listings import ListingWalk
from vokcrawl.pages.document import PageFault
from vokcrawl.pages.sitemap import read_sitemap
from vokcrawl.pages.sources import Belongs
from vokcrawl.spiders.base import ARTICLE_PRIORITY
from vokcrawl.spiders.failures import CLOSING, NOT_UNDERSTOOD, request_of
from vokcrawl.spiders.ways import WaySpider
from vokcrawl.walk import Entry, Why

# The ways, as the manifest names them, and their addresses on the site.
LISTING, SEARCH, SITEMAP = "listing", "search", "sitemap"
_STREAM_PATH = "/newstream/"
_SEARCH_PATH, _SITEMAP_PATH = "/?s={words}&sort=recent", "/sitemap_index.xml"
# So many articles are read to find one of the source, and so many sitemaps of an index.
_MOST_ARTICLES, _MOST_SITEMAPS = 10, 3


class FallbackSpider(WaySpider):
    """Looks for an article of the wanted source where the stream itself leads nowhere."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        # By the stream's URL: articles that may still lead the way, newest last, and why the stream failed.
        self._candidates: dict[str, list[tuple[str, str]]] = {}
        self._verdicts: dict[str, tuple[str, str]] = {}
        self._tried: dict[str, str] = {}
        # Sitemaps that an index named, still to be read.
        self._children: list[str] = []

    # When a stream leads nowhere

    def go_on(self, walk: ListingWalk, request: Request, entries: Sequence[Entry]) -> Iterator[Request]:
        """A first page of other sources only: the search is quicker than the stream."""
        first = walk.led_from is None and not walk.scouted and walk.walk.pages == 1
        if first and entries and not any(entry.wanted for entry in entries):
            self._waiting[walk.url] = request
            self._leave(walk, LISTING, "nothing of the source on its first page")
            yield self._search(walk)
            return
        yield from super().go_on(walk, request, entries)

    def first_page_failed(self, walk: ListingWalk, reason: str, url: str) -> Why:
        if not self._may_seek(walk) or reason not in NOT_UNDERSTOOD:
            return super().first_page_failed(walk, reason, url)
        self._begin_seeking(walk, reason, url)
        return Why.FAILED

    def on_no_teasers(self, walk: ListingWalk, url: str) -> None:
        if self._may_seek(walk):
            self._begin_seeking(walk, "without_teasers", url)
        else:
            super().on_no_teasers(walk, url)

    def _may_seek(self, walk: ListingWalk) -> bool:
        return walk.led_from is None and not walk.scouted and urlsplit(walk.url).path == _STREAM_PATH

    def _begin_seeking(self, walk: ListingWalk, reason: str, url: str) -> None:
        self._verdicts[walk.url] = (reason, url)
        self.walks_open += 1
        self._leave(walk, LISTING, reason)
        self.crawler.engine.crawl(self._search(walk))

    # The search

    def _search(self, walk: ListingWalk) -> Request:
        walk.scouted = True
        words = quote_plus(f'"{self.options.source}"')
        return self._ask(walk, SEARCH, urljoin(walk.url, _SEARCH_PATH.format(words=words)))

    def _ask(self, walk: ListingWalk, way: str, url: str, depth: int = 0) -> Request:
        self._tried[walk.url] = way
        return Request(
            url,
            callback=self.parse_search if way == SEARCH else self.parse_sitemap,
            errback=self.failed_seeking,
            cb_kwargs={"stream": walk.url, "depth": depth},
            priority=ARTICLE_PRIORITY,
            dont_filter=True,
        )

    def parse_search(self, response: Response, stream: str, depth: int) -> Iterator[Any]:
        """A page of search results: its teasers of the wanted source may lead the way."""
        try:
            raws = self.reading.teasers(self.document(response).root)
        except PageFault:
            raws = []
        found = [(raw.id, url) for raw in raws if self.belongs(raw) is Belongs.YES and (url := self._here(raw.href))]
        self._candidates[stream] = found[:_MOST_ARTICLES][::-1]
        yield from self._next(self.walks[stream])

    # The sitemap

    def parse_sitemap(self, response: Response, stream: str, depth: int) -> Iterator[Any]:
        """A sitemap, or an index of some: the newest articles in it are read until one is of the wanted source."""
        walk = self.walks[stream]
        sitemap = read_sitemap(response.body)
        entries = sitemap.entries if sitemap is not None else ()
        if sitemap is not None and sitemap.is_index and depth < _MOST_SITEMAPS:
            # Children that say when they changed, newest first; what they are called is not known.
            children = sorted(entries, key=lambda each: each[1] or "", reverse=True)[:_MOST_SITEMAPS]
            self._children = [url for url, _ in children if self._here(url)]
            entries = ()
        found = sorted((identity, url) for url, _ in entries if (identity := article_id(url)) and self._here(url))
        if found:
            self._candidates[stream] = found[-_MOST_ARTICLES:]
        elif self._children:
            yield self._ask(walk, SITEMAP, self._children.pop(0), depth + 1)
            return
        yield from self._next(walk)

    def failed_seeking(self, failure: Failure) -> Iterator[Any]:
        """Errback of search and sitemap."""
        if self.reason_of(failure) != CLOSING:
            yield from self._next(self.walks[request_of(failure).cb_kwargs["stream"]])

    def _here(self, href: str) -> str | None:
        return self.on_site(href, self.start_urls[0])

    # One after the other

    def led_nowhere(self, stream: ListingWalk) -> Iterator[Request]:
        if stream.url in self._tried:
            yield from self._next(stream)
        else:
            yield from super().led_nowhere(stream)

    def _next(self, stream: ListingWalk) -> Iterator[Any]:
        """The next article that may lead the way, or the next way, or the verdict that was put off."""
        while candidates := self._candidates.get(stream.url):
            identity, url = candidates.pop()
            if identity not in self.requested and self.may_ask(identity):
                self._scouts[identity] = stream
                yield self.article_request(identity, url)
                return
        way = self._tried[stream.url]
        self._leave(stream, way, "it led to no article of the source")
        if way == SEARCH:
            yield self._ask(stream, SITEMAP, urljoin(stream.url, _SITEMAP_PATH))
            return
        if stream.url in self._waiting:
            yield self._waiting.pop(stream.url)
            return
        reason, url = self._verdicts.pop(stream.url)
        if reason == "without_teasers":
            super().on_no_teasers(stream, url)
        else:
            super().first_page_failed(stream, reason, url)
        yield from self.walk_over()

    def _leave(self, walk: ListingWalk, way: str, why: str) -> None:
        self.run.ways_left.append({"start": walk.url, "way": way, "why": why})
