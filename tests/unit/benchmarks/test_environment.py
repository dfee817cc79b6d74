"""The measurement of the demo's environment."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.environment import disk_usage


def test_disk_usage_counts_a_file_with_two_links_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(os.urandom(300_000))
    before = disk_usage(tmp_path)
    os.link(tmp_path / "one", tmp_path / "two")
    assert disk_usage(tmp_path) == before
    (tmp_path / "three").write_bytes(os.urandom(300_000))
    assert disk_usage(tmp_path) >= before + 300_000
