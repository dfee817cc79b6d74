"""The memory in one SQLite file: what is put in comes out, also after a restart, and nothing foreign is touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vokcrawl.errors import ExitCode, StateUnusable, StorageFailed
from vokcrawl.state.rows import ArticleRow, EntryRow, FileRow, ListingRow, OwedRow, RunRow, Status
from vokcrawl.state.schema import APPLICATION_ID, VERSION
from vokcrawl.state.sqlite import SqliteState

NOW = "2024-12-10T06:00:00Z"
Restart = Callable[[], SqliteState]


def run(run_id: str, **given: Any) -> RunRow:
    known: dict[str, Any] = {"started_at": NOW, "ended_at": NOW, "outcome": "done", "exit_code": 0}
    return RunRow(run_id, **(known | {"manifest_sha256": None, "draft": "{}"} | given))


def made(path: Path) -> SqliteState:
    """A state that knows of one run, as every one does that is found again; its transaction is open."""
    state = SqliteState.open(path, expected=False)
    state.begin()
    state.put_run(run("first"))
    state.commit()
    state.begin()
    return state


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite3"


@pytest.fixture
def state(path: Path) -> Iterator[SqliteState]:
    opened = made(path)
    yield opened
    opened.close()


@pytest.fixture
def restart(state: SqliteState, path: Path) -> Iterator[Restart]:
    """Commits, and opens the file anew beside the first connection."""
    opened: list[SqliteState] = []

    def again() -> SqliteState:
        state.commit()
        opened.append(SqliteState.open(path, expected=True))
        return opened[-1]

    yield again
    for each in opened:
        each.close()


def article(identity: str, **given: Any) -> ArticleRow:
    known: dict[str, Any] = {"url": f"http://site.test/{identity}/", "status": Status.DELIVERED, "revision": 1}
    return ArticleRow(identity, **(known | given))


TEXT = st.none() | st.text(st.characters(codec="utf-8"), max_size=20)
ARTICLE = st.builds(
    ArticleRow,
    id=st.from_regex(r"[0-9]{10}-[0-9]{1,4}", fullmatch=True),
    url=st.text(st.characters(codec="utf-8"), max_size=20),
    status=st.sampled_from(Status),
    revision=st.integers(0, 2**31),
    truncated=st.booleans(),
    missing_status=st.none() | st.sampled_from([404, 410]),
    **dict.fromkeys(("content_hash", "published_on", "first_seen_at", "next_check_at", "etag", "missing_since"), TEXT),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(ARTICLE, max_size=8, unique_by=lambda row: row.id))
def test_articles_come_out_as_they_went_in(tmp_path_factory: pytest.TempPathFactory, rows: list[ArticleRow]) -> None:
    path = tmp_path_factory.mktemp("state") / "state.sqlite3"
    state = made(path)
    for row in rows:
        state.put_article(replace(row, url="before", revision=0))
        state.put_article(row)
    assert state.articles(row.id for row in rows) == {row.id: row for row in rows}
    state.commit()
    state.close()
    state = SqliteState.open(path, expected=True)
    assert list(state.all_articles()) == sorted(rows, key=lambda row: row.id)
    assert all(type(row.status) is Status and type(row.truncated) is bool for row in state.all_articles())
    state.close()


def test_every_kind_of_row_comes_out_as_it_went_in_after_a_restart(state: SqliteState, restart: Restart) -> None:
    begun = run("20241210T060000Z", ended_at=None, outcome=None, exit_code=None)
    owed = OwedRow("1733800000-1", "http://site.test/x/", "http_503", 2, NOW, NOW, None)
    listing = ListingRow(
        "http://site.test/article/163/", "Voice of Korea (EN)", ("a", 'b"'), None, NOW, NOW, '"tag"', None
    )
    file = FileRow("articles/20241210T060000Z.jsonl", begun.run_id, 10, 1)
    state.put_run(begun)
    state.put_owed(owed)
    state.put_listing(listing)
    state.put_file(file)
    again = restart()
    assert again.runs() == [begun, run("first")]
    assert again.unfinished_runs() == [begun]
    assert again.owed() == [owed]
    assert again.owed_of(owed.id) == owed
    assert again.listings() == [listing]
    assert again.listing(listing.url, "voice of korea (en)") == listing
    assert again.files() == again.files(begun.run_id) == [file]
    assert again.check() == []


def test_what_is_unknown_is_none_or_empty(state: SqliteState) -> None:
    assert state.articles(["x"]) == state.entries(["x"]) == state.articles([]) == {}
    assert state.owed_of("x") is state.listing("x", "y") is state.last_manifest() is None
    assert state.owed() == state.files() == state.listings() == state.days() == []
    assert (state.count_articles(), state.count_revised(), state.count_teasers()) == ({}, 0, 0)


def test_more_ids_than_a_statement_takes_are_asked_for_in_parts(state: SqliteState) -> None:
    ids = [f"{number:010}-1" for number in range(1201)]
    for identity in ids:
        state.put_article(article(identity))
        state.put_entry(identity, delivered=True)
    assert list(state.articles([*ids, *ids])) == ids
    assert state.entries(ids).keys() == set(ids)


def test_what_was_not_committed_is_not_there_after_a_restart(state: SqliteState, path: Path) -> None:
    state.put_article(article("1-1"))
    state.commit()
    state.begin()
    state.begin()
    state.put_article(article("1-2"))
    state.put_article(article("1-1", revision=2))
    assert state.articles(["1-1"])["1-1"].revision == 2
    other = SqliteState.open(path, expected=True)
    assert [row.revision for row in other.all_articles()] == [1]
    other.close()
    state.rollback()
    assert [row.id for row in state.all_articles()] == ["1-1"]
    state.rollback()
    state.commit()


# Runs


def test_runs_are_told_newest_first_and_keep_their_place_when_they_end(state: SqliteState) -> None:
    for name in ("b", "a", "c"):
        state.put_run(run(name, ended_at=None))
    state.put_run(run("b", manifest_sha256="1"))
    assert [row.run_id for row in state.runs()] == ["c", "a", "b", "first"]
    assert [row.run_id for row in state.runs(1)] == ["c"]
    assert [row.run_id for row in state.unfinished_runs()] == ["a", "c"]
    assert not state.take_run_id("a")
    assert state.take_run_id("d")
    assert state.last_manifest() == ("b", "1")
    state.put_run(run("a", manifest_sha256="2"))
    assert state.last_manifest() == ("a", "2")


def test_files_are_told_by_run_and_can_be_dropped(state: SqliteState) -> None:
    one, two = FileRow("articles/a.jsonl", "a", 1, 1), FileRow("teasers/b.jsonl", "b", 2, 2)
    state.put_file(two)
    state.put_file(one)
    state.put_file(replace(one, bytes=9))
    assert state.files() == [replace(one, bytes=9), two]
    assert state.files("b") == [two]
    state.drop_file(two.path)
    assert state.files("b") == []


# Articles


def test_due_are_those_whose_moment_has_come_in_order_and_in_parts(state: SqliteState) -> None:
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


def test_the_newest_is_the_delivered_article_that_the_site_took_in_last(state: SqliteState) -> None:
    assert state.newest() is None
    for row in (article("1700000003-1"), article("1700000001-2"), article("1700000009-3", revision=0)):
        state.put_article(row)
    assert state.newest() == "1700000003-1"


def test_delivered_are_those_with_a_version_in_order_and_in_parts(state: SqliteState) -> None:
    for identity, revision in (("c", 1), ("a", 2), ("b", 0)):
        state.put_article(article(identity, revision=revision, published_on="2024-12-10"))
    state.put_article(article("d", published_on="2024-12-09"))
    state.put_article(article("e", status=Status.OTHER, revision=0))
    assert [row.id for row in state.delivered("", 10)] == ["a", "c", "d"]
    assert [row.id for row in state.delivered("a", 1)] == ["c"]
    assert state.days() == [("2024-12-09", 1), ("2024-12-10", 2)]
    assert state.count_articles() == {Status.DELIVERED: 4, Status.OTHER: 1}
    assert state.count_revised() == 1


# Teasers, walks and what is covered


def test_an_entry_remembers_its_walk_and_its_delivery_apart(state: SqliteState) -> None:
    walk = state.add_walk("http://site.test/", "run")
    state.put_entry("a", walk)
    state.put_entry("a", delivered=True)
    state.put_entry("b", delivered=True)
    state.put_entry("b", walk)
    assert state.entries("ab") == {each: EntryRow(each, walk, True, False, None) for each in "ab"}
    state.put_entry("c", walk)
    assert state.count_teasers() == 2
    assert list(state.delivered_teasers()) == ["a", "b"]


def test_an_entry_is_covered_when_its_walk_was_complete_and_not_before(state: SqliteState) -> None:
    first = state.add_walk("http://site.test/", "run-1")
    state.put_entry("a", first)
    state.put_entry("never")
    assert not state.entries(["a"])["a"].covered(None)
    second = state.add_walk("http://site.test/", "run-2")
    assert second > first
    state.put_entry("a", second)
    state.complete_walk(first, None)
    assert not state.entries(["a"])["a"].covered(None), "a later walk saw it too, and that one is open"
    state.complete_walk(second, None)
    assert state.entries(["a"])["a"].covered(None)
    assert not state.entries(["never"])["never"].covered(None)


@pytest.mark.parametrize(
    ("back_to", "since", "covered"),
    [
        (None, None, True),
        (None, "2024-12-01", True),
        ("2024-12-01", None, False),
        ("2024-12-01", "2024-11-30", False),
        ("2024-12-01", "2024-12-01", True),
        ("2024-12-01", "2024-12-05", True),
    ],
)
def test_a_walk_bounded_by_a_day_counts_for_runs_bounded_no_earlier(
    state: SqliteState, back_to: str | None, since: str | None, covered: bool
) -> None:
    walk = state.add_walk("http://site.test/", "run")
    state.put_entry("a", walk)
    state.complete_walk(walk, back_to)
    assert state.entries(["a"])["a"].covered(since) is covered
    assert ListingRow("u", "s", (), back_to, NOW, NOW).holds_for(since) is covered


def test_numbers_of_walks_go_on_after_a_restart(state: SqliteState, restart: Restart) -> None:
    first = state.add_walk("u", "run")
    again = restart()
    again.begin()
    assert again.add_walk("u", "run-2") > first


# What is owed


def test_owed_is_told_longest_owed_first_and_by_the_moment_it_is_due(state: SqliteState) -> None:
    rows = {
        "a": OwedRow("a", "u", "timeout", 1, "2024-12-09T00:00:00Z", NOW),
        "b": OwedRow("b", "u", "timeout", 1, "2024-12-08T00:00:00Z", "2024-12-11T00:00:00Z"),
        "c": OwedRow("c", "u", "timeout", 1, "2024-12-08T00:00:00Z", "2024-12-09T00:00:00Z"),
    }
    for row in rows.values():
        state.put_owed(row)
    assert [row.id for row in state.owed()] == ["b", "c", "a"]
    assert [row.id for row in state.owed(until=NOW)] == ["c", "a"]
    state.put_owed(replace(rows["c"], attempts=2, next_at="2024-12-12T00:00:00Z"))
    assert [row.id for row in state.owed(until=NOW)] == ["a"]
    state.drop_owed("a")
    state.drop_owed("a")
    assert state.owed(until=NOW) == []


# Files that are not what they should be


def refused(path: Path, *, expected: bool = True) -> str:
    """Opens a file that must be refused, and checks that it stays as it is; the message."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StateUnusable) as fault:
        SqliteState.open(path, expected=expected)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert fault.value.exit_code is ExitCode.STORAGE
    assert str(path) in str(fault.value)
    return str(fault.value)


def test_a_missing_file_is_made_only_where_none_is_expected(path: Path) -> None:
    said = refused(path)
    assert "is missing" in said
    assert "repair --rebuild-state" in said
    made(path).close()
    SqliteState.open(path, expected=True).close()


def test_a_state_that_knows_of_no_run_is_refused_where_records_say_that_there_was_one(path: Path) -> None:
    SqliteState.open(path, expected=False).close()
    with pytest.raises(StateUnusable, match="is empty"):
        SqliteState.open(path, expected=True)


def test_an_empty_file_is_refused_only_where_records_say_that_it_was_full(path: Path) -> None:
    path.touch()
    assert "is empty" in refused(path)
    SqliteState.open(path, expected=False).close()
    assert path.stat().st_size > 0


@pytest.mark.parametrize("content", [b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_file_that_is_no_database_is_refused_as_damaged(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for expected in (True, False):
        said = refused(path, expected=expected)
        assert "damaged" in said
        assert "repair --rebuild-state" in said


def test_another_program_s_database_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    assert "another program" in refused(path)


def test_a_database_of_a_newer_version_is_refused_with_both_versions(path: Path) -> None:
    made(path).close()
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA user_version={VERSION + 1}")
    other.close()
    said = refused(path)
    assert str(VERSION + 1) in said
    assert "newer" in said


def test_a_database_that_lost_its_tables_is_refused_rather_than_taken_for_new(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA application_id={APPLICATION_ID}")
    other.execute(f"PRAGMA user_version={VERSION}")
    other.close()
    refused(path)


def test_a_file_that_another_program_has_locked_is_told_as_such(path: Path) -> None:
    made(path).close()
    state = SqliteState.open(path, expected=True)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    state._db.execute("PRAGMA busy_timeout=0")
    with pytest.raises(StateUnusable, match="locked"):
        state.begin()
    other.close()
    state.close()


def test_a_page_damaged_in_the_middle_is_found_by_the_check_or_the_reading(path: Path) -> None:
    state = made(path)
    for number in range(2000):
        state.put_article(article(f"{number:010}-1"))
    state.commit()
    state._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    state.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xa5" * 4096
    path.write_bytes(content)
    state = SqliteState.open(path, expected=True)
    try:
        with pytest.raises(StateUnusable, match="damaged"):
            assert list(state.all_articles()) is None
        try:
            found = state.check()
        except StateUnusable as fault:
            found = [str(fault)]
        assert found
    finally:
        state.close()


def test_a_reader_sees_what_was_committed_and_leaves_no_trace(path: Path) -> None:
    made(path).close()
    before = path.read_bytes()
    reader = SqliteState.open(path, expected=True, read_only=True)
    assert [row.run_id for row in reader.runs()] == ["first"]
    reader.begin()
    with pytest.raises(StorageFailed):
        reader.put_run(run("second"))
    reader.close()
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_a_reader_beside_a_run_sees_each_commit_and_nothing_before_it(state: SqliteState, path: Path) -> None:
    reader = SqliteState.open(path, expected=True, read_only=True)
    state.put_run(run("second"))
    assert len(reader.runs()) == 1
    state.commit()
    assert len(reader.runs()) == 2
    reader.close()


@pytest.mark.parametrize("name", ["a?b#c%20d", "조선", "it's"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    made(tmp_path / name / "state.sqlite3").close()
    SqliteState.open(tmp_path / name / "state.sqlite3", expected=True, read_only=True).close()
    assert (tmp_path / name / "state.sqlite3").exists()


def test_a_folder_that_is_not_there_is_a_storage_failure(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed) as fault:
        SqliteState.open(tmp_path / "none" / "state.sqlite3", expected=False)
    assert "state.sqlite3" in str(fault.value)


def test_a_place_where_a_folder_stands_is_a_storage_failure(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed):
        SqliteState.open(tmp_path, expected=False)


def test_values_that_a_statement_cannot_hold_fail_as_storage_and_leave_the_batch_whole(state: SqliteState) -> None:
    with pytest.raises(StorageFailed):
        state.put_article(article("1-1", url=None))
    state.put_article(article("1-2"))
    state.commit()
    assert [row.id for row in state.all_articles()] == ["1-2"]


def test_it_keeps_to_a_write_ahead_log_and_full_synchronisation(state: SqliteState) -> None:
    assert state._all("PRAGMA journal_mode") == [("wal",)]
    assert state._all("PRAGMA synchronous") == [(2,)]
