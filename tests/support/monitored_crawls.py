"""Crawls whose memory, duration and files outside the output directory are recorded."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.children import ROOT, run
from tests.support.crawling import Crawl, command, environment
from tests.support.expected_records import Record, assert_same
from tests.support.faulty_server import FaultyServer

MEASURED = "tests.support.peak_memory"
# Small times, so that what is waited for is waited for in no time; two seconds are an age on the loopback interface.
# No second opinion on the pages: another test asks for that, and it takes a second of each process.
SETTINGS: dict[str, object] = {"DOWNLOAD_TIMEOUT": 2, "VOK_BACKOFF_SECONDS": 0.2}
MOST_MEMORY_KIB = 400 * 1024


@dataclass(frozen=True)
class MonitoredCrawl(Crawl):
    """How a crawl ended; `memory` is its peak in KiB, `seconds` its duration."""

    memory: int
    seconds: float


@dataclass(frozen=True)
class Place:
    """Where a crawl may write (`output`), and the tree around it, where it may not."""

    tree: Path
    output: Path

    @classmethod
    def inside(cls, tree: Path) -> Place:
        (tree / "home").mkdir()
        (tree / "a" / "b" / "c").mkdir(parents=True)
        return cls(tree, tree / "a" / "b" / "c" / "output")

    def env(self) -> dict[str, str]:
        return {"HOME": str(self.tree / "home"), "TMPDIR": str(self.tree / "home")}

    def strays(self) -> list[str]:
        """Files outside the output folder."""
        files = (path for path in self.tree.rglob("*") if path.is_file() and self.output not in path.parents)
        return sorted(str(path.relative_to(self.tree)) for path in files)


def words(url: str, place: Place, settings: Mapping[str, object] | None = None) -> list[str]:
    """The command line of a watched crawl."""
    plain = command(url, place.output, settings={**SETTINGS, **(settings or {})})
    return [sys.executable, "-m", MEASURED, *plain[3:]]


def watch(url: str, place: Place, settings: Mapping[str, object] | None = None, timeout: float = 60) -> MonitoredCrawl:
    """Runs a crawl to its end. Fails if there is a traceback in its log or a file beside its output directory."""
    begun = time.monotonic()
    done = run(words(url, place, settings), env=environment(place.env()), timeout=timeout)
    seconds = time.monotonic() - begun
    printed = re.search(r"peak memory: (\d+) KiB", done.stderr)
    assert printed, done.stderr
    assert place.strays() == []
    return MonitoredCrawl(done.returncode, done.stdout, done.stderr, place.output, int(printed[1]), seconds)


@contextmanager
def running_crawl(
    url: str, place: Place, settings: Mapping[str, object] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A running crawl. Killed at the end of the block if it still runs."""
    process = subprocess.Popen(
        words(url, place, settings),
        cwd=ROOT,
        env=environment(place.env()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def assert_rest_whole(
    done: Crawl, server: FaultyServer, without: Iterable[str] = (), unsaid: Iterable[str] = ()
) -> None:
    """Every article but those in `without` and every teaser is the site's own, once; nothing else is there.

    The source of a teaser without a logo is known only from its article: for those in `without` and `unsaid` it may be
    null.
    """
    truth, left_out = server.site.truth(), set(without)
    assert_same(done.articles(), [each for each in truth["articles"] if each["id"] not in left_out])
    bare = {each["id"] for each in done.teasers() if each["source"] is None} & {*left_out, *unsaid}
    nobodys = {"source": None, "language": None}
    assert_same(done.teasers(), [each | (nobodys if each["id"] in bare else {}) for each in truth["teasers"]])
    assert done.rejected() == []
    assert done.removals() == []


def assert_on_site(server: FaultyServer) -> None:
    """The server was addressed by its own name only; no other name was requested."""
    assert {each.headers["Host"] for each in server.requests} <= {server.url.removeprefix("http://")}


def ids(server: FaultyServer) -> list[str]:
    """The ids of the site's articles, newest first."""
    articles: list[Record] = server.site.truth()["articles"]
    return [each["id"] for each in articles]
