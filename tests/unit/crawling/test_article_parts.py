"""An article in several parts is requested part by part, and becomes one record or one retry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.simulation.memory_state import MemoryState
from vokcrawl.crawling.actions import Action, Emit, FetchArticle, Report
from vokcrawl.crawling.article_parts import MAX_PARTS
from vokcrawl.crawling.article_result import ArticleResult
from vokcrawl.crawling.context import CrawlConfig
from vokcrawl.crawling.crawl import Crawl
from vokcrawl.crawling.events import AllPagesRead, ArticleFailed, ArticleFetched, ArticleMissing, Started
from vokcrawl.items import ARTICLE
from vokcrawl.normalize import content_hash

ID = "1750885366-665971553"
URL = f"https://site.test/newstream/{ID}/slug/"
NOW = datetime(2025, 6, 30, 6, tzinfo=UTC)
PLACE = {"file": "archive/a.warc.gz", "offset": 7, "digest": "sha256:0"}


class Scenario:
    """A crawl that starts at an article, and its pending request."""

    def __init__(self) -> None:
        self.state = MemoryState()
        config = CrawlConfig(start_urls=(URL,), hosts=frozenset({"site.test"}), pagination="link")
        self.crawl = Crawl(config, self.state, now=lambda: NOW, run_id="20250630T060000Z")
        (self.request,) = self.crawl.handle(Started())
        assert isinstance(self.request, FetchArticle)

    def answer(self, body: str, last: int, **changes: Any) -> list[Action]:
        """Answers the pending request with a page that links to the parts up to `last`."""
        number = self.request.part
        parts = tuple((each, f"{URL}{each}/") for each in range(2, last + 1) if each != number)
        item = {
            "schema": ARTICLE,
            "id": ID,
            "url": URL,
            "title": "Title",
            "body": body,
            "images": [{"url": f"https://site.test/{body or 'none'}.jpg", "caption": None}] if body else [],
            "published_on": "2025-06-25",
            "source": "Voice of Korea (EN)",
            "truncated": False,
            "content_hash": content_hash("Title", body),
            "extractor": "kcnawatch-article/2+structure",
        }
        item |= changes.pop("item", {})
        given = {"unfit": None, "block": lambda skip: [], "parts": parts, **changes}
        found = ArticleResult(item, "Voice of Korea (EN)", None, True, True, **given)
        event = ArticleFetched(
            self.request, self.request.url, found, etag='"1"', archived_as=PLACE | {"offset": number}
        )
        return self._handle(event)

    def fail(self, reason: str) -> list[Action]:
        return self._handle(ArticleFailed(self.request, reason, self.request.url))

    def _handle(self, event: Any) -> list[Action]:
        actions = self.crawl.handle(event)
        following = [each for each in actions if isinstance(each, FetchArticle)]
        if following:
            (self.request,) = following
        return actions

    def retry(self) -> tuple[str, str] | None:
        row = self.state.retry_of(ID)
        return (row.url, row.reason) if row is not None else None


def records(actions: Sequence[Action]) -> list[dict[str, Any]]:
    return [each.record for each in actions if isinstance(each, Emit)]


def reports(actions: Sequence[Action]) -> list[tuple[str, str]]:
    return [(each.reason, each.url) for each in actions if isinstance(each, Report)]


def test_parts_become_one_record() -> None:
    started = Scenario()
    assert records(started.answer("One", 3)) == []
    assert (started.request.url, started.request.part) == (f"{URL}2/", 2)
    assert records(started.answer("Two", 3, unfit="without_title")) == []
    assert (started.request.url, started.request.part) == (f"{URL}3/", 3)
    (record,) = records(started.answer("Three", 3, item={"truncated": True}))
    assert record["body"] == "One\n\nTwo\n\nThree"
    assert record["content_hash"] == content_hash("Title", record["body"])
    assert [each["url"].rpartition("/")[2] for each in record["images"]] == ["One.jpg", "Two.jpg", "Three.jpg"]
    assert (record["url"], record["archived_as"], record["truncated"]) == (URL, PLACE | {"offset": 1}, True)


def test_parts_that_only_the_page_before_links_are_read() -> None:
    started = Scenario()
    for number in range(1, 5):
        assert records(started.answer(f"Part {number}", min(5, number + 1))) == []
    (record,) = records(started.answer("Part 5", 4))
    assert record["body"].count("\n\n") == 4


def test_validators_of_the_first_part_are_not_kept() -> None:
    started = Scenario()
    started.answer("One", 2)
    started.answer("Two", 2)
    assert started.crawl.context.results.validators[ID] == (None, None)


@pytest.mark.parametrize("reason", ["http_500", "http_404", "redirected", "timeout"])
def test_part_that_fails_schedules_a_retry_of_the_article(reason: str) -> None:
    started = Scenario()
    started.answer("One", 2)
    actions = started.fail(reason)
    assert records(actions) == []
    assert (f"article_{reason}", f"{URL}2/") in reports(actions)
    assert started.retry() == (URL, reason)
    assert started.crawl.statistics.pages_failed == 1


def test_missing_part_is_no_missing_article() -> None:
    started = Scenario()
    started.answer("One", 2)
    started.crawl.handle(ArticleMissing(started.request, started.request.url, 404))
    assert started.retry() == (URL, "http_404")
    row = started.state.retry_of(ID)
    assert row is not None
    assert row.missing_since is None


@pytest.mark.parametrize(
    ("body", "changes", "reason"),
    [
        ("One", {}, "part_repeats"),
        ("", {}, "part_without_text"),
        ("", {"unfit": "block_page_sign_up"}, "block_page_sign_up"),
        ("", {"unfit": "without_text"}, "without_text"),
    ],
)
def test_part_that_is_not_understood_fails_the_article(body: str, changes: dict[str, Any], reason: str) -> None:
    started = Scenario()
    started.answer("One", 2)
    actions = started.answer(body, 2, **changes)
    assert records(actions) == []
    assert (f"article_{reason}", f"{URL}2/") in reports(actions)
    assert started.retry() == (URL, reason)


def test_empty_content_element_is_a_part() -> None:
    started = Scenario()
    started.answer("One", 2)
    (record,) = records(started.answer("", 2, item={"extractor": "kcnawatch-article/2+content"}))
    assert record["body"] == "One"


def test_number_of_parts_is_bounded() -> None:
    started = Scenario()
    for number in range(1, MAX_PARTS):
        started.answer(f"Part {number}", 9999)
    actions = started.answer("The last one", 9999)
    assert (records(actions), started.retry()) == ([], (URL, "too_many_parts"))


def test_gap_between_linked_parts_fails_the_article() -> None:
    started = Scenario()
    actions = started.answer("One", 1, parts=((3, f"{URL}3/"),))
    assert (records(actions), started.retry()) == ([], (URL, "part_missing"))


def test_part_on_another_host_is_not_requested() -> None:
    started = Scenario()
    actions = started.answer("One", 1, parts=((2, URL.replace("site.test", "other.test") + "2/"),))
    assert not any(isinstance(each, FetchArticle) for each in actions)
    assert started.retry() == (URL, "part_missing")


def test_parts_of_another_source_are_not_requested() -> None:
    other = Scenario()
    parts = ((2, f"{URL}2/"),)
    found = ArticleResult({"body": ""}, "Rodong Sinmun (Kr)", None, True, True, None, lambda skip: [], parts=parts)
    actions = other.crawl.handle(ArticleFetched(other.request, URL, found))
    assert not any(isinstance(each, FetchArticle) for each in actions)


def test_archive_that_ends_before_the_last_part_leaves_a_retry() -> None:
    started = Scenario()
    started.answer("One", 2)
    assert records(started.crawl.handle(AllPagesRead())) == []
    assert started.retry() == (URL, "part_missing")


def test_part_without_the_first_one_gives_no_record() -> None:
    started = Scenario()
    started.request = FetchArticle(ID, f"{URL}2/", part=2)
    actions = started.answer("Two", 2)
    assert (records(actions), reports(actions)) == ([], [("article_part_alone", f"{URL}2/")])
