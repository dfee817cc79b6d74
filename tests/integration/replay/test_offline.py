"""A replay does not use the network."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.crawling import environment
from tests.support.expected_records import assert_same
from tests.support.replaying import replay
from tests.support.warc_captures import packed, records, site_of, whole

OFFLINE = "tests.support.offline"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_replay_does_not_use_the_network(workers: int, tmp_path: Path) -> None:
    site = site_of(25)
    archive = packed(records(whole(site)), tmp_path / "a.warc.gz")
    begin = (sys.executable, "-m", OFFLINE)
    done = replay(archive, f"--workers={workers}", to=tmp_path / "to", begin=begin)
    assert (done.code, done.stderr) == (0, "")
    assert_same(done.articles(), site.truth()["articles"])


def test_the_check_ends_processes_that_use_the_network(tmp_path: Path, serve: Callable[..., object]) -> None:
    """So the test above would see it."""
    command = [sys.executable, "-m", OFFLINE, "crawl", "vok", "-a", "start_url=http://127.0.0.1:9/article/163/"]
    done = subprocess.run(
        [*command, "-s", f"VOK_OUTPUT_DIR={tmp_path}"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 99
    assert b"the network was asked for" in done.stderr
