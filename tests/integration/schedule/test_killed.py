"""The crawl is killed with SIGKILL, at random times and at each step: nothing is lost, doubled or torn.

`VOK_TEST_KILLS` sets the number of kills at random times; the default is 12, in a thorough run 300.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from tests.support.archive_reader import archive, assert_places_hold
from tests.support.children import Process
from tests.support.commands import (
    QUIET,
    Crawling,
    Serving,
    crawl_with_fault,
    crawling,
    delivered,
    faults,
    scrapy,
    wait_for,
)
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, data_files
from vokcrawl.sample import SampleServer

KILLS = int(os.environ.get("VOK_TEST_KILLS") or (300 if os.environ.get("VOK_TEST_THOROUGH") else 12))
# They may run side by side; each has its own site, output folder and series of random moments.
LANES = max(4, KILLS // 25)
SEED = 20241210
ARTICLES = 60
# Some two seconds of crawling, one request at a time, with batches of seven records.
SETTINGS = {**QUIET, "CONCURRENT_REQUESTS": 1, "DOWNLOAD_DELAY": 0.02, "LOG_LEVEL": "WARNING"}
SIGKILL = -9


@dataclass
class Figures:
    """What a lane has seen. `restarts` are the runs that went on where a kill had left things."""

    kills: int = 0
    kills_in_the_middle: int = 0
    restarts: int = 0
    completed: int = 0
    records: int = 0
    lost: int = 0
    doubled: int = 0
    torn: int = 0
    archived: int = 0
    faults: list[str] = field(default_factory=list)


class Lane:
    """One output folder whose crawl is killed again and again."""

    def __init__(self, server: SampleServer, output: Path, chance: random.Random) -> None:
        self.server = server
        self.output = output
        self.chance = chance
        self.figures = Figures()
        # How long a crawl takes behind its first request, in seconds; the longest so far.
        self.length = 2.0
        self._killed_before = False

    def crawl(self, *, may_be_killed: bool) -> bool:
        """One run, killed or not; whether it came to its end."""
        self.server.reset()
        self.figures.restarts += self._killed_before
        with crawling(f"{self.server.url}/article/163/", self.output, SETTINGS, fault="often") as process:
            if may_be_killed and not self._survives(process):
                self._killed()
                return False
            assert process.wait(timeout=60) == 0
        self._killed_before = False
        self.completed()
        return True

    def _survives(self, process: Process) -> bool:
        """Waits for a random moment of the run and kills it then, unless it has ended before."""
        if self.chance.random() < 0.2:
            wait = self.chance.uniform(0, 1)
            began = time.monotonic()
        else:
            wait_for(lambda: self.server.requests or process.poll() is not None)
            wait = self.chance.uniform(0, self.length)
            began = time.monotonic()
        try:
            process.wait(timeout=wait)
        except subprocess.TimeoutExpired:
            process.kill()
            # It may have ended by itself in that very moment.
            return process.wait() != SIGKILL
        self.length = max(self.length, time.monotonic() - began)
        return True

    def _killed(self) -> None:
        self.figures.kills += 1
        self._killed_before = True
        self.figures.kills_in_the_middle += 0 < delivered(self.output) < ARTICLES
        self.look()

    def look(self) -> dict[str, Counter[str]]:
        """What lies there at any moment agrees with itself; gives the ids of what is delivered, by kind."""
        found: dict[str, Counter[str]] = {"articles": Counter(), "teasers": Counter()}
        for name in data_files(self.output):
            if not name.endswith(".jsonl"):
                continue
            for line in (self.output / name).read_bytes().splitlines(keepends=True):
                try:
                    found[name.partition("/")[0]][json.loads(line)["id"]] += line.endswith(b"\n")
                except ValueError:
                    self.figures.torn += 1
                self.figures.torn += not line.endswith(b"\n")
        # Each file of the archive that has its name is whole, and each article leads to its answer there.
        self.figures.archived += len(archive(self.output))
        assert_places_hold(self.output, Crawl(0, "", "", self.output).articles())
        self.figures.doubled += sum(times - 1 for ids in found.values() for times in ids.values())
        if (self.output / "state.sqlite3").exists():
            self.figures.faults += faults(self.output)
        return found

    def completed(self) -> None:
        """A run came to its end: all is there, each once, and the state says the same as the files."""
        self.figures.completed += 1
        found = self.look()
        truth = self.server.site.truth()
        for kind, ids in found.items():
            self.figures.records += ids.total()
            self.figures.lost += len({each["id"] for each in truth[kind]} - ids.keys())
        done = Crawl(0, "", "", self.output)
        assert_same(done.articles(), truth["articles"])
        assert list(self.output.rglob("*.part")) == []
        assert done.manifest["outcome"] in ("done", "nothing new")


@pytest.mark.kill
@pytest.mark.parametrize("lane", range(LANES))
def test_a_crawl_that_is_killed_at_random_moments_loses_doubles_and_tears_nothing(
    lane: int, serve: Serving, output: Path, record_property: Callable[[str, object], None]
) -> None:
    kills = KILLS // LANES + (lane < KILLS % LANES)
    print(f"seed {SEED}, lane {lane}, {kills} kills")
    each = Lane(serve(ARTICLES), output, random.Random(f"{SEED}:{lane}"))
    while each.figures.kills < kills:
        if each.crawl(may_be_killed=True):
            # The whole archive again, from nothing.
            shutil.rmtree(output)
    while not each.crawl(may_be_killed=False):
        pass
    verified = scrapy("verify", output=output)
    assert verified.code == 0, verified.stdout
    figures = asdict(each.figures)
    record_property("kill test", {name: value for name, value in figures.items() if name != "faults"})
    assert figures["faults"] == []
    assert (figures["kills"], figures["lost"], figures["doubled"], figures["torn"]) == (kills, 0, 0, 0)


# A file is brought to the disk, the state is committed, a whole file gets its name, the manifest its own. Behind
# each of these steps, and behind each of what the run after it does to finish them, the crawl is killed.
STEPS = {
    "a file is brought to the disk": ["fsync:1", "fsync:6", "fsync:12"],
    "the state is committed": ["commit:1", "commit:3", "commit:9"],
    "a file gets its name": ["replace:1", "replace:2", "replace:2", "replace:3", "replace:4"],
}


@pytest.mark.kill
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.thorough
def test_a_crawl_that_is_killed_just_before_a_step_loses_doubles_and_tears_nothing(
    step: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(25)
    url = f"{server.url}/article/163/"
    for moment in STEPS[step]:
        assert crawl_with_fault(f"often,kill:{moment}", url, output, QUIET) == SIGKILL, moment
        assert faults(output) == [], moment
    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_same(done.articles(), server.site.truth()["articles"])
    assert len(done.teasers()) == 25
    assert list(output.rglob("*.part")) == []
    assert faults(output) == []
    assert_places_hold(output, done.articles())
    assert archive(output)


@pytest.mark.kill
def test_a_crawl_that_is_killed_while_it_writes_its_manifest_is_whole_with_the_next_run(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    """All records are there by then: the second file has its name, the manifest has not; then it has, unnoted."""
    server = serve(5)
    url = f"{server.url}/article/163/"
    # Archive, articles and teasers get their names first, then the manifest; then the state's last word is committed.
    assert crawl_with_fault("kill:replace:4", url, output, QUIET) == SIGKILL
    assert faults(output) == []
    assert scrapy("verify", output=output).code == 0
    server.site.publish()
    assert crawl_with_fault("kill:replace:5", url, output, QUIET) == SIGKILL
    assert faults(output) == []
    done = crawl(url, output, settings=QUIET)
    assert (done.code, done.manifest["outcome"]) == (0, "nothing new"), done.stderr
    assert_same(done.articles(), server.site.truth()["articles"])
    assert [each["outcome"] for each in done.manifests()] == ["crashed", "crashed", "nothing new"]
    assert faults(output) == []
