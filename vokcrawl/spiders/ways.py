"""Finding the way: from a stream of all sources to the listing of the wanted one, and straight there next time.

The first wanted article that a stream shows leads to its source's listing; how is read from its page. While it is
asked for, the stream waits. If it leads nowhere, or the listing cannot be had, `spiders.fallbacks` knows other ways.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response

from vokcrawl.config import default_values
from vokcrawl.crawling.listing_task import ListingWalk, rescan_is_due
from vokcrawl.normalize import absolute_url
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.routes import (
    AJAX_ACTION,
    AJAX_PATH,
    PAGE_SIZE,
    AjaxRoute,
    Route,
    SearchRoute,
    SitemapRoute,
    route_from,
    route_told,
)
from vokcrawl.policy.pagination import Entry, StopReason
from vokcrawl.spiders.starts import BY_ARTICLE, StartSpider

logger = logging.getLogger(__name__)

# How a walk came to its listing, as the manifest tells it.
BY_MEMORY, BY_SOURCE_ID = "remembered", "VOK_SOURCE_ID"
# The path of the site's stream of all sources.
_STREAM = urlsplit(default_values()["VOK_START_URLS"]).path.rstrip("/")


@dataclass(eq=False)
class Lead:
    """A start page from which the way to the source is being looked for.

    `walk` is the walk of the page's own listing, None for an article's page. It waits for what is tried in its stead:
    `waiting` is its next page, where it has one. What is tried takes its place among the walks that are open; when
    nothing is left, `verdict` says in the manifest what is wrong.
    """

    start: str
    walk: ListingWalk | None = None
    waiting: Request | None = None
    verdict: Callable[[], None] | None = None
    # Way after way, each for when the one before led nowhere; None is one that is under way already.
    ways: Iterator[Request | None] = field(default_factory=lambda: iter(()))
    # The last resort that is walked in its stead; and how that is gone on with, where it was left for a listing that
    # cannot be had after all.
    resort: ListingWalk | None = None
    resume: Callable[[], list[Request]] | None = None
    # Whether a page of the source was read: they all look alike, so another one leads no further.
    page_read: bool = False
    # Articles that may lead the way, best last: id and address.
    candidates: list[tuple[str, str]] = field(default_factory=list)
    # The number by which the site's search knows the source.
    number: str = ""


class WaySpider(StartSpider):
    """Begins at a start page's listing, or where an earlier run found that it leads."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        # By the start page's URL.
        self.leads: dict[str, Lead] = {}
        # Articles that may lead the way, and whether the lead waits for them.
        self.scouts: dict[str, tuple[Lead, bool]] = {}

    def begin(self, url: str) -> Request:
        """The first request for a listing to start from: where it was found to lead, or the listing itself."""
        told = self.run.state.stored_route(url, self.options.source)
        route = self._read_route(url, told) if told is not None else None
        if isinstance(route, SearchRoute | SitemapRoute) and self._looks_again(route):
            self.run.begin_transaction().drop_route(url, self.options.source)
        elif route is not None:
            return self.lead_to(url, route, BY_MEMORY)
        if self.may_call_by_number and urlsplit(url).path.rstrip("/") == _STREAM:
            endpoint = absolute_url(url, AJAX_PATH) or url
            return self.lead_to(
                url, AjaxRoute(endpoint, AJAX_ACTION, self.options.source_id, 0, PAGE_SIZE), BY_SOURCE_ID
            )
        return self.begin_walk(url)

    def _read_route(self, start: str, stored: str) -> Route | None:
        """The stored route from a start page; one that cannot be read is dropped, and looked for again."""
        try:
            return route_from(stored)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            logger.error("%s: its stored route cannot be read (%s), and is looked for again", start, error)
            self.note("stored_route_unreadable", start)
            self.run.begin_transaction().drop_route(start, self.options.source)
            return None

    def _looks_again(self, route: SearchRoute | SitemapRoute) -> bool:
        """Whether a better way is looked for than the last resort that was found: with each sweep."""
        before = self.run.state.listing(route.url, self.options.source)
        due = before is None or rescan_is_due(before, self.run.started, self.options.rescan_hours)
        return due or self.options.pagination != "auto"

    def lead_to(self, start: str, route: Route, found_by: str) -> Request:
        """The first request of a walk that a start page has led to."""
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
            lead = self.lead_for(walk.url, walk)
            scouts = (self.scout(lead, entry.id) for entry in entries if entry.wanted)
            scout = next((each for each in scouts if each is not None), None)
            if scout is not None:
                walk.scouted = True
                lead.waiting = request
                yield from scout
                return
        yield request

    def lead_for(self, start: str, walk: ListingWalk | None) -> Lead:
        """The lead from a start page, made when it is needed first."""
        lead = self.leads.get(start)
        if lead is None:
            lead = self.leads[start] = Lead(start, walk, number=self.options.search_id)
            lead.ways = self.ways(lead)
        return lead

    def ways(self, lead: Lead) -> Iterator[Request | None]:
        """What is tried from a start page, one after the other: its own listing is walked on."""
        if lead.waiting is not None and lead.walk is not None:
            lead.walk.walk.stopped, lead.walk.over = None, False
            yield lead.waiting

    def scout(self, lead: Lead, identity: str, address: str | None = None) -> list[Request] | None:
        """What must be asked so that this article's page will be read in this run, and lead the way: its page, or
        nothing more. None where it cannot be asked for; `address` is needed where the article is not known.
        """
        requests: list[Request] = []
        if identity not in self.in_flight:
            row = self.run.state.articles([identity]).get(identity)
            address = row.url if row is not None and row.revision else address
            if identity in self.requested or address is None or not self.may_ask(identity):
                return None
            requests = [self.article_request(identity, address)]
        self.scouts[identity] = (lead, True)
        return requests

    def read_article(self, response: Response, page: ArticlePage, identity: str) -> Iterator[Any]:
        yield from super().read_article(response, page, identity)
        if identity not in self.scouts or identity in self.run.other_sources:
            return
        lead, _ = self.scouts[identity]
        lead.page_read = True
        route = self.way_into_listing(page, response.url)
        if route is not None and route.url not in self.walks:
            del self.scouts[identity]
            yield self.lead_to(lead.start, route, BY_ARTICLE)
            # Its walk takes the place of what looked for it.
            for walk in (lead.walk, lead.resort):
                if walk is not None:
                    walk.walk.spoil(StopReason.LEFT)
                    walk.over = True

    def answered(self, identity: str) -> Iterator[Any]:
        yield from super().answered(identity)
        lead, waits = self.scouts.pop(identity, (None, False))
        if lead is not None and waits:
            yield from self.led_nowhere(lead)

    # The next way

    def led_nowhere(self, lead: Lead) -> Iterator[Any]:
        """What was tried in a start page's stead led nowhere: gives what is asked for next, or brings it to its end."""
        requests = self._next_way(lead)
        if requests is not None:
            yield from requests
        elif lead.walk is not None and not lead.walk.over:
            yield from self.over(lead.walk)
        else:
            yield from self.walk_over()

    def hand_over(self, lead: Lead) -> None:
        """The same in a callback of a walk that has ended, which can give nothing itself."""
        requests = self._next_way(lead)
        if requests is not None:
            # One more is open, for the walk that has ended is still among those that are.
            self.walks_open += 1
            for request in requests:
                self.crawler.engine.crawl(request)

    def _next_way(self, lead: Lead) -> list[Request] | None:
        """The requests of the next way, none where it is under way already; None where there is no further way."""
        if lead.resume is not None:
            resume, lead.resume = lead.resume, None
            return resume()
        for request in lead.ways:
            return [request] if request is not None else []
        if lead.verdict is not None:
            lead.verdict()
        return None

    # The way is good, or lost

    def first_page_read(self, walk: ListingWalk) -> None:
        """Remembers a way that has been found once it has led to teasers."""
        if walk.led_from is not None and walk.first is not None and walk.walk.stopped is not StopReason.NO_TEASERS:
            self.run.begin_transaction().put_route(walk.led_from, self.options.source, route_told(walk.first))

    def first_page_failed(self, walk: ListingWalk, reason: str, url: str) -> StopReason:
        """A way that led nowhere is forgotten, and the start page looked at again; a start page's own is a fault."""
        if walk.led_from is None or reason.startswith("gate_"):
            return super().first_page_failed(walk, reason, url)
        self.note(f"way_{reason}", url)
        self.run.begin_transaction().drop_route(walk.led_from, self.options.source)
        self.way_lost(walk, reason)
        return StopReason.LEFT

    def way_lost(self, walk: ListingWalk, reason: str) -> None:
        """A way is lost: one that was found in this run leads back to where it was found, else all begins anew."""
        lead = self.leads.get(walk.led_from or "")
        if lead is not None:
            self.hand_over(lead)
        elif walk.led_from is not None:
            self.walks_open += 1
            self.crawler.engine.crawl(self.begin_walk(walk.led_from))

    def on_no_teasers(self, walk: ListingWalk, url: str) -> None:
        """A listing without teasers at the end of a way that was found is a lost way, not yet a changed layout."""
        if walk.led_from is not None:
            walk.walk.spoil(self.first_page_failed(walk, "without_teasers", url))
        else:
            super().on_no_teasers(walk, url)
