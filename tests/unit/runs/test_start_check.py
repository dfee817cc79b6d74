"""A run does not begin if a file that the state knows is missing, however old it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vokcrawl.errors import StateError
from vokcrawl.runs.start_check import check_start
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.rows import FileRow, RunRow
from vokcrawl.storage.state.sqlite import SqliteState

RUNS = 15


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    """A directory with a record file and an archive of each run."""
    for kind, ending in (("articles", "jsonl"), ("archive", "warc.gz")):
        (tmp_path / kind).mkdir()
        for number in range(1, RUNS + 1):
            (tmp_path / kind / f"202412{number:02}T060000Z.{ending}").write_bytes(b"{}\n")
    return OutputFolder(tmp_path)


@pytest.fixture
def state() -> Iterator[SqliteState]:
    """An empty state."""
    state = SqliteState.in_memory()
    yield state
    state.close()


def fill(state: SqliteState, folder: OutputFolder, unfinished: str | None = None) -> None:
    """Put the runs and files of a directory into a state."""
    for path in (*folder.data_files(), *folder.archive_files()):
        run_id = path.name.partition(".")[0]
        ended = None if run_id == unfinished else "2024-12-31T06:00:00Z"
        state.put_run(RunRow(run_id, "2024-12-01T06:00:00Z", ended, "done", 0, None, "{}"))
        state.put_file(FileRow(str(path.relative_to(folder.path)), run_id, 3, 1))


@pytest.mark.parametrize("name", ["articles/20241201T060000Z.jsonl", "archive/20241215T060000Z.warc.gz"])
def test_a_missing_file_of_any_run_is_named(name: str, folder: OutputFolder, state: SqliteState) -> None:
    fill(state, folder)
    check_start(folder, state)
    (folder.path / name).unlink()
    with pytest.raises(StateError, match=f"{name}: missing, but the state knows it: .*repair --rebuild-state"):
        check_start(folder, state)


def test_files_of_a_run_that_crashed_may_be_unfinished(folder: OutputFolder, state: SqliteState) -> None:
    fill(state, folder, unfinished="20241203T060000Z")
    (folder.path / "articles" / "20241203T060000Z.jsonl").unlink()
    check_start(folder, state)
