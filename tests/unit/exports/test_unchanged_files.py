"""Exports read record files that are as they were written without validating them again, and give the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from benchmarks.archives import REVISED_OF, ArchiveSize, make_archive
from vokcrawl.errors import StorageError
from vokcrawl.exports.export import Export
from vokcrawl.exports.selection import Selection
from vokcrawl.storage import record_files, snapshot
from vokcrawl.storage.manifest import read_manifest, write_manifest
from vokcrawl.storage.output_folder import OutputFolder, digest
from vokcrawl.storage.record_files import UnchangedFiles

AWKWARD: dict[str, Any] = {
    "title": 'Quotes "revision":1, \\ and \u2028',
    "body": '"revision":1,"previous_hash":null\n\n한국어 𐍈 \x7f\t \\u0000',
    "published_on": None,
    "source": None,
    "images": [{"url": "https://site.test/a.jpg", "caption": None}, {"url": "https://site.test/b", "caption": "{}"}],
    "archived_as": {"file": "archive/x.warc.gz", "offset": 2**53 + 1, "digest": "sha256:0"},
}


def rewrite(folder: OutputFolder, place: int, change: Any, *, recorded: bool = True) -> Path:
    """Change the records of a file; `recorded`: as if they had been written so."""
    path = sorted((folder.path / "articles").glob("*.jsonl"))[place]
    records = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    path.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in change(records)))
    if recorded:
        manifest, _ = read_manifest(folder.manifest(path.stem))
        lines, size, sha256 = digest(path)
        files = [
            each.model_copy(update={"records": lines, "bytes": size, "sha256": sha256})
            if each.path == f"articles/{path.name}"
            else each
            for each in manifest.files
        ]
        write_manifest(folder, manifest.model_copy(update={"files": files}))
    return path


def as_awkward(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each | AWKWARD if number % 3 == 1 else each for number, each in enumerate(records)]


def as_old(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As an earlier release wrote them: without some keys."""
    return [{name: value for name, value in each.items() if name not in ("story", "images")} for each in records]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutputFolder:
    """Five runs with revisions and removals, awkward and old records; one file was changed later."""
    monkeypatch.setattr(record_files, "LEAST_BYTES", 0)
    make_archive(tmp_path / "output", ArchiveSize(articles=10 * REVISED_OF, runs=5))
    folder = OutputFolder(tmp_path / "output")
    rewrite(folder, 0, as_awkward)
    rewrite(folder, 1, as_old)
    rewrite(folder, 2, as_awkward, recorded=False)
    return folder


def table(folder: OutputFolder, what: str, **options: Any) -> Any:
    to = folder.path.parent / "out.parquet"
    Export(str(to), Selection(what=what, **options), overwrite=True, near_duplicates=False).write(folder)
    return pq.read_table(to)


@pytest.mark.parametrize("what", ["articles", "current", "teasers", "removals"])
@pytest.mark.parametrize("options", [{}, {"since": "2010-01-01"}, {"as_of": "2015-01-01"}], ids=str)
def test_parquet_file_is_the_same_as_from_validated_records(
    what: str, options: dict[str, str], folder: OutputFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = table(folder, what, **options)
    monkeypatch.setattr(record_files, "LEAST_BYTES", 1 << 40)
    slow = table(folder, what, **options)
    assert fast.schema.equals(slow.schema, check_metadata=True)
    assert fast.equals(slow)
    assert fast.num_rows or what == "removals"


def test_large_tables_are_flushed_in_the_same_order(folder: OutputFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = table(folder, "articles")
    monkeypatch.setattr("vokcrawl.exports.parquet._ROWS", 7)
    monkeypatch.setattr(record_files, "_BLOCK", 2000)
    monkeypatch.setattr(snapshot, "_GATHERED_BYTES", 5000)
    assert table(folder, "articles").equals(expected)


def test_only_changed_files_are_validated(folder: OutputFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    validating = record_files.read_file

    def noting(path: Path, kind: str) -> Any:
        read.append(f"{kind}/{path.name}")
        return validating(path, kind)

    monkeypatch.setattr(snapshot, "read_file", noting)
    table(folder, "articles")
    paths = sorted((folder.path / "articles").glob("*.jsonl"))
    assert read == [f"articles/{paths[2].name}"]


def test_wrong_line_of_a_changed_file_is_named(folder: OutputFolder) -> None:
    path = rewrite(folder, 3, lambda records: [*records[:4], records[4] | {"url": "x"}, *records[5:]], recorded=False)
    with pytest.raises(StorageError, match=f"{path.name}:5: url: "):
        table(folder, "articles")


def test_files_of_crashed_runs_and_without_a_manifest_are_not_taken_as_written(folder: OutputFolder) -> None:
    first, second, changed, *_ = sorted((folder.path / "articles").glob("*.jsonl"))
    assert first in UnchangedFiles(folder)
    assert changed not in UnchangedFiles(folder)
    manifest, _ = read_manifest(folder.manifest(first.stem))
    write_manifest(folder, manifest.model_copy(update={"outcome": "crashed"}))
    folder.manifest(second.stem).unlink()
    assert first not in UnchangedFiles(folder)
    assert second not in UnchangedFiles(folder)
