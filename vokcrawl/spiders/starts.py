"""An article's page to start from: its record, its teasers, and the way from it into its source's listing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from vokcrawl.downloader.failures import CLOSING, OF_ANOTHER_SOURCE, name_of, request_of
from vokcrawl.normalize import article_id
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.document import PageFault
from vokcrawl.pages.routes import AjaxRoute, Route
from vokcrawl.spiders.listings import ListingSpider

# How a walk came to its listing, as the manifest tells it.
BY_ARTICLE = "article page"


class StartSpider(ListingSpider):
    """The callbacks of an article's page that a crawl starts from."""

    def start_article(self, url: str) -> Request:
        """A request for an article page to start from."""
        identity = article_id(url) or ""
        self.requested.add(identity)
        self.in_flight.add(identity)
        self.shown_as_wanted.add(identity)
        return Request(
            url,
            callback=self.parse_start_article,
            errback=self.failed_start,
            cb_kwargs={"identity": identity},
            dont_filter=True,
        )

    def parse_start_article(self, response: Response, identity: str) -> Iterator[Any]:
        """An article page to start from: its record, its teasers, and the way into its source's listing."""
        try:
            page = self.article_page(response, identity)
        except PageFault as fault:
            again = self.once_more(response, fault)
            if again is not None:
                yield again
                return
            self.start_failed(fault.name, response.url)
            yield from self.answered(identity)
            yield from self.walk_over()
            return
        yield from self.read_article(response, page, identity)
        yield from self.answered(identity)
        way = self._way_in(page, identity, response.url)
        if way is None:
            yield from self.walk_over()
        else:
            yield way

    def _way_in(self, page: ArticlePage, identity: str, url: str) -> Request | None:
        """The request for the first page of the listing that an article page leads to; None where it leads to none."""
        if identity in self.run.other_sources:
            self.start_failed(OF_ANOTHER_SOURCE, url)
            return None
        route = self.way_into_listing(page, url)
        if route is None:
            return self.without_way(url)
        if route.url in self.walks:
            return None
        request = self.begin_walk(route.url, route)
        self.walks[route.url].found_by = BY_ARTICLE
        return request

    def without_way(self, url: str) -> Request | None:
        """The request for what may be tried instead where an article's page leads into no listing."""
        self.start_failed("without_way", url)
        return None

    def way_into_listing(self, page: ArticlePage, url: str) -> Route | None:
        """The route to the first page of the listing that an article's page leads to."""
        more = self.more_of(page.root, url, len(page.teasers()))
        route = more.route.at(0) if isinstance(more.route, AjaxRoute) else more.route
        return route if route is not None and self.on_site(route.url, url) is not None else None

    def failed_start(self, failure: Failure) -> Iterator[Any]:
        """Errback of an article page to start from."""
        request = request_of(failure)
        if name_of(failure) == CLOSING:
            return
        self.start_failed(self.reason_of(failure), request.url)
        yield from self.answered(request.cb_kwargs["identity"])
        yield from self.walk_over()
