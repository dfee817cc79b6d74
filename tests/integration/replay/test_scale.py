"""The number of processes does not change the records."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.replaying import replay
from tests.support.warc_captures import AT, HOST, captured, packed, records, site_of, whole


@pytest.mark.parametrize("workers", [2, 5])
def test_the_number_of_processes_changes_no_record(workers: int, tmp_path: Path) -> None:
    site = site_of(150)
    pages = whole(site)
    again = captured(site, [pages[1].url.removeprefix(HOST)], AT + timedelta(days=1))
    path = packed(records([*pages, *again]), tmp_path / "a.warc.gz")
    done = replay(path, f"--workers={workers}", to=tmp_path / "to")
    one = replay(path, "--workers=1", to=tmp_path / "one")
    assert done.code == 0
    for kind in ("articles", "teasers"):
        assert done.records(kind) == one.records(kind)
