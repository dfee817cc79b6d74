"""An export or a search during a crawl sees the finished files and does not disturb the crawl."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import QUIET, crawling, delivered, ended_by, faults, wait_for
from tests.support.in_process import run_command
from tests.support.written_records import exported, exported_records
from vokcrawl.commands.search import Command as Search


def test_beside_a_running_crawl_what_was_whole_before_it_is_seen_and_the_crawl_goes_on(
    crawl: Callable[..., Any],
    serve: Callable[..., Any],
    output: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = serve(8)
    url = f"{server.url}/article/163/"
    assert crawl(url, output, settings=QUIET).code == 0
    before = exported_records(output, tmp_path)
    assert len(before) == 8
    server.site.publish(30)
    with crawling(url, output, {**QUIET, "DOWNLOAD_DELAY": 0.2}, fault="often") as process:
        wait_for(lambda: delivered(output) > 10, process)
        assert exported_records(output, tmp_path) == before
        assert exported(output, tmp_path / "x.sqlite").rows == {"articles": 8, "teasers": 8, "removals": 0}
        title = before[0]["title"].split()
        sought = run_command(Search(), *title, output=output, capsys=capsys)
        assert sought.code == 0
        assert before[0]["url"] in sought.stdout
        assert process.poll() is None
        assert ended_by(process, signal.SIGTERM) == 130
    after = exported_records(output, tmp_path)
    assert 10 < len(after) < 38
    assert [row for row in after if row["id"] in {each["id"] for each in before}] == before
    assert faults(output) == []
