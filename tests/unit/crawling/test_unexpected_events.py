"""Events that answer nothing are errors of their own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.simulation.memory_state import MemoryState
from vokcrawl.crawling.actions import FetchListing
from vokcrawl.crawling.context import CrawlConfig
from vokcrawl.crawling.crawl import Crawl
from vokcrawl.crawling.events import ListingFailed, ListingFetched, ListingPage, PageKind, Started, UnexpectedEvent
from vokcrawl.pages.routes import LinkRoute

URL = "https://site.test/article/163/"
NOW = datetime(2025, 6, 30, 6, tzinfo=UTC)


def started() -> tuple[Crawl, FetchListing]:
    """A crawl of one listing, and the request for its first page."""
    config = CrawlConfig(start_urls=(URL,), hosts=frozenset({"site.test"}))
    crawl = Crawl(config, MemoryState(), now=lambda: NOW, run_id="20250630T060000Z")
    (request,) = crawl.handle(Started())
    assert isinstance(request, FetchListing)
    return crawl, request


def answer(request: FetchListing) -> ListingFetched:
    return ListingFetched(request, URL, ListingPage([], PageKind.END), is_final=True)


def test_answer_of_unknown_listing_is_an_error() -> None:
    crawl, _ = started()
    other = FetchListing("https://site.test/other/", LinkRoute("https://site.test/other/"))
    with pytest.raises(UnexpectedEvent, match="no such listing"):
        crawl.handle(answer(other))


def test_second_answer_is_an_error() -> None:
    crawl, request = started()
    crawl.handle(ListingFailed(request, "http_503", URL))
    with pytest.raises(UnexpectedEvent, match="no such request is under way"):
        crawl.handle(ListingFailed(request, "http_503", URL))


def test_answer_to_another_request_is_an_error() -> None:
    crawl, request = started()
    with pytest.raises(UnexpectedEvent, match="no such request is under way"):
        crawl.handle(answer(FetchListing(request.listing, LinkRoute(f"{URL}page/2/"))))


def test_answer_after_the_end_is_an_error() -> None:
    crawl, request = started()
    crawl.handle(ListingFailed(request, "http_503", URL))
    crawl.finish(True)
    with pytest.raises(UnexpectedEvent):
        crawl.handle(answer(request))
