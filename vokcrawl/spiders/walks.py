"""Walks of listings: how one begins, what is asked for next, and what may be made of a bad end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from vokcrawl.crawling.listing_task import ListingWalk, Step
from vokcrawl.downloader.failures import NOT_UNDERSTOOD
from vokcrawl.normalize import absolute_url, authority
from vokcrawl.pages.document import Document
from vokcrawl.pages.more import More
from vokcrawl.pages.routes import (
    AJAX_ACTION,
    AJAX_PATH,
    PAGE_SIZE,
    AjaxRoute,
    LinkRoute,
    Route,
    SearchRoute,
    SitemapRoute,
    SplashRoute,
)
from vokcrawl.pages.tree import Element
from vokcrawl.policy.pagination import Entry, StopReason
from vokcrawl.spiders.articles import ArticleSpider, conditional_headers
from vokcrawl.spiders.base import LISTING_PRIORITY

logger = logging.getLogger(__name__)


class WalkSpider(ArticleSpider):
    """Begins walks and says how they go on; what others make of their beginnings and ends they say by overriding."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.walks: dict[str, ListingWalk] = {}
        # Whether `VOK_SOURCE_ID` has turned out not to be the source's number.
        self.number_is_wrong = False

    def begin_walk(self, url: str, route: Route | None = None) -> Request:
        """A request for the first page of a listing, conditional where "not modified" would be enough.

        `url` must not be of a walk that has begun.
        """
        in_windows = isinstance(route, SearchRoute | SitemapRoute)
        listing = ListingWalk.begin(self.run, url, self.arguments, self.options, in_windows)
        self.walks[url] = listing
        headers: dict[str, str] = {}
        if listing.before is not None and listing.may_ask_conditionally:
            headers = conditional_headers(listing.before.etag, listing.before.last_modified)
        return self.page_request(listing, Step(route or LinkRoute(url)), headers)

    def parse_listing(self, response: Response, listing: str, step: Step) -> Iterator[Any]:
        """Callback of listing pages; see `spiders.listings`."""
        raise NotImplementedError

    def failed_listing(self, failure: Failure) -> Iterator[Any]:
        """Errback of listing pages; see `spiders.listings`."""
        raise NotImplementedError

    def page_request(self, walk: ListingWalk, step: Step, headers: Mapping[str, str] | None = None) -> Request:
        """The request for a page of a listing."""
        if walk.first is None:
            walk.first = step.route
        walk.asked = step.route
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

    # How a walk goes on

    def following(
        self, walk: ListingWalk, document: Document | None, url: str, route: Route, received: int
    ) -> Route | StopReason:
        if isinstance(route, AjaxRoute):
            # By what was asked for: an entry that is pinned on top of every batch comes in addition, and moves nothing.
            return route.at(route.start + min(received, route.size))
        if document is None:
            return StopReason.END
        more = self.more_of(document.root, url, received)
        if more.route is None and not more.said:
            # A short page may be all there is; a full first one hides its way on from us.
            return StopReason.NO_MORE if walk.walk.pages == 1 and received >= PAGE_SIZE else StopReason.END
        if more.route is None:
            return StopReason.NO_WAY
        if authority(more.route.url) not in self.allowed_authorities:
            self.note("offsite_more", more.route.url)
            return StopReason.OFFSITE
        if isinstance(more.route, LinkRoute) and more.route.url in walk.visited and not walk.rereading:
            return StopReason.CIRCLE
        if walk.mixed and self._is_by_number(more.route):
            # What a stream of all sources has shown says nothing of how far the source's own listing was read.
            return more.route.at(0)
        return more.route

    def more_of(self, root: Element, url: str, received: int) -> More:
        """The way on that the page names, if the settings allow it; else the call for the source that they name."""
        more = self.reading.more(root, url, received)
        allowed = {"link": LinkRoute, "ajax": AjaxRoute, "browser": SplashRoute}.get(self.options.pagination)
        if more.route is not None and (allowed is None or isinstance(more.route, allowed)):
            return more
        endpoint = absolute_url(url, AJAX_PATH)
        if self.may_call_by_number and endpoint is not None:
            return More(True, AjaxRoute(endpoint, AJAX_ACTION, self.options.source_id, received, PAGE_SIZE))
        return More(more.said or more.route is not None, None)

    # The number that the settings name

    @property
    def may_call_by_number(self) -> bool:
        """Whether the call for the source that `VOK_SOURCE_ID` names can be made where a page names none."""
        return bool(self.options.source_id) and self.options.pagination in ("auto", "ajax") and not self.number_is_wrong

    def _is_by_number(self, route: Route | None) -> TypeGuard[AjaxRoute]:
        return isinstance(route, AjaxRoute) and route.id == self.options.source_id

    def is_of_others(self, walk: ListingWalk, route: Route, entries: Sequence[Entry]) -> bool:
        """Whether a listing that was called, or led to, as the wanted source's begins with other sources only."""
        if not entries or any(entry.wanted for entry in entries):
            return False
        led_to = walk.led_from is not None and walk.walk.pages == 0 and isinstance(route, LinkRoute | AjaxRoute)
        return led_to or (walk.walk.pages <= 1 and self._is_by_number(route))

    def doubt_number(self, route: Route | None, reason: str) -> None:
        """Makes no more calls by `VOK_SOURCE_ID`, and says so, where one was answered by what is no such listing."""
        if self._is_by_number(route) and reason in NOT_UNDERSTOOD and not self.number_is_wrong:
            self.number_is_wrong = True
            logger.error(
                "VOK_SOURCE_ID=%s: the site's call for it gives nothing of %s (%s); is it the number in the calls of"
                " its listing?",
                self.options.source_id,
                self.options.source,
                reason,
            )

    # What others make of it

    def go_on(self, walk: ListingWalk, request: Request, entries: Sequence[Entry]) -> Iterator[Request]:
        """Gives the request for the next page of a walk, or (`spiders.ways`) holds it back for a better way."""
        yield request

    def first_page_read(self, walk: ListingWalk) -> None:
        """The first page of a walk was read; see `spiders.ways`."""

    def first_page_failed(self, walk: ListingWalk, reason: str, url: str) -> StopReason:
        """The first page of a walk could not be had; gives what the walk is to say of it."""
        self.start_failed(reason, url)
        return StopReason.FAILED

    def on_no_teasers(self, walk: ListingWalk, url: str) -> None:
        """The first page of a walk shows no teasers."""
        self.note("listing_without_teasers", url)

    def broke_off(self, walk: ListingWalk, reason: str, verdict: Callable[[], None]) -> None:
        """A walk stopped before its end; `verdict` says so in the manifest, where no other way leads on."""
        verdict()

    def start_failed(self, reason: str, url: str) -> None:
        """A start page that could not be had: gated, not what it was, or out of reach."""
        self.note(f"start_{reason}", url)
        if reason.startswith("gate_"):
            self.run.statistics.starts_gated += 1
        elif reason in NOT_UNDERSTOOD:
            self.run.statistics.starts_not_understood += 1
        else:
            self.run.statistics.starts_unreachable += 1
        self.stop_at(reason)
