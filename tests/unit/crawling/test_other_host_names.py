"""Article links with another name of the site: the listing is not complete, and the log names the setting to change."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from tests.simulation.memory_state import MemoryState
from vokcrawl.crawling.actions import FetchArticle, FetchListing
from vokcrawl.crawling.context import CrawlConfig
from vokcrawl.crawling.crawl import Crawl
from vokcrawl.crawling.events import ListingFetched, ListingPage, Started
from vokcrawl.normalize import authority
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.policy.outcome import determine_outcome
from vokcrawl.policy.pagination import StopReason

NOW = datetime(2025, 6, 30, 6, tzinfo=UTC)
LOGO = "/logos/voice-of-korea-en.jpg"


@pytest.mark.parametrize(
    ("start", "other"),
    [
        ("https://site.test", "https://www.site.test"),
        ("https://www.site.test", "https://site.test"),
        ("http://localhost:8000", "http://127.0.0.1:8000"),
        ("https://site.test", "https://site.test:8443"),
    ],
)
def test_links_with_another_name_of_the_site_leave_the_listing_incomplete(
    start: str, other: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"{start}/article/163/"
    config = CrawlConfig(start_urls=(url,), hosts=frozenset({authority(url)}))
    crawl = Crawl(config, MemoryState(), now=lambda: NOW, run_id="20250630T060000Z")
    (request,) = crawl.handle(Started())
    assert isinstance(request, FetchListing)
    teasers = [
        RawTeaser(
            f"175124160{number}-{number}",
            f"{other}/newstream/175124160{number}-{number}/slug/",
            number,
            "Title",
            "Excerpt",
            "June 29, 2025",
            LOGO,
            None,
            "marked",
        )
        for number in range(1, 4)
    ]
    actions = crawl.handle(ListingFetched(request, url, ListingPage(teasers), is_final=True))
    assert not any(isinstance(each, FetchArticle) for each in actions)
    with caplog.at_level(logging.ERROR):
        crawl.finish(True)
    (listing,) = crawl.listings.values()
    assert (listing.is_complete, listing.progress.stopped) == (False, StopReason.UNRESOLVED)
    named = (
        f"3 article links lead to {authority(other)}; if that is the same site, use it in VOK_START_URLS or start_url"
    )
    assert named in caplog.text
    assert determine_outcome(crawl.statistics)[0] == "incomplete"
