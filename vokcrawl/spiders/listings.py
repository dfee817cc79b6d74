"""Listings: a page of one is taken in, the walk decides, and the next page is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from vokcrawl.crawling.listing_task import ListingWalk, Step
from vokcrawl.downloader.failures import CLOSING, OF_ANOTHER_SOURCE, PASSING, block_page_of, name_of, request_of
from vokcrawl.pages.block_pages import redirects_to_block_page
from vokcrawl.pages.document import EMPTY_PAGE, Document, PageFault
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.routes import (
    AjaxRoute,
    LinkRoute,
    Route,
)
from vokcrawl.policy.pagination import Entry, StopReason
from vokcrawl.spiders.articles import (
    asked_address,
    validators_of,
)
from vokcrawl.spiders.walks import WalkSpider

# What it is called in the manifest that a walk stopped before its end though no page failed.
_BROKE_OFF = {
    StopReason.NO_WAY: "more_not_understood",
    StopReason.NO_MORE: "more_not_found",
    StopReason.CIRCLE: "more_leads_back",
    StopReason.REPEATS: "more_repeats",
    StopReason.DAYS_IGNORED: "search_ignores_days",
    StopReason.DAYS_CUT: "search_shows_too_little",
}


class ListingSpider(WalkSpider):
    """The callbacks of listing requests."""

    # Walking

    def parse_listing(self, response: Response, listing: str, step: Step) -> Iterator[Any]:
        """A page of a listing."""
        walk = self.walks[listing]
        if walk.walk.stopped is StopReason.LEFT:
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
        doubted = self.in_doubt(walk, step, raws)
        if doubted is not None:
            yield self.page_request(walk, doubted)
            return
        if not raws and step.attempt == 2 and walk.walk.pages == 1 and isinstance(walk.first, LinkRoute):
            # A full page that had a "More Articles" promised this batch.
            self._listing_failed(walk, EMPTY_PAGE, response.url, again)
            return
        entries = yield from self.take(raws, response.url, walk)
        if not again and self.is_of_others(walk, route, entries):
            self._listing_failed(walk, OF_ANOTHER_SOURCE, response.url, again)
            return
        if walk.walk.pages == 0 or again == 1:
            walk.etag, walk.last_modified = validators_of(response)
        if again:
            yield from self._take_again(walk, entries, document, response.url, route, again)
            return
        walk.last_received = len(raws)
        walk.days = [entry.day for entry in entries if entry.day is not None]
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
            yield self.page_request(walk, Step(walk.first or route, again=1))
        if walk.walk.stopped is not None:
            self._note_stop(walk, url)

    def in_doubt(self, walk: ListingWalk, step: Step, raws: Sequence[RawTeaser]) -> Step | None:
        """What is asked before a page is believed; None where it is believed."""
        route = step.route
        if not isinstance(route, AjaxRoute):
            return None
        if not step.again and self._must_ask_by_end(walk, route, raws):
            walk.to_is_settled = True
            return Step(route.with_end())
        # An empty batch is how a call ends. One behind a full batch could be a hiccup: ask once more.
        hiccup = not raws and walk.last_received >= route.size and step.attempt == 1
        return replace(step, attempt=2) if hiccup else None

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
        gate = redirects_to_block_page(asked_address(response), response.url)
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
            gate = block_page_of(response)
            if gate is not None:
                raise PageFault(gate)
            if not self.may_be_empty(walk, route, document) and (walk.walk.pages or document is None):
                raise PageFault(EMPTY_PAGE)
        return document, raws

    def may_be_empty(self, walk: ListingWalk, route: Route, document: Document | None) -> bool:
        """Whether an answer without teasers (None: without a page) may be what was asked for."""
        blank = document is None or document.is_blank or document.says_end
        return blank and walk.walk.pages > 0 and isinstance(route, AjaxRoute)

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

    def _on(
        self, walk: ListingWalk, document: Document | None, url: str, route: Route, entries: Sequence[Entry]
    ) -> Iterator[Request]:
        """The request for the next page, or the reason why there is none."""
        following = self.following(walk, document, url, route, walk.last_received)
        if isinstance(following, StopReason):
            walk.walk.stop(following)
            return
        walk.way = following.way
        yield from self.go_on(walk, self.page_request(walk, Step(following)), entries)

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
            following = self.following(walk, document, url, route, len(entries))
            if not isinstance(following, StopReason):
                yield self.page_request(walk, Step(following, again=again + 1))
                return
        walk.rereading = False

    # Failing

    def _listing_failed(self, walk: ListingWalk, reason: str, url: str, again: int) -> None:
        walk.rereading = False
        self.doubt_number(walk.asked, reason)
        if walk.walk.pages == 0 and not again:
            walk.walk.spoil(self.first_page_failed(walk, reason, url))
        else:
            walk.walk.spoil(StopReason.EMPTY if reason == EMPTY_PAGE else StopReason.FAILED)
            failed = partial(self._page_failed, reason, url)
            if again:
                failed()
            else:
                self.broke_off(walk, reason, failed)

    def _page_failed(self, reason: str, url: str) -> None:
        self.note(f"listing_{reason}", url)
        self.run.statistics.pages_failed += 1
        self.run.statistics.starts_gated += reason.startswith("gate_")
        self.stop_at(reason)

    def _note_stop(self, walk: ListingWalk, url: str) -> None:
        if walk.walk.stopped is StopReason.NO_TEASERS:
            self.on_no_teasers(walk, url)
        elif walk.walk.stopped in _BROKE_OFF:
            name = _BROKE_OFF[walk.walk.stopped]
            self.broke_off(walk, name, partial(self.note, name, url))
        elif walk.walk.stopped is StopReason.OFFSITE:
            # Noted where it was seen, with where it led.
            self.broke_off(walk, "offsite_more", lambda: None)
