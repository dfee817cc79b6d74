"""What every state backend does: rows are stored durably, and a batch is committed at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.state_backends import NOW, StateBackend, article, open_state, run
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import ArticleRow, EntryRow, FileRow, ListingRow, RetryRow, Status

Restart = Callable[[], State]


TEXT = st.none() | st.text(st.characters(codec="utf-8"), max_size=20)
MOMENTS = st.none() | st.datetimes(datetime(1970, 1, 1)).map(  # noqa: DTZ001  in UTC
    "{:%Y-%m-%dT%H:%M:%SZ}".format
)
ARTICLE = st.builds(
    ArticleRow,
    id=st.from_regex(r"[0-9]{10}-[0-9]{1,4}", fullmatch=True),
    url=st.text(st.characters(codec="utf-8"), max_size=20),
    status=st.sampled_from(Status),
    revision=st.integers(0, 2**31),
    truncated=st.booleans(),
    **dict.fromkeys(("next_check_at", "first_seen_at", "missing_since"), MOMENTS),
    missing_status=st.none() | st.sampled_from([404, 410]),
    **dict.fromkeys(("content_hash", "published_on", "etag"), TEXT),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ARTICLE, max_size=8, unique_by=lambda row: row.id))
def test_articles_come_out_as_they_went_in(backend: StateBackend, rows: list[ArticleRow]) -> None:
    state = open_state(backend)
    for row in rows:
        state.put_article(replace(row, url="before", revision=0))
        state.put_article(row)
    wanted = {row.id: row for row in rows}
    assert state.articles(wanted) == wanted
    assert not state.commit()
    state.close()
    state = backend.open()
    assert state.articles(wanted) == wanted
    assert all(type(row.status) is Status and type(row.truncated) is bool for row in state.all_articles())
    state.close()


def test_every_kind_of_row_comes_out_as_it_went_in_after_a_restart(state: State, restart: Restart) -> None:
    begun = run("20241210T060000Z", ended_at=None, outcome=None, exit_code=None)
    pending = RetryRow("1733800000-1", "http://site.test/x/", "http_503", 2, NOW, NOW, None)
    listing = ListingRow(
        "http://site.test/article/163/", "Voice of Korea (EN)", ("a", 'b"'), None, NOW, NOW, '"tag"', None
    )
    file = FileRow("articles/20241210T060000Z.jsonl", begun.run_id, 10, 1)
    state.put_run(begun)
    state.put_retry(pending)
    state.put_listing(listing)
    state.put_file(file)
    again = restart()
    assert again.runs() == [begun, run("first")]
    assert again.unfinished_runs() == [begun]
    assert again.pending_retries() == [pending]
    assert again.retry_of(pending.id) == pending
    assert again.listings() == [listing]
    assert again.listing(listing.url, "voice of korea (en)") == listing
    assert again.files() == again.files(begun.run_id) == [file]
    assert again.check() == []


def test_what_is_unknown_is_none_or_empty(state: State) -> None:
    assert state.articles(["x"]) == state.entries(["x"]) == state.articles([]) == {}
    assert state.retry_of("x") is state.listing("x", "y") is state.last_manifest() is None
    assert state.pending_retries() == state.files() == state.listings() == state.days() == []
    assert (state.count_articles(), state.count_revised(), state.count_teasers()) == ({}, 0, 0)


def test_more_ids_than_a_statement_takes_are_asked_for_in_parts(state: State) -> None:
    ids = [f"{number:010}-1" for number in range(1201)]
    for identity in ids:
        state.put_article(article(identity))
        state.put_entry(identity, delivered=True)
    assert list(state.articles([*ids, *ids])) == ids
    assert state.entries(ids).keys() == set(ids)


def test_what_was_not_committed_is_not_there_after_a_restart(state: State, backend: StateBackend) -> None:
    state.put_article(article("1-1"))
    state.commit()
    state.begin()
    state.begin()
    state.put_article(article("1-2"))
    state.put_article(article("1-1", revision=2))
    assert state.articles(["1-1"])["1-1"].revision == 2
    other = backend.open()
    assert [row.revision for row in other.all_articles()] == [1]
    other.close()
    state.rollback()
    assert [row.id for row in state.all_articles()] == ["1-1"]
    state.rollback()
    state.commit()


# Runs


def test_runs_are_listed_newest_first_and_keep_their_order_when_they_end(state: State) -> None:
    for name in ("b", "a", "c"):
        state.put_run(run(name, ended_at=None))
    state.put_run(run("b", manifest_sha256="1"))
    assert [row.run_id for row in state.runs()] == ["c", "a", "b", "first"]
    assert [row.run_id for row in state.runs(1)] == ["c"]
    assert state.run_ids() == {"c", "a", "b", "first"}
    assert [row.run_id for row in state.unfinished_runs()] == ["a", "c"]
    assert not state.take_run_id("a")
    assert state.take_run_id("d")
    assert state.last_manifest() == ("b", "1")
    state.put_run(run("a", manifest_sha256="2"))
    assert state.last_manifest() == ("a", "2")


def test_files_are_listed_by_run_and_can_be_dropped(state: State) -> None:
    one, two = FileRow("articles/a.jsonl", "a", 1, 1), FileRow("teasers/b.jsonl", "b", 2, 2)
    state.put_file(two)
    state.put_file(one)
    state.put_file(replace(one, bytes=9))
    assert state.files() == [replace(one, bytes=9), two]
    assert state.files("b") == [two]
    state.drop_file(two.path)
    assert state.files("b") == []


# Articles


def test_due_are_those_whose_moment_has_come_in_order_and_in_parts(state: State) -> None:
    moments = {
        "a": "2024-12-09T00:00:00Z",
        "b": "2024-12-08T00:00:00Z",
        "c": NOW,
        "d": "2024-12-10T06:00:01Z",
        "e": None,
    }
    for identity, moment in moments.items():
        state.put_article(article(identity, next_check_at=moment))
    state.put_article(article("bb", next_check_at=moments["b"]))
    assert [row.id for row in state.due(NOW, ("", ""), 10)] == ["b", "bb", "a", "c"]
    met: list[str] = []
    place = ("", "")
    while rows := state.due(NOW, place, 1):
        met += [row.id for row in rows]
        place = (rows[-1].next_check_at or "", rows[-1].id)
    assert met == ["b", "bb", "a", "c"]


def test_the_newest_is_the_delivered_article_that_the_site_took_in_last(state: State) -> None:
    assert state.newest() is None
    for row in (article("1700000003-1"), article("1700000001-2"), article("1700000009-3", revision=0)):
        state.put_article(row)
    assert state.newest() == "1700000003-1"


def test_delivered_are_those_with_a_version_in_order_and_in_parts(state: State) -> None:
    for identity, revision in (("c", 1), ("a", 2), ("b", 0)):
        state.put_article(article(identity, revision=revision, published_on="2024-12-10"))
    state.put_article(article("d", published_on="2024-12-09"))
    state.put_article(article("e", status=Status.OTHER, revision=0))
    assert [row.id for row in state.delivered("", 10)] == ["a", "c", "d"]
    assert [row.id for row in state.delivered("a", 1)] == ["c"]
    assert state.days() == [("2024-12-09", 1), ("2024-12-10", 2)]
    assert state.count_articles() == {Status.DELIVERED: 4, Status.OTHER: 1}
    assert state.count_revised() == 1


# Teasers, listing crawls and covered entries


def test_an_entry_stores_its_listing_crawl_and_its_delivery_separately(state: State) -> None:
    crawl = state.begin_listing_crawl("http://site.test/", "run")
    state.put_entry("a", crawl)
    state.put_entry("a", delivered=True)
    state.put_entry("b", delivered=True)
    state.put_entry("b", crawl)
    assert state.entries("ab") == {each: EntryRow(each, crawl, True, False, None) for each in "ab"}
    state.put_entry("c", crawl)
    assert state.count_teasers() == 2
    assert list(state.delivered_teasers()) == ["a", "b"]


def test_an_entry_counts_as_crawled_only_after_a_complete_listing_crawl(state: State) -> None:
    first = state.begin_listing_crawl("http://site.test/", "run-1")
    state.put_entry("a", first)
    state.put_entry("never")
    assert not state.entries(["a"])["a"].already_crawled(None)
    second = state.begin_listing_crawl("http://site.test/", "run-2")
    assert second > first
    state.put_entry("a", second)
    state.complete_listing_crawl(first, None)
    assert not state.entries(["a"])["a"].already_crawled(None), "a later crawl saw it too, and that one is open"
    state.complete_listing_crawl(second, None)
    assert state.entries(["a"])["a"].already_crawled(None)
    assert not state.entries(["never"])["never"].already_crawled(None)


@pytest.mark.parametrize(
    ("covered_since", "since", "covered"),
    [
        (None, None, True),
        (None, "2024-12-01", True),
        ("2024-12-01", None, False),
        ("2024-12-01", "2024-11-30", False),
        ("2024-12-01", "2024-12-01", True),
        ("2024-12-01", "2024-12-05", True),
    ],
)
def test_a_listing_crawl_limited_by_date_counts_only_for_runs_with_the_same_or_a_later_limit(
    state: State, covered_since: str | None, since: str | None, covered: bool
) -> None:
    crawl = state.begin_listing_crawl("http://site.test/", "run")
    state.put_entry("a", crawl)
    state.complete_listing_crawl(crawl, covered_since)
    assert state.entries(["a"])["a"].already_crawled(since) is covered
    assert ListingRow("u", "s", (), covered_since, NOW, NOW).covers(since) is covered


def test_numbers_of_listing_crawls_continue_after_a_restart(state: State, restart: Restart) -> None:
    first = state.begin_listing_crawl("u", "run")
    again = restart()
    again.begin()
    assert again.begin_listing_crawl("u", "run-2") > first


# Pending retries


def test_retries_are_listed_oldest_first_and_by_due_time(state: State) -> None:
    rows = {
        "a": RetryRow("a", "u", "timeout", 1, "2024-12-09T00:00:00Z", NOW),
        "b": RetryRow("b", "u", "timeout", 1, "2024-12-08T00:00:00Z", "2024-12-11T00:00:00Z"),
        "c": RetryRow("c", "u", "timeout", 1, "2024-12-08T00:00:00Z", "2024-12-09T00:00:00Z"),
    }
    for row in rows.values():
        state.put_retry(row)
    assert [row.id for row in state.pending_retries()] == ["b", "c", "a"]
    assert [row.id for row in state.pending_retries(until=NOW)] == ["c", "a"]
    state.put_retry(replace(rows["c"], attempts=2, next_attempt_at="2024-12-12T00:00:00Z"))
    assert [row.id for row in state.pending_retries(until=NOW)] == ["a"]
    state.drop_retry("a")
    state.drop_retry("a")
    assert state.pending_retries(until=NOW) == []
