"""`verify` reads each archive once, and compares its checksum although records of it may be damaged."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.archives import ArchiveSize, make_archive
from vokcrawl.integrity.verify import Verification
from vokcrawl.storage.output_folder import OutputFolder, digest
from vokcrawl.warc.validation import ArchiveCheck

# While it is set, the files that are opened are counted in it. An audit hook cannot be removed.
_opened: Counter[str] | None = None


def _count(event: str, arguments: tuple[Any, ...]) -> None:
    if _opened is not None and event == "open":
        _opened[str(arguments[0])] += 1


@pytest.fixture(scope="module", autouse=True)
def hook() -> None:
    sys.addaudithook(_count)


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    make_archive(tmp_path / "output", ArchiveSize(articles=30, runs=3, warc=True))
    return OutputFolder(tmp_path / "output")


def test_verify_reads_each_archive_once(folder: OutputFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: Counter[str] = Counter()
    monkeypatch.setattr(sys.modules[__name__], "_opened", counted)
    check = Verification(folder)
    assert [str(fault) for fault in check.faults()] == []
    monkeypatch.undo()
    assert check.archived
    archives = [str(path) for path in folder.archive_files()]
    assert len(archives) == 3
    assert [counted[path] for path in archives] == [1, 1, 1]


def test_checksum_is_that_of_the_whole_file_whatever_is_damaged(folder: OutputFolder) -> None:
    path = next(iter(folder.archive_files()))
    whole = path.read_bytes()
    random = Random(20)
    for _ in range(40):
        damaged = bytearray(whole)
        for _ in range(random.choice((0, 1, 3))):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        path.write_bytes(damaged[: random.choice((len(damaged), random.randrange(len(damaged))))])
        check = ArchiveCheck(folder, path)
        for _ in check.flaws():
            pass
        assert (check.bytes, check.sha256) == digest(path)[1:]
