"""Converts Scrapy's responses and failures into events of the crawl. Pages are read here; nothing is decided."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime

from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from vokcrawl.config import Options
from vokcrawl.crawling.actions import FetchArticle, FetchListing, Purpose
from vokcrawl.crawling.article_result import article_page, find_article, led_elsewhere
from vokcrawl.crawling.events import (
    ArticleFailed,
    ArticleFetched,
    ArticleMissing,
    ArticleNotModified,
    BrowserFetched,
    ClickResult,
    Event,
    ListingFailed,
    ListingFetched,
    ListingNotModified,
    ListingPage,
    PageKind,
    SitemapFetched,
)
from vokcrawl.downloader.capture.warc_handler import place_of
from vokcrawl.downloader.failures import CLOSING, block_page_of, lower_headers, name_of, request_of
from vokcrawl.downloader.rendering.pages import rendered_pages
from vokcrawl.downloader.rendering.result import RENDERED, Outcome, Rendered
from vokcrawl.pages.article_parts import part_number
from vokcrawl.pages.block_pages import check_in_headers, redirects_to_block_page
from vokcrawl.pages.document import EMPTY_PAGE, PASSING_FAULTS, REDIRECTED, REFUSALS, Document, PageFault, read_document
from vokcrawl.pages.extractors import Extractor, extractor_at
from vokcrawl.pages.numbered_pages import last_page_number
from vokcrawl.pages.routes import BrowserRoute, SitemapRoute
from vokcrawl.pages.search import number_in_form
from vokcrawl.pages.sitemap import read_sitemap
from vokcrawl.policy.failure_reasons import NOT_RETRIED
from vokcrawl.policy.outcome import RunStatistics
from vokcrawl.spiders.requests import ACTION, requested_url

logger = logging.getLogger(__name__)


class ResponseReader:
    """Reads responses. `report` is called with the name of a problem and the URL where it was seen.

    `now` says when a page was captured, which decides how it is read.
    """

    def __init__(
        self,
        options: Options,
        hosts: Collection[str],
        statistics: RunStatistics,
        now: Callable[[], datetime],
        report: Callable[[str, str], None],
    ) -> None:
        self._options = options
        self._hosts = hosts
        self._statistics = statistics
        self._now = now
        self._report = report

    def event(self, response: Response, fetch: FetchListing | FetchArticle) -> Event:
        """Return the event for a response to a fetch."""
        if isinstance(fetch, FetchArticle):
            return self._article_event(response, fetch)
        if response.status == 304:
            return ListingNotModified(fetch)
        try:
            return self._listing_event(response, fetch)
        except PageFault as fault:
            return ListingFailed(fetch, fault.name, response.url, may_repeat=not isinstance(fetch.route, BrowserRoute))

    def failed(self, failure: Failure) -> Event | None:
        """What it means that a request failed after all retries; None where the crawl is closing."""
        request, reason = request_of(failure), _reason_of(failure)
        if reason == CLOSING:
            return None
        fetch = request.cb_kwargs[ACTION]
        if isinstance(fetch, FetchArticle):
            return ArticleFailed(fetch, reason, request.url)
        # What Scrapy does not retry by itself: without this page the listing would break off here.
        may_repeat = reason in NOT_RETRIED and fetch.purpose is not Purpose.SOURCE_PROBE
        return ListingFailed(fetch, reason, request.url, may_repeat)

    # Listings

    def _listing_event(self, response: Response, fetch: FetchListing) -> Event:
        route = fetch.route
        if isinstance(route, SitemapRoute):
            return self._sitemap_event(response, fetch)
        if isinstance(route, BrowserRoute):
            return self._browser_event(response.meta[RENDERED], fetch, route)
        block = redirects_to_block_page(requested_url(response), response.url)
        if block is not None:
            raise PageFault(block)
        return ListingFetched(fetch, response.url, self._listing_page(response))

    def _listing_page(self, response: Response) -> ListingPage:
        """The page and its teasers; an answer without any says what it shows instead. Raises `PageFault`."""
        etag, last_modified = validators_of(response)
        try:
            document = self._document(response)
        except PageFault as fault:
            if fault.name != EMPTY_PAGE and fault.name not in REFUSALS:
                raise
            _raise_block_page(response)
            kind = PageKind.EMPTY if fault.name == EMPTY_PAGE else PageKind.REFUSAL
            return ListingPage([], kind, etag=etag, last_modified=last_modified, reason=fault.name)
        extractor, root = self._extractor, document.root
        teasers = extractor.teasers(root)
        if not teasers:
            _raise_block_page(response)
        return ListingPage(
            teasers,
            PageKind.TEASERS if teasers else _kind_without_teasers(document),
            lambda: extractor.more(root, response.url, len(teasers)),
            etag,
            last_modified,
            number_in_form(root, self._options.source) or "",
            last_page=lambda: last_page_number(root, response.url),
        )

    def _browser_event(self, rendered: Rendered, fetch: FetchListing, route: BrowserRoute) -> Event:
        if rendered.outcome is Outcome.LATE:
            logger.error(
                "%s: %d clicks deep, VOK_SPLASH_TIMEOUT=%d is too short (Splash's own --max-timeout must allow it)",
                route.url,
                route.skip,
                self._options.splash_timeout,
            )
        pages = rendered_pages(rendered, route.url, self._hosts, self._extractor.teasers)
        self._statistics.pages_read += len(pages)
        return BrowserFetched(fetch, pages, rendered.clicks, _click_result(rendered.outcome), rendered.blocked)

    def _sitemap_event(self, response: Response, fetch: FetchListing) -> Event:
        block = redirects_to_block_page(requested_url(response), response.url)
        if block is not None or response.status != 200:
            raise PageFault(block or f"http_{response.status}")
        sitemap = read_sitemap(response.body)
        if sitemap is None:
            raise PageFault(block_page_of(response) or "not_a_sitemap")
        return SitemapFetched(fetch, response.url, sitemap)

    # Articles

    def _article_event(self, response: Response, fetch: FetchArticle) -> Event:
        requested, identity = requested_url(response), fetch.id
        if response.status == 304:
            return ArticleNotModified(fetch)
        elsewhere = led_elsewhere(requested, response.url, identity)
        if elsewhere is not None:
            # With 404 not this article is missing, but what it was redirected to.
            return ArticleFailed(fetch, elsewhere, requested)
        if fetch.part > 1 and part_number(response.url) != fetch.part:
            # WordPress redirects a part that does not exist to the article.
            return ArticleFailed(fetch, REDIRECTED, requested)
        if response.status in (404, 410):
            return ArticleMissing(fetch, response.url, response.status)
        extractor = self._extractor
        try:
            page = article_page(extractor, self._document(response).root, response.url, response.body)
        except PageFault as fault:
            return ArticleFailed(fetch, fault.name, requested, may_repeat=fault.name in PASSING_FAULTS)
        etag, last_modified = validators_of(response)
        return ArticleFetched(
            fetch,
            response.url,
            find_article(page, identity, response.url, response.body),
            lambda: extractor.more(page.root, response.url, len(page.teasers())),
            etag,
            last_modified,
            place_of(response),
        )

    def _document(self, response: Response) -> Document:
        """The parsed page; a wrong declaration of its encoding is reported. Raises `PageFault`."""
        check = check_in_headers(response.status, lower_headers(response), response.body)
        if check is not None:
            raise PageFault(check)
        if response.status != 200:
            # A part of a page (206), or one that some proxy has changed (203), is not the page.
            raise PageFault(f"http_{response.status}")
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        document = read_document(response.body, content_type, response.url)
        self._statistics.pages_read += 1
        if document.wrong_charset:
            self._report("wrong_charset", response.url)
        return document

    @property
    def _extractor(self) -> Extractor:
        return extractor_at(self._now())


def validators_of(response: Response) -> tuple[str | None, str | None]:
    """ETag and Last-Modified of an answer, as sent."""
    return _header(response, "ETag"), _header(response, "Last-Modified")


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _reason_of(failure: Failure) -> str:
    """The name of a failure in the manifest; a block page where the answer was one."""
    if isinstance(failure.value, HttpError):
        response = failure.value.response
        block = redirects_to_block_page(requested_url(response), response.url) or block_page_of(response)
        if block is not None:
            return block
    return name_of(failure)


def _raise_block_page(response: Response) -> None:
    block = block_page_of(response)
    if block is not None:
        raise PageFault(block)


def _kind_without_teasers(document: Document) -> PageKind:
    if document.is_blank:
        return PageKind.EMPTY
    return PageKind.END if document.says_end else PageKind.OTHER


def _click_result(outcome: Outcome) -> ClickResult:
    """The result of the last click; after any that is not named there may be more, and the next step is requested."""
    return next((result for result in ClickResult if result.value == outcome.value), ClickResult.MORE)
