"""Finding the way: from a stream of all sources to the listing of the wanted one, and straight there next time.

The first wanted article that a stream shows leads to its source's listing; how is read from its page. While it is
asked for, the stream waits. If it leads nowhere, or the listing cannot be had, the stream is walked on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scrapy import Request
from scrapy.http import Response

from vokcrawl.fields import absolute_url
from vokcrawl.listings import ListingWalk
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.routes import AJAX_ACTION, AJAX_PATH, PAGE_SIZE, AjaxRoute, Route, route_from, route_told
from vokcrawl.settings.base import VOK_START_URLS
from vokcrawl.spiders.starts import StartSpider
from vokcrawl.walk import Entry, Why

# How a walk came to its listing, as the manifest tells it.
BY_MEMORY, BY_ARTICLE, BY_SOURCE_ID = "remembered", "article page", "VOK_SOURCE_ID"


class WaySpider(StartSpider):
    """Begins at a start page's listing, or where an earlier run found that it leads."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        # Articles that are to lead a stream's walk on.
        self._scouts: dict[str, ListingWalk] = {}
        # The stream's next page, by the stream's URL, while another way is tried.
        self._waiting: dict[str, Request] = {}

    def begin(self, url: str) -> Request:
        """The first request for a listing to start from: where it was found to lead, or the listing itself."""
        told = self.run.state.way(url, self.options.source)
        if told is not None:
            return self._lead_to(url, route_from(told), BY_MEMORY)
        if self.options.source_id and url == VOK_START_URLS and self.options.more in ("auto", "ajax"):
            endpoint = absolute_url(url, AJAX_PATH) or url
            route = AjaxRoute(endpoint, AJAX_ACTION, self.options.source_id, 0, PAGE_SIZE)
            return self._lead_to(url, route, BY_SOURCE_ID)
        return self.begin_walk(url)

    def _lead_to(self, start: str, route: Route, found_by: str) -> Request:
        request = self.begin_walk(route.url, route)
        walk = self.walks[route.url]
        walk.found_by, walk.led_from = found_by, start
        return request

    # A stream meets the wanted source

    def go_on(self, walk: ListingWalk, request: Request, entries: Sequence[Entry]) -> Iterator[Request]:
        """Holds the next page of a stream of several sources back until an article has been asked for the way."""
        # Logos tell, or articles that were read and turned out to be others'.
        others = any(not entry.wanted for entry in entries) or bool(self.run.other_sources)
        if walk.led_from is None and not walk.scouted and others:
            for entry in entries:
                if entry.wanted and (scout := self._scout(entry.id)) is not None:
                    walk.scouted = True
                    self._scouts[entry.id] = walk
                    self._waiting[walk.url] = request
                    yield from scout
                    return
        yield request

    def _scout(self, identity: str) -> list[Request] | None:
        """What must be asked so that this article's page will be read in this run: nothing more, or its page."""
        if identity in self.in_flight:
            return []
        row = self.run.state.articles([identity]).get(identity)
        if identity in self.requested or row is None or not row.revision:
            return None
        return [self.article_request(identity, row.url)]

    def read_article(self, response: Response, page: ArticlePage, identity: str) -> Iterator[Any]:
        yield from super().read_article(response, page, identity)
        if identity in self._scouts and identity not in self.run.other_sources:
            stream = self._scouts[identity]
            route = self.way_into_listing(page, response.url)
            if route is not None and route.url not in self.walks:
                del self._scouts[identity]
                self.walks_open += 1
                yield self._lead_to(stream.url, route, BY_ARTICLE)
                stream.walk.spoil(Why.LEFT)
                # A stream that had failed was over before; what was sought in its stead is over now.
                yield from self.walk_over() if stream.over else self.over(stream)

    def answered(self, identity: str) -> Iterator[Any]:
        yield from super().answered(identity)
        stream = self._scouts.pop(identity, None)
        if stream is not None:
            yield from self.led_nowhere(stream)

    def led_nowhere(self, stream: ListingWalk) -> Iterator[Request]:
        """An article that was to lead the way did not: the stream is walked on."""
        yield self._waiting.pop(stream.url)

    # The way is good, or lost

    def first_page_read(self, walk: ListingWalk) -> None:
        """Remembers a way that has been found once it has led to teasers."""
        if walk.led_from is not None and walk.first is not None and walk.walk.stopped is not Why.NO_TEASERS:
            self.run.remember().put_way(walk.led_from, self.options.source, route_told(walk.first))

    def first_page_failed(self, walk: ListingWalk, reason: str, url: str) -> Why:
        """A way that led nowhere is forgotten, and the start page looked at again; a start page's own is a fault."""
        if walk.led_from is None or reason.startswith("gate_"):
            return super().first_page_failed(walk, reason, url)
        self.note(f"way_{reason}", url)
        self.run.remember().drop_way(walk.led_from, self.options.source)
        waiting = self._waiting.pop(walk.led_from, None)
        self.walks_open += 1
        if waiting is not None:
            stream = self.walks[walk.led_from]
            stream.walk.stopped, stream.over = None, False
            self.crawler.engine.crawl(waiting)
        else:
            self.crawler.engine.crawl(self.begin_walk(walk.led_from))
        return Why.LEFT

    def on_no_teasers(self, walk: ListingWalk, url: str) -> None:
        """A listing without teasers at the end of a way that was found is a lost way, not yet a changed layout."""
        if walk.led_from is not None:
            walk.walk.spoil(self.first_page_failed(walk, "without_teasers", url))
        else:
            super().on_no_teasers(walk, url)
