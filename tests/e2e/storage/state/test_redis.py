"""The state that workers share: of two conflicting writes one wins, and nothing is delivered twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.lossy_connection import LossyConnection
from tests.support.redis_server import RedisServer
from tests.support.state_backends import NOW, RedisBackend, article, open_state, run
from vokcrawl.errors import ExitCode, RedisUnavailableError, StateError, StorageError
from vokcrawl.storage.state.protocol import Lost, State
from vokcrawl.storage.state.redis.connection import Server
from vokcrawl.storage.state.redis.store import RedisState
from vokcrawl.storage.state.rows import EntryRow, RetryRow

A = "1733800000-1"
B = "1733800001-2"


@pytest.fixture
def backend(redis_server: RedisServer) -> RedisBackend:
    return RedisBackend.new(redis_server.url)


@pytest.fixture
def one(backend: RedisBackend) -> Iterator[State]:
    state = open_state(backend)
    yield state
    state.close()


@pytest.fixture
def other(one: State, backend: RedisBackend) -> Iterator[State]:
    """Another worker's folder looks at the same backend."""
    state = backend.of("b").open()
    yield state
    state.close()


def test_the_second_of_two_workers_that_deliver_an_article_gets_a_conflict(one: State, other: State) -> None:
    for state in (one, other):
        assert state.articles([A]) == {}
        state.put_article(article(A, content_hash=state.__class__.__name__))
    other.put_article(article(B))
    assert not one.commit()
    assert other.commit() == Lost(articles=frozenset({A}))
    assert other.articles([A, B]).keys() == {A, B}, "what was not lost is still to be committed"
    assert one.articles([B]) == {}, "and was not committed with what was lost"
    assert not other.commit()
    assert one.articles([B]) == {B: article(B)}
    assert one.count_articles() == {"delivered": 2}


def test_an_article_that_was_put_without_having_been_read_is_compared_with_what_was_there_then(
    one: State, other: State
) -> None:
    other.put_article(article(A, revision=0))
    one.put_article(article(A))
    assert not one.commit()
    assert other.commit() == Lost(articles=frozenset({A}))


def test_a_retry_is_dropped_once_another_worker_has_delivered_the_article(one: State, other: State) -> None:
    assert other.articles([A]) == {}
    assert other.retry_of(A) is None
    other.put_retry(RetryRow(A, "u", "timeout", 1, NOW, NOW))
    one.put_article(article(A))
    assert not one.commit()
    assert other.commit() == Lost(articles=frozenset({A}))
    assert not other.commit()
    assert one.pending_retries() == []


def test_two_that_found_the_same_article_unchanged_agree_on_one_of_their_checks(one: State, other: State) -> None:
    one.put_article(article(A))
    one.commit()
    for state, checked in ((one, NOW), (other, "2024-12-10T07:00:00Z")):
        row = state.articles([A])[A]
        state.put_article(replace(row, checked_at=checked, next_check_at=checked))
    assert not one.commit()
    assert other.commit()
    assert not other.commit()
    assert [row.next_check_at for row in other.due("2025-01-01T00:00:00Z", ("", ""), 9)] == [NOW]


def test_a_teaser_is_delivered_once_and_each_listing_crawl_that_saw_it_is_stored(one: State, other: State) -> None:
    crawl = other.begin_listing_crawl("u", "second")
    one.put_entry(A, delivered=True)
    other.put_entry(A, crawl, delivered=True)
    other.put_entry(B, crawl, delivered=True)
    assert not one.commit()
    assert other.commit() == Lost(teasers=frozenset({A}))
    assert not other.commit()
    assert one.entries([A, B]) == {each: EntryRow(each, crawl, True, False, None) for each in (A, B)}
    assert one.count_teasers() == 2


def test_listing_crawls_of_two_workers_have_different_numbers(one: State, other: State) -> None:
    assert one.begin_listing_crawl("u", "first") != other.begin_listing_crawl("u", "second")


def test_a_run_id_belongs_to_one_of_all_workers_and_runs_and_files_to_their_folder(one: State, other: State) -> None:
    assert one.take_run_id("20241210T060000Z")
    assert not other.take_run_id("20241210T060000Z")
    assert other.runs() == other.files() == []
    other.put_run(run("second", manifest_sha256="abc"))
    other.commit()
    assert one.last_manifest() is None
    assert other.last_manifest() == ("second", "abc")


def test_a_commit_whose_answer_was_lost_is_asked_for_again_and_counts_once(redis_server: RedisServer) -> None:
    backend = RedisBackend.new(redis_server.url)
    with LossyConnection(redis_server.port) as wire:
        state = RedisBackend(f"redis://127.0.0.1:{wire.port}/0", backend.prefix).open()
        state.put_article(article(A))
        state.put_entry(A, delivered=True)
        wire.cut(b'"token"')
        assert not state.commit()
        assert wire.cuts == 1
        state.close()
    again = backend.open()
    assert (again.count_articles(), again.count_teasers()) == ({"delivered": 1}, 1)
    again.close()


def test_a_server_that_was_killed_and_started_again_knows_all_that_was_committed(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis") as server:
        state = open_state(RedisBackend.new(server.url))
        state.put_article(article(A))
        assert not state.commit()
        server.kill()
        server.start()
        assert state.articles([A]) == {A: article(A)}
        state.put_article(article(B))
        assert not state.commit()
        server.kill()
        server.start()
        assert [row.id for row in state.delivered("", 9)] == [A, B]
        state.close()


def test_a_server_that_stays_unreachable_is_waited_for_once_and_then_reported(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis") as server:
        opened = Server(server.url, "test", patience=0.5)
        opened.open(make=True)
        state = RedisState(opened, "a")
        state.put_article(article(A))
        server.kill()
        began = time.monotonic()
        for _ in range(3):
            with pytest.raises(RedisUnavailableError, match="VOK_REDIS_TIMEOUT") as away:
                state.commit()
        assert away.value.exit_code is ExitCode.UNREACHABLE
        assert 0.5 <= time.monotonic() - began < 3
        state.close()


def test_a_server_that_has_forgotten_a_commit_is_not_built_upon(one: State, redis_server: RedisServer) -> None:
    assert isinstance(one, RedisState)
    one.put_article(article(A))
    assert not one.commit()
    one.put_article(article(B))
    with redis_server.client() as client:
        client.delete(*client.keys(f"{one.server.prefix}:*"))
    with pytest.raises(StateError, match="has lost committed data"):
        one.commit()


def test_an_older_copy_of_the_state_is_not_used(one: State, redis_server: RedisServer) -> None:
    assert isinstance(one, RedisState)
    one.put_article(article(A))
    one.commit()
    with redis_server.client(decode_responses=False) as client:
        copy = {key: client.dump(key) for key in client.keys(f"{one.server.prefix}:*")}
        one.put_article(article(B))
        one.commit()
        client.delete(*client.keys(f"{one.server.prefix}:*"))
        for key, kept in copy.items():
            client.restore(key, 0, kept)
    one.put_article(article(B, revision=2))
    with pytest.raises(StateError, match="has lost committed data"):
        one.commit()
    assert list(one.articles([A, B])) == [A, B], "what was not committed is still to be seen here"


def test_a_worker_of_another_version_that_is_still_at_work_is_stopped(one: State, redis_server: RedisServer) -> None:
    assert isinstance(one, RedisState)
    one.put_article(article(A))
    with redis_server.client() as client:
        client.hset(one.server.key("marker"), "version", "999")
    with pytest.raises(StateError, match="update this worker"):
        one.commit()


def test_a_server_without_room_for_more_is_a_storage_failure_and_takes_the_batch_later(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis") as server, server.client() as client:
        state = open_state(RedisBackend.new(server.url))
        state.put_article(article(A))
        client.config_set("maxmemory", "1mb")
        with pytest.raises(StorageError, match="memory is full") as full:
            state.commit()
        assert full.value.exit_code is ExitCode.STORAGE
        client.config_set("maxmemory", "0")
        assert not state.commit()
        assert state.articles([A]) == {A: article(A)}
        state.close()


def test_the_check_finds_numbers_that_do_not_agree(one: State, redis_server: RedisServer) -> None:
    assert isinstance(one, RedisState)
    one.put_article(article(A, published_on="2024-12-10"))
    assert not one.commit()
    assert one.check() == []
    with redis_server.client() as client:
        client.hincrby(one.server.key("statuses"), "delivered", 1)
        client.delete(one.server.key("delivered"))
    assert len(one.check()) == 2
