"""The state in an SQLite file: foreign files are not touched, and damage is reported."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import state_backends
from tests.support.state_backends import SqliteBackend, article, run
from vokcrawl.errors import ExitCode, StateError, StorageError
from vokcrawl.storage.state.sqlite import SqliteState
from vokcrawl.storage.state.sqlite_schema import APPLICATION_ID, VERSION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite3"


def made(path: Path) -> SqliteState:
    state = state_backends.open_state(SqliteBackend(path))
    assert isinstance(state, SqliteState)
    return state


@pytest.fixture
def state(path: Path) -> Iterator[SqliteState]:
    opened = made(path)
    yield opened
    opened.close()


# Files that are not what they should be


def refused(path: Path, *, expected: bool = True) -> str:
    """Opens a file that must be refused, and checks that it stays as it is; the message."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StateError) as fault:
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
    with pytest.raises(StateError, match="is empty"):
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


def test_another_programs_database_is_refused_and_not_changed(path: Path) -> None:
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


def test_a_file_that_another_program_has_locked_is_reported_as_such(path: Path) -> None:
    made(path).close()
    state = SqliteState.open(path, expected=True)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    state._db.execute("PRAGMA busy_timeout=0")
    with pytest.raises(StateError, match="locked"):
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
        with pytest.raises(StateError, match="damaged"):
            assert list(state.all_articles()) is None
        try:
            found = state.check()
        except StateError as fault:
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
    with pytest.raises(StorageError):
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
    with pytest.raises(StorageError) as fault:
        SqliteState.open(tmp_path / "none" / "state.sqlite3", expected=False)
    assert "state.sqlite3" in str(fault.value)


def test_a_place_where_a_folder_stands_is_a_storage_failure(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        SqliteState.open(tmp_path, expected=False)


def test_values_that_a_statement_cannot_hold_fail_as_storage_and_leave_the_batch_whole(state: SqliteState) -> None:
    with pytest.raises(StorageError):
        state.put_article(article("1-1", url=None))
    state.put_article(article("1-2"))
    state.commit()
    assert [row.id for row in state.all_articles()] == ["1-2"]


def test_it_keeps_to_a_write_ahead_log_and_full_synchronisation(state: SqliteState) -> None:
    assert state._all("PRAGMA journal_mode") == [("wal",)]
    assert state._all("PRAGMA synchronous") == [(2,)]
