"""`scrapy verify` and `scrapy status` on a read-only file system, also after a crash."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.commands import (
    ONE_BY_ONE,
    QUIET,
    Crawling,
    Serving,
    contents,
    crawling,
    delivered,
    ended_by,
    is_root,
    scrapy,
    wait_for,
)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Callable[[Path], Path]]:
    """`read_only(output)` gives a read-only mount of a directory."""
    place = tmp_path / "mounted"
    place.mkdir()
    if not is_root():
        pytest.skip("only root may mount")

    def mounted(output: Path) -> Path:
        for arguments in (["--bind", str(output), str(place)], ["-o", "remount,ro,bind", str(place)]):
            done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                pytest.skip(f"mounting is not allowed here ({done.stderr.strip()})")
        return place

    try:
        yield mounted
    finally:
        subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)


def test_an_output_directory_is_verified_without_write_permission(
    read_only: Callable[[Path], Path], crawl: Crawling, serve: Serving, output: Path
) -> None:
    assert crawl(f"{serve(6).url}/article/163/", output, settings=QUIET).code == 0
    before = contents(output)
    place = read_only(output)
    done = scrapy("verify", output=place)
    assert (done.code, done.stderr) == (0, ""), done.stdout
    assert "no faults" in done.stdout
    assert scrapy("status", output=place).code == 0
    assert contents(output) == before


def test_a_crashed_run_is_verified_without_write_permission(
    read_only: Callable[[Path], Path], serve: Serving, output: Path
) -> None:
    url = f"{serve(60).url}/article/163/"
    with crawling(url, output, {**QUIET, **ONE_BY_ONE, "DOWNLOAD_DELAY": 0.1}, fault="often") as process:
        wait_for(lambda: delivered(output) > 3, process)
        ended_by(process, signal.SIGKILL)
    assert (output / "state.sqlite3-wal").stat().st_size > 0
    before = contents(output)
    place = read_only(output)
    done = scrapy("verify", output=place)
    assert (done.code, done.stderr) == (0, ""), done.stdout
    status = scrapy("status", output=place)
    assert status.code == 0, status.stderr
    assert ", crashed" in status.stdout
    assert contents(output) == before
