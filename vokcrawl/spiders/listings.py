"""Listings: a page of one is taken in, the walk decides, and the next page is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from vokcrawl.fields import absolute_url
from vokcrawl.listings import ListingWalk, Step
from vokcrawl.middlewares.on_site import authority
from vokcrawl.pages.document import EMPTY_PAGE, Document, PageFault
from vokcrawl.pages.gates import gate_in_page, redirected_to_gate
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.more import More
from vokcrawl.pages.routes import AJAX_ACTION, AJAX_PATH, PAGE_SIZE, AjaxRoute, LinkRoute, Route, SplashRoute
from vokcrawl.pages.tree import Element
from vokcrawl.spiders.articles import (
    ArticleSpider,
    asked_address,
    conditional_headers,
    validators_of,
)
from vokcrawl.spiders.base import LISTING_PRIORITY
from vokcrawl.spiders.failures import CLOSING, NOT_UNDERSTOOD, PASSING, name_of, request_of
from vokcrawl.walk import Entry, Why


class ListingSpider(ArticleSpider):
    """The callbacks of listing requests."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.walks: dict[str, ListingWalk] = {}

    def begin_walk(self, url: str, route: Route | None = None) -> Request:
        """A request for the first page of a listing, conditional where "not modified" would be enough.

        `url` must not be of a walk that has begun.
        """
        listing = ListingWalk.begin(self.run, url, self.arguments, self.options)
        self.walks[url] = listing
        headers: dict[str, str] = {}
        if listing.before is not None and listing.may_ask_conditionally:
            headers = conditional_headers(listing.before.etag, listing.before.last_modified)
        return self._page_request(listing, Step(route or LinkRoute(url)), headers)

    # Walking

    def parse_listing(self, response: Response, listing: str, step: Step) -> Iterator[Any]:
        """A page of a listing."""
        walk = self.walks[listing]
        if walk.walk.stopped is Why.LEFT:
            # A better way was found while this page was under way.
            return
        yield from self._listing_page(response, walk, step)
        yield from self.over(walk)

    def _listing_page(self, response: Response, walk: ListingWalk, step: Step) -> Iterator[Any]:
        route, again = step.route, step.again
        if response.status == 304:
            walk.unchanged()
            return
        try:
            document, raws = self._read(response, walk, route)
        except PageFault as fault:
            if not fault.name.startswith("gate_") and (repeated := self.repeated(response.request, fault.name)):
                yield repeated
            else:
                self._listing_failed(walk, fault.name, response.url, again)
            return
        if not raws and walk.walk.pages == 0 and (repeated := self.repeated(response.request, "without_teasers")):
            # Before the layout is called changed: something else may have stood in the listing's place.
            yield repeated
            return
        if isinstance(route, AjaxRoute) and not again and self._must_ask_by_end(walk, route, raws):
            walk.to_is_settled = True
            yield self._page_request(walk, Step(route.with_end()))
            return
        # An empty batch is how a call ends. One behind a full batch could be a hiccup: ask once more.
        if not raws and isinstance(route, AjaxRoute) and walk.last_received >= route.size and step.attempt == 1:
            yield self._page_request(walk, replace(step, attempt=2))
            return
        if not raws and step.attempt == 2 and walk.walk.pages == 1 and isinstance(walk.first, LinkRoute):
            # A full page that had a "More Articles" promised this batch.
            self._listing_failed(walk, EMPTY_PAGE, response.url, again)
            return
        entries = yield from self.take(raws, response.url, walk)
        if walk.walk.pages == 0 or again == 1:
            walk.etag, walk.last_modified = validators_of(response)
        if again:
            yield from self._take_again(walk, entries, document, response.url, route, again)
            return
        walk.last_received = len(raws)
        walk.visited.add(route.url)
        first = walk.walk.pages == 0
        if walk.walk.page(entries) is None:
            yield from self._on(walk, document, response.url, route, entries)
        yield from self._taken(walk, route, response.url, first)

    def _taken(self, walk: ListingWalk, route: Route, url: str, first: bool) -> Iterator[Any]:
        """What follows when a page has been taken in; `first` says that it was the walk's first."""
        if first:
            self.first_page_read(walk)
        if walk.walk.complete and walk.walk.pages > 1:
            walk.rereading = True
            yield self._page_request(walk, Step(walk.first or route, again=1))
        if walk.walk.stopped is not None:
            self._note_stop(walk, url)

    def _must_ask_by_end(self, walk: ListingWalk, route: AjaxRoute, raws: Sequence[RawTeaser]) -> bool:
        """Whether a batch behind the first is empty, or only repeats, and `to` may have been an end all along.

        Items at or behind `to` prove that it is a size.
        """
        if route.start == 0 or walk.to_is_settled:
            return False
        if all(raw.id in walk.walk.ids for raw in raws):
            return True
        walk.to_is_settled = route.start >= route.size
        return False

    def _read(self, response: Response, walk: ListingWalk, route: Route) -> tuple[Document | None, Sequence[RawTeaser]]:
        """The page and its teasers; none for the empty batch that ends a call. Raises `PageFault`."""
        gate = redirected_to_gate(asked_address(response), response.url)
        if gate is not None:
            raise PageFault(gate)
        document = None
        try:
            document = self.document(response)
        except PageFault as fault:
            if fault.name != EMPTY_PAGE:
                raise
        raws = self.reading.teasers(document.root) if document is not None else []
        if not raws:
            gate = gate_in_page(response.body)
            if gate is not None:
                raise PageFault(gate)
            blank = document is None or document.is_blank or document.says_end
            ends = blank and walk.walk.pages and isinstance(route, AjaxRoute)
            if not ends and (walk.walk.pages or document is None):
                raise PageFault(EMPTY_PAGE)
        return document, raws

    def failed_listing(self, failure: Failure) -> Iterator[Any]:
        """Errback of a listing page."""
        request = request_of(failure)
        if name_of(failure) == CLOSING:
            return
        reason = self.reason_of(failure)
        if reason in PASSING and (repeated := self.repeated(request, reason)):
            yield repeated
            return
        walk = self.walks[request.cb_kwargs["listing"]]
        self._listing_failed(walk, reason, request.url, request.cb_kwargs["step"].again)
        yield from self.over(walk)

    def over(self, walk: ListingWalk) -> Iterator[Any]:
        """What waited for the end of this walk, if this was its end."""
        if walk.walk.stopped is not None and not walk.rereading and not walk.over:
            walk.over = True
            yield from self.walk_over()

    def _page_request(self, walk: ListingWalk, step: Step, headers: Mapping[str, str] | None = None) -> Request:
        if walk.first is None:
            walk.first = step.route
        return Request(
            step.route.url,
            callback=self.parse_listing,
            errback=self.failed_listing,
            headers=dict(headers or {}),
            cb_kwargs={"listing": walk.url, "step": step},
            meta={"handle_httpstatus_list": [304]} if headers else {},
            priority=LISTING_PRIORITY,
            dont_filter=True,
        )

    def _on(
        self, walk: ListingWalk, document: Document | None, url: str, route: Route, entries: Sequence[Entry]
    ) -> Iterator[Request]:
        """The request for the next page, or the reason why there is none."""
        following = self._following(walk, document, url, route, walk.last_received)
        if isinstance(following, Why):
            walk.walk.stop(following)
            return
        walk.way = following.way
        yield from self.go_on(walk, self._page_request(walk, Step(following)), entries)

    def go_on(self, walk: ListingWalk, request: Request, entries: Sequence[Entry]) -> Iterator[Request]:
        """Gives the request for the next page of a walk, or (`spiders.ways`) holds it back for a better way."""
        yield request

    def first_page_read(self, walk: ListingWalk) -> None:
        """The first page of a walk was read; see `spiders.ways`."""

    def first_page_failed(self, walk: ListingWalk, reason: str, url: str) -> Why:
        """The first page of a walk could not be had; gives what the walk is to say of it."""
        self.start_failed(reason, url)
        return Why.FAILED

    def on_no_teasers(self, walk: ListingWalk, url: str) -> None:
        """The first page of a walk shows no teasers."""
        self.note("listing_without_teasers", url)

    def _following(
        self, walk: ListingWalk, document: Document | None, url: str, route: Route, received: int
    ) -> Route | Why:
        if isinstance(route, AjaxRoute):
            return route.at(route.start + received)
        if document is None:
            return Why.END
        more = self.more_of(document.root, url, received)
        if more.route is None and not more.said:
            # A short page may be all there is; a full first one hides its way on from us.
            return Why.NO_MORE if walk.walk.pages == 1 and received >= PAGE_SIZE else Why.END
        if more.route is None:
            return Why.NO_WAY
        if authority(more.route.url) not in self.allowed_authorities:
            self.note("offsite_more", more.route.url)
            return Why.OFFSITE
        if isinstance(more.route, LinkRoute) and more.route.url in walk.visited and not walk.rereading:
            return Why.CIRCLE
        return more.route

    def more_of(self, root: Element, url: str, received: int) -> More:
        """The way on that the page names, if the settings allow it; else the call for the source that they name."""
        more = self.reading.more(root, url, received)
        allowed = {"link": LinkRoute, "ajax": AjaxRoute, "splash": SplashRoute}.get(self.options.more)
        if more.route is not None and (allowed is None or isinstance(more.route, allowed)):
            return more
        endpoint = absolute_url(url, AJAX_PATH)
        if self.options.source_id and self.options.more in ("auto", "ajax") and endpoint is not None:
            return More(True, AjaxRoute(endpoint, AJAX_ACTION, self.options.source_id, received, PAGE_SIZE))
        return More(more.said or more.route is not None, None)

    def _take_again(
        self,
        walk: ListingWalk,
        entries: Sequence[Entry],
        document: Document | None,
        url: str,
        route: Route,
        again: int,
    ) -> Iterator[Request]:
        """The first pages once more, until they overlap with what was walked: what came in meanwhile is met."""
        if again == 1:
            walk.walk.head = tuple(entry.id for entry in entries)
        if not walk.walk.again(entries) and again < walk.walk.pages:
            following = self._following(walk, document, url, route, len(entries))
            if not isinstance(following, Why):
                yield self._page_request(walk, Step(following, again=again + 1))
                return
        walk.rereading = False

    # Failing

    def _listing_failed(self, walk: ListingWalk, reason: str, url: str, again: int) -> None:
        walk.rereading = False
        if walk.walk.pages == 0 and not again:
            walk.walk.spoil(self.first_page_failed(walk, reason, url))
        else:
            self.note(f"listing_{reason}", url)
            self.run.facts.pages_failed += 1
            self.run.facts.starts_gated += reason.startswith("gate_")
            walk.walk.spoil(Why.EMPTY if reason == EMPTY_PAGE else Why.FAILED)
        self.stop_at(reason)

    def _note_stop(self, walk: ListingWalk, url: str) -> None:
        names = {
            Why.NO_WAY: "more_not_understood",
            Why.NO_MORE: "more_not_found",
            Why.CIRCLE: "more_leads_back",
            Why.REPEATS: "more_repeats",
        }
        if walk.walk.stopped is Why.NO_TEASERS:
            self.on_no_teasers(walk, url)
        elif walk.walk.stopped in names:
            self.note(names[walk.walk.stopped], url)

    def start_failed(self, reason: str, url: str) -> None:
        """A start page that could not be had: gated, not what it was, or out of reach."""
        self.note(f"start_{reason}", url)
        if reason.startswith("gate_"):
            self.run.facts.starts_gated += 1
        elif reason in NOT_UNDERSTOOD:
            self.run.facts.starts_not_understood += 1
        else:
            self.run.facts.starts_unreachable += 1
        self.stop_at(reason)
