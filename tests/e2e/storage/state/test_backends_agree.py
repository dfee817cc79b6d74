"""The SQLite and the Redis state agree after any sequence of operations."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.conftest import FULL_SIZE
from tests.support.redis_server import RedisServer
from tests.support.state_backends import RedisBackend, SqliteBackend, StateBackend, article, open_state, run
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import FileRow, ListingRow, RetryRow, Status

IDS = st.sampled_from([f"17000000{number:02}-{number}" for number in range(12)])
MOMENTS = st.sampled_from(["2024-12-08T00:00:00Z", "2024-12-09T00:00:00Z", "2024-12-10T00:00:00Z"])
DAYS = st.none() | st.sampled_from(["2024-12-08", "2024-12-09"])
RUNS = st.sampled_from(["first", "second", "third", "fourth"])
SOURCES = st.sampled_from(["Voice of Korea (EN)", "voice of korea (en)", "KCNA"])


class Memories(RuleBasedStateMachine):
    """A file and a server get the same writes, and are compared after each step."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.backends: list[StateBackend] = [
            SqliteBackend(Path(self.folder.name) / "state.sqlite3"),
            RedisBackend.new(self.url),
        ]
        self.states: list[State] = [open_state(backend) for backend in self.backends]
        self.crawls = self.crawls_kept = 0
        self.rolled_back = False

    def teardown(self) -> None:
        for state in self.states:
            state.close()
        self.folder.cleanup()

    def both(self, method: str, *values: Any) -> None:
        one, other = (getattr(state, method)(*values) for state in self.states)
        assert one == other

    @rule(identity=IDS, revision=st.integers(0, 2), status=st.sampled_from(Status), day=DAYS, due=st.none() | MOMENTS)
    def put_article(self, identity: str, revision: int, status: Status, day: str | None, due: str | None) -> None:
        row = article(identity, revision=revision, status=status, published_on=day, next_check_at=due)
        self.both("put_article", row)

    @rule(identity=IDS, first_at=MOMENTS, next_at=MOMENTS)
    def put_retry(self, identity: str, first_at: str, next_at: str) -> None:
        self.both("put_retry", RetryRow(identity, "u", "timeout", 1, first_at, next_at))

    @rule(identity=IDS)
    def drop_retry(self, identity: str) -> None:
        self.both("drop_retry", identity)

    @rule()
    def begin_listing_crawl(self) -> None:
        # What was rolled back may be given once more by a file; a server goes on counting.
        if self.rolled_back:
            return
        self.crawls += 1
        self.both("begin_listing_crawl", "u", "first")

    @rule(number=st.integers(1, 4), back_to=DAYS)
    def complete_listing_crawl(self, number: int, back_to: str | None) -> None:
        if number <= self.crawls:
            self.both("complete_listing_crawl", number, back_to)

    @rule(identity=IDS, number=st.integers(0, 4), delivered=st.booleans())
    def put_entry(self, identity: str, number: int, delivered: bool) -> None:
        if not (delivered and self.states[0].entries([identity]).get(identity)):
            self.both("put_entry", identity, number if 0 < number <= self.crawls else None, delivered)

    @rule(run_id=RUNS, ended=st.booleans(), sha256=st.none() | st.just("abc"))
    def put_run(self, run_id: str, ended: bool, sha256: str | None) -> None:
        self.both("put_run", run(run_id, ended_at="2024-12-10T07:00:00Z" if ended else None, manifest_sha256=sha256))

    @rule(run_id=RUNS, kind=st.sampled_from(["articles", "teasers"]), length=st.integers(0, 9))
    def put_file(self, run_id: str, kind: str, length: int) -> None:
        self.both("put_file", FileRow(f"{kind}/{run_id}.jsonl", run_id, length, length))

    @rule(run_id=RUNS)
    def drop_file(self, run_id: str) -> None:
        self.both("drop_file", f"articles/{run_id}.jsonl")

    @rule(source=SOURCES, head=st.lists(IDS, max_size=2), at=MOMENTS)
    def put_listing(self, source: str, head: list[str], at: str) -> None:
        self.both("put_listing", ListingRow("u", source, tuple(head), None, at, at))

    @rule(source=SOURCES, route=st.sampled_from("ab"))
    def put_route(self, source: str, route: str) -> None:
        self.both("put_route", "start", source, route)
        self.both("put_note", "name", route)

    @rule(source=SOURCES)
    def drop_route(self, source: str) -> None:
        self.both("drop_route", "start", source)

    @rule()
    def commit(self) -> None:
        for state in self.states:
            assert not state.commit()
            state.begin()
        self.crawls_kept = self.crawls

    @rule()
    def roll_back(self) -> None:
        for state in self.states:
            state.rollback()
            state.begin()
        self.rolled_back |= self.crawls > self.crawls_kept
        self.crawls = self.crawls_kept

    @rule()
    def restart(self) -> None:
        for place, (state, backend) in enumerate(zip(self.states, self.backends, strict=True)):
            state.commit()
            state.close()
            self.states[place] = backend.open()
            self.states[place].begin()
        self.crawls_kept = self.crawls

    @invariant()
    def states_agree(self) -> None:
        ids = [f"17000000{number:02}-{number}" for number in range(12)]
        self.both("articles", ids)
        self.both("entries", ids)
        for after in ("", ids[3]):
            self.both("delivered", after, 3)
            self.both("due", "2024-12-09T00:00:00Z", ("2024-12-08T00:00:00Z" if after else "", after), 3)
        for method in (
            "pending_retries",
            "runs",
            "unfinished_runs",
            "last_manifest",
            "files",
            "listings",
            "days",
            "newest",
        ):
            self.both(method)
        for method in ("count_articles", "count_revised", "count_teasers"):
            self.both(method)
        for source in ("VOICE of Korea (EN)", "kcna"):
            self.both("listing", "u", source)
            self.both("stored_route", "start", source)
        for method in ("all_articles", "delivered_teasers"):
            one, other = (sorted(getattr(state, method)(), key=str) for state in self.states)
            assert one == other


def test_sqlite_and_redis_state_agree_after_any_operations(redis_server: RedisServer) -> None:
    Memories.url = redis_server.url
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Memories,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.thorough
def test_they_do_so_for_long(redis_server: RedisServer) -> None:
    Memories.url = redis_server.url
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Memories,
        settings=settings(
            max_examples=150 if FULL_SIZE else 60,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
