"""Batches are processed in several processes and results come in order; a process that dies is reported."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.commands import wait_for
from tests.support.crawling import environment
from tests.support.warc_captures import AT, HOST, packed, records, site_of, whole
from vokcrawl.errors import ExitCode, ReplayError
from vokcrawl.replay.pool import in_order


def _double(numbers: list[int]) -> list[int]:
    # The first portions take longest: their results are waited for.
    time.sleep(0.05 / (1 + numbers[0]))
    return [2 * number for number in numbers]


def _die(_: list[int]) -> list[int]:
    os._exit(3)


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_the_order_of_the_batches(workers: int) -> None:
    many = [[number] for number in range(5, 40)]
    given: list[str | list[int]] = ["begun", [0, 1], [2], "between", [3, 4], *many, "over"]
    found = list(in_order(iter(given), _double, workers))
    assert found == [each if isinstance(each, str) else [2 * number for number in each] for each in given]


def test_a_process_that_dies_ends_the_replay_with_a_clear_error() -> None:
    with pytest.raises(ReplayError, match="a worker process died") as caught:
        list(in_order(iter([[1], [2]]), _die, 2))
    assert caught.value.exit_code is ExitCode.INCOMPLETE


def test_reading_ahead_is_limited() -> None:
    taken = []

    def items() -> Iterator[list[int]]:
        for number in range(1000):
            taken.append(number)
            yield [number]

    results = in_order(items(), _double, 2)
    next(results)
    assert len(taken) < 20
    results.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_it_with_130_and_without_a_traceback(workers: int, tmp_path: Path) -> None:
    written = records(whole(site_of(100)))
    for day in range(1, 40):
        written += records(whole(site_of(100, seed=day), AT + timedelta(days=day)))
    path = packed(written, tmp_path / "a.warc.gz")
    to = tmp_path / "to"
    command = [sys.executable, "-m", "scrapy", "replay", str(path), "--to", str(to), f"--workers={workers}"]
    settings = ["-s", f"VOK_START_URLS={HOST}/article/163/"]
    with subprocess.Popen([*command, *settings], cwd=ROOT, env=environment(), stderr=subprocess.PIPE) as process:
        wait_for(lambda: list(to.glob("*/*.part")), process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert said.decode().splitlines() == [f"scrapy replay: interrupted; {to} is incomplete"]
