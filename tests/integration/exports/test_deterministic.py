"""The same archive gives the same bytes: in another process, at another time, in another directory, during a crawl."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.crawling import CRAWL_AT, environment
from tests.support.written_records import exported
from vokcrawl.exports.data_dictionary import dictionary_name

ENDINGS = (".parquet", ".sqlite", ".csv", ".xlsx", ".jsonl", ".jsonl.zst")


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_archive_gives_the_same_bytes_elsewhere_at_another_time(
    ending: str, archive: Path, tmp_path: Path
) -> None:
    here = tmp_path / f"here{ending}"
    exported(archive, here, **({} if ending == ".sqlite" else {"what": "articles"}))
    elsewhere = tmp_path / "a folder" / "of another name"
    shutil.copytree(archive, elsewhere)
    # Files were copied in another order, and a crawl is under way.
    for path in sorted((elsewhere / "articles").iterdir(), reverse=True):
        os.utime(path, (0, 0))
    (elsewhere / "articles" / "20240901T000000Z.jsonl.part").write_bytes(b'{"half')
    there = elsewhere.parent / f"there{ending}"
    command = [sys.executable, "-m", CRAWL_AT, "2031-07-01T12:00:00+00:00", "export", "--to", str(there)]
    what = () if ending == ".sqlite" else ("--what", "articles")
    subprocess.run(
        [*command, *what, "-s", f"VOK_OUTPUT_DIR={elsewhere}"],
        cwd=ROOT,
        env=environment({"PYTHONHASHSEED": "77", "TZ": "Asia/Pyongyang", "LC_ALL": "C"}),
        capture_output=True,
        check=True,
    )
    assert there.read_bytes() == here.read_bytes()
    one, other = (path.with_name(dictionary_name(path.name)).read_text() for path in (here, there))
    assert other == one.replace(here.name, there.name)
