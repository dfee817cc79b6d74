"""New directories and renamed files are synced: their parent directories get an fsync after the change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vokcrawl.storage.output_folder import OutputFolder, make_folder, rename_synced, write_whole
from vokcrawl.storage.part_files import RecordFile


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> dict[Path, set[str]]:
    """For each directory that was synced, its entries at the last time."""
    found: dict[Path, set[str]] = {}
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if path.is_dir():
            found[path] = set(os.listdir(path))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    return found


def assert_all_synced(root: Path, synced: dict[Path, set[str]]) -> None:
    for path in (root, *(each for each in root.rglob("*") if each.is_dir())):
        if any(path.iterdir()):
            assert synced.get(path, set()) >= {each.name for each in path.iterdir() if each.name[0] != "."}, path


def test_new_directories_are_synced_with_their_parents(tmp_path: Path, synced: dict[Path, set[str]]) -> None:
    make_folder(tmp_path / "a" / "b" / "c")
    assert_all_synced(tmp_path, synced)


def test_files_of_a_run_are_synced_with_their_directories(tmp_path: Path, synced: dict[Path, set[str]]) -> None:
    folder = OutputFolder(tmp_path / "deep" / "output")
    folder.take("a test")
    file = RecordFile(folder, "articles/20300101T060000Z.jsonl")
    file.append(b"{}")
    file.finish()
    write_whole(folder.manifest("20300101T060000Z"), b"{}")
    folder.release()
    assert_all_synced(tmp_path, synced)


def test_a_rename_into_another_directory_is_synced_in_both(tmp_path: Path, synced: dict[Path, set[str]]) -> None:
    write_whole(tmp_path / "articles" / "x.part", b"x")
    rename_synced(tmp_path / "articles" / "x.part", tmp_path / "quarantine" / "articles-x.part")
    assert_all_synced(tmp_path, synced)
    assert synced[tmp_path / "articles"] == set()
