"""Runs, watches and disturbs crawls and commands in child processes, and reads their output."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.children import Process, launch, run
from tests.support.crawling import Crawl, command, environment
from vokcrawl.integrity.verify import Verification
from vokcrawl.sample import SampleServer
from vokcrawl.sample.server import SeenRequest
from vokcrawl.storage.output_folder import OutputFolder

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

FAULT_INJECTION = "tests.support.fault_injection"
# When the first run of a test is, where the clock matters: far from the dates that the sample site shows.
T0 = datetime(2030, 1, 1, 6, tzinfo=UTC)
# Neither a rescan nor a re-check of delivered articles is due while a test runs.
QUIET: dict[str, object] = {"VOK_RESCAN_HOURS": 1_000_000, "VOK_RECHECK_DAYS": ""}
# Every run asks for all delivered articles, and nothing is asked for twice within it.
ALWAYS: dict[str, object] = {"VOK_RESCAN_HOURS": 1_000_000, "VOK_RECHECK_DAYS": "0", "RETRY_TIMES": 0}
# One request at a time: what a crawl has done is then known from what it asks for.
ONE_BY_ONE: dict[str, object] = {"CONCURRENT_REQUESTS": 1}
_DEADLINE = 30.0


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


def scrapy(*arguments: str, output: Path, fault: str | None = None, env: Mapping[str, str] | None = None) -> Done:
    """Runs one of the project's commands on an output directory; `fault` is an argument of `fault_injection.py`."""
    begin = [sys.executable, "-m", "scrapy"] if fault is None else [sys.executable, "-m", FAULT_INJECTION, fault]
    done = run([*begin, *arguments, "-s", f"VOK_OUTPUT_DIR={output}"], env=environment(env))
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


@contextmanager
def crawling(
    url: str,
    output: Path,
    settings: Mapping[str, object] | None = None,
    *,
    fault: str | None = None,
) -> Iterator[Process]:
    """A running crawl; its log is `crawl.log` beside the output directory. Killed at the end if it still runs."""
    words = command(url, output, settings=settings)
    if fault is not None:
        words = [sys.executable, "-m", FAULT_INJECTION, fault, *words[3:]]
    with log_of(output).open("wb") as log, launch(words, env=environment(), stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            process.kill()


def crawl_with_fault(fault: str, url: str, output: Path, settings: Mapping[str, object] | None = None) -> int:
    """Runs a crawl with a fault and returns its exit code (minus the number of the signal that killed it)."""
    with crawling(url, output, settings, fault=fault) as process:
        return process.wait(timeout=60)


def log_of(output: Path) -> Path:
    return output.with_name("crawl.log")


def wait_for(happens: Callable[[], object], process: Process | None = None) -> None:
    """Waits until a condition holds; fails after a deadline, or when the process ends before."""
    deadline = time.monotonic() + _DEADLINE
    while not happens():
        ended = process is not None and process.poll() is not None
        assert not ended or happens(), f"the crawl ended too early, with {process and process.returncode}"
        assert time.monotonic() < deadline, "it has not happened in time"
        time.sleep(0.005)


def ended_by(process: Process, number: signal.Signals) -> int:
    """Sends a signal and returns the exit code."""
    process.send_signal(number)
    return process.wait(timeout=_DEADLINE)


def asked(server: SampleServer) -> list[SeenRequest]:
    """The requests to the site, without robots.txt."""
    return [each for each in server.requests if each.target != "/robots.txt"]


def listings_asked(server: SampleServer) -> list[SeenRequest]:
    return [each for each in asked(server) if not each.target.startswith("/newstream/1")]


def articles_asked(server: SampleServer) -> list[SeenRequest]:
    return [each for each in asked(server) if each.target.startswith("/newstream/1")]


def times_asked(server: SampleServer, identity: str) -> int:
    return sum(identity in each.target for each in server.requests)


def faults(output: Path) -> list[str]:
    """The faults that `scrapy verify` would find, without a process of its own."""
    folder = OutputFolder(output)
    folder.take("a test")
    try:
        return [str(fault) for fault in Verification(folder).faults()]
    finally:
        folder.release()


def known(output: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The last committed state, also during a crawl; nothing while there is no state."""
    path = output / "state.sqlite3"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        try:
            return db.execute(query, values).fetchall()
        except sqlite3.OperationalError:
            return []


def delivered(output: Path) -> int:
    """The number of delivered and committed articles."""
    return sum(row[0] for row in known(output, "SELECT count(*) FROM articles WHERE revision > 0"))


def change_state(output: Path, query: str, *values: object) -> None:
    with closing(sqlite3.connect(output / "state.sqlite3")) as db:
        db.execute(query, values)
        db.commit()


def contents(output: Path, but: Iterable[str] = (".lock", "health.json")) -> dict[str, bytes]:
    """All files of the directory, byte for byte, without those that describe how the last run ended."""
    left_out = set(but)
    return {
        name: path.read_bytes()
        for path in sorted(output.rglob("*"))
        if path.is_file() and (name := str(path.relative_to(output))) not in left_out
    }


def records_of(output: Path) -> dict[str, bytes]:
    """The delivered files and the manifests, byte for byte."""
    return {name: content for name, content in contents(output).items() if "/" in name}


def is_root() -> bool:
    return os.geteuid() == 0
