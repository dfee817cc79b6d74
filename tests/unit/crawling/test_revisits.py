"""When delivered articles are checked again, after a change of the settings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from scrapy.settings import Settings

from tests.simulation.memory_state import MemoryState
from vokcrawl.crawling.context import CrawlConfig
from vokcrawl.crawling.crawl import Crawl
from vokcrawl.crawling.events import Started
from vokcrawl.normalize import utc
from vokcrawl.runs.run import Run
from vokcrawl.spiders.run_recorder import RunRecorder
from vokcrawl.storage.state.rows import ArticleRow, Status

NOW = datetime(2025, 6, 30, 6, tzinfo=UTC)
ID = "1750885366-665971553"


def next_check(due: datetime | None, ages: tuple[int, ...], missing_since: datetime | None = None) -> str | None:
    """When an article that was first seen ten days ago is checked, after a run with these VOK_RECHECK_DAYS."""
    state = MemoryState()
    row = ArticleRow(
        ID,
        f"https://site.test/newstream/{ID}/slug/",
        Status.DELIVERED,
        revision=1,
        first_seen_at=utc(NOW - timedelta(days=10)),
        next_check_at=utc(due) if due is not None else None,
        missing_since=utc(missing_since) if missing_since is not None else None,
    )
    state.put_article(row)
    state.put_note("recheck_days", "1,3,7")
    crawl = Crawl(CrawlConfig(recheck_days=ages), state, now=lambda: NOW, run_id="20250630T060000Z")
    crawl.handle(Started())
    return state.articles([ID])[ID].next_check_at


def test_crawl_starts_when_its_run_does() -> None:
    # `verify` compares the note with the starts of the runs; the core is created a moment later.
    run = Run.in_memory("vok", {}, Settings())
    run.clock = lambda: run.started + timedelta(seconds=2)
    RunRecorder(run, ()).crawl(CrawlConfig()).handle(Started())
    assert run.state.note("last_started") == utc(run.started)
    run.state.close()


@pytest.mark.parametrize("ages", [(30,), (20, 90), (0,), (1, 3)])
def test_check_that_is_due_stays_due_when_the_ages_change(ages: tuple[int, ...]) -> None:
    due = NOW - timedelta(hours=1)
    assert next_check(due, ages) == utc(due)


def test_check_that_is_not_due_moves_to_the_new_ages() -> None:
    assert next_check(NOW + timedelta(days=2), (30,)) == utc(NOW + timedelta(days=20))
    # All checks were done; a later age adds another one.
    assert next_check(None, (1, 3, 7, 90)) == utc(NOW + timedelta(days=80))


def test_without_ages_nothing_is_checked() -> None:
    assert next_check(NOW - timedelta(hours=1), ()) is None


def test_second_check_of_a_missing_article_is_not_postponed() -> None:
    due = NOW + timedelta(hours=3)
    assert next_check(due, (30,), missing_since=NOW - timedelta(hours=21)) == utc(due)
