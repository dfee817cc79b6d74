"""The records of a table with all versions are read twice, and validated once."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from benchmarks.archives import REVISED_OF, ArchiveSize, make_archive
from vokcrawl.errors import StorageError
from vokcrawl.exports.rows import Rows
from vokcrawl.exports.selection import Selection
from vokcrawl.storage import snapshot as snapshots
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.snapshot import Snapshot


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    make_archive(tmp_path / "output", ArchiveSize(articles=4 * REVISED_OF, runs=4))
    return OutputFolder(tmp_path / "output")


def articles(snapshot: Snapshot) -> list[tuple[str, int, bool, str | None]]:
    rows = Rows(snapshot, Selection(what="articles"), ("articles",), near_duplicates=False)
    try:
        found = [(row["id"], row["revision"], row["latest"], row["removed_at"]) for row in rows.of("articles")]
    finally:
        rows.close()
    return found


def test_status_is_the_same_in_memory_and_in_a_database(folder: OutputFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory = articles(Snapshot(folder))
    monkeypatch.setattr(snapshots, "_MOST_KEPT", 0)
    assert articles(Snapshot(folder)) == in_memory
    superseded = [(identity, revision) for identity, revision, latest, _ in in_memory if not latest]
    assert superseded
    assert {revision for _, revision in superseded} == {1}
    assert {removed is not None for *_, removed in in_memory} == {True, False}


def test_records_are_the_same_when_they_are_read_again(folder: OutputFolder) -> None:
    path = sorted((folder.path / "articles").glob("*.jsonl"))[1]
    first, second, *others = path.read_bytes().splitlines(keepends=True)
    # As an earlier release wrote it, and a damaged line.
    older = {name: value for name, value in orjson.loads(second).items() if name != "story"}
    path.write_bytes(b"".join((first, orjson.dumps(older) + b"\n", b"{\n", *others)))
    snapshot = Snapshot(folder, skip_damaged=True)
    records = [record for _, record in snapshot.lines("articles")]
    assert list(snapshot.records_again("articles")) == records
    assert len(snapshot.damaged) == 1
    assert all("story" in record for record in records)
    day = sorted(record["fetched_at"] for record in records)[len(records) // 2][:10]
    earlier = Snapshot(folder, day, skip_damaged=True)
    some = [record for _, record in earlier.lines("articles")]
    assert 0 < len(some) < len(records)
    assert list(earlier.records_again("articles")) == some


def test_file_that_changed_between_the_two_reads_is_an_error(folder: OutputFolder) -> None:
    snapshot = Snapshot(folder)
    records = sum(1 for _ in snapshot.lines("articles"))
    path = sorted((folder.path / "articles").glob("*.jsonl"))[-1]
    with path.open("ab") as file:
        file.write(path.read_bytes().splitlines(keepends=True)[0])
    again = snapshot.records_again("articles")
    with pytest.raises(StorageError, match=f"{path.name}: changed while it was read; run again"):
        assert sum(1 for _ in again) < records
