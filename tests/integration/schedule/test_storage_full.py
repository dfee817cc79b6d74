"""A full disk ends the run with 15; with free space the next run continues, and nothing is lost or doubled."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.commands import QUIET, Crawling, Serving, crawl_with_fault, delivered, faults, is_root, log_of
from tests.support.expected_records import assert_whole
from vokcrawl.storage.output_folder import PART


def mount(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["mount", "-t", "tmpfs", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """`small_disk("200k")` gives a folder on a file system of that size; called again it changes the size."""
    place = tmp_path / "disk"
    place.mkdir()
    if not is_root():
        pytest.skip("only root may mount a small file system; the test with a limit on the size of files runs")
    made = mount("-o", "size=64k", "tmpfs", str(place))
    if made.returncode != 0:
        pytest.skip(f"mounting is not allowed here ({made.stderr.strip()}); the test with a limit on files runs")

    def sized(size: str) -> Path:
        changed = mount("-o", f"remount,size={size}", "tmpfs", str(place))
        assert changed.returncode == 0, changed.stderr
        return place

    try:
        yield sized
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_ends_the_run_with_15_and_the_next_run_continues(
    small_disk: Callable[[str], Path], crawl: Crawling, serve: Serving
) -> None:
    server = serve(60)
    url = f"{server.url}/article/163/"
    # Where it gets full: before the state, within the first records, behind what the run before left.
    for size in ("16k", "160k", "280k", "360k"):
        output = small_disk(size) / "output"
        done = crawl(url, output, settings=QUIET)
        assert done.code == 15, (size, done.stderr)
        assert "free space" in done.stderr, (size, done.stderr)
        whole = [path for kind in ("articles", "teasers") for path in (output / kind).glob("*.jsonl")]
        assert all(path.read_bytes().endswith(b"\n") for path in whole)
    small_disk("20m")
    assert faults(output) == []
    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
    assert faults(output) == []


def test_a_file_size_limit_ends_the_run_with_15_and_keeps_committed_records(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(60)
    url = f"{server.url}/article/163/"
    assert crawl_with_fault("often,largest:300000", url, output, {**QUIET, "DOWNLOAD_DELAY": 0.01}) == 15
    log = log_of(output).read_text(encoding="utf-8")
    assert "what was committed is safe" in log or "then run again" in log
    had = delivered(output)
    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert 0 < had < 60
    assert done.manifest["counts"]["articles"] == 60 - had
    assert list(output.rglob(f"*{PART}")) == []
    assert len(done.articles()) == len(done.teasers()) == 60
    assert faults(output) == []
