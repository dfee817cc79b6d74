"""Commands that write are killed with SIGKILL at random times: no file is half written, no record changed or lost."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.schedule.test_killed import KILLS, SEED, SIGKILL
from tests.support.children import launch
from tests.support.commands import QUIET, Crawling, Serving, contents, crawl_with_fault, faults, records_of
from tests.support.crawling import environment

# 50 in a thorough run with 300 kills of crawls.
COMMAND_KILLS = max(6, KILLS // 6)
COMMANDS = {
    "export": ["export", "--to", "{target}/all.sqlite"],
    "report": ["report", "--to", "{target}/report.html"],
    "replay": ["replay", "--to", "{target}/replayed", "--workers", "1"],
    "repair": ["repair"],
    "rebuild": ["repair", "--rebuild-state"],
    "verify": ["verify"],
}


class Place:
    """A copy of an output directory, and a directory for what a command writes."""

    def __init__(self, source: Path, path: Path, name: str) -> None:
        self.source, self.output, self.target, self.name = source, path / "output", path / "target", name

    def renew(self) -> None:
        shutil.rmtree(self.output.parent, ignore_errors=True)
        shutil.copytree(self.source, self.output)
        self.target.mkdir()

    def run(self, wait: float | None) -> int:
        """Runs the command; `wait` is the number of seconds after which it is killed."""
        words = [each.format(target=self.target) for each in COMMANDS[self.name]]
        command = [sys.executable, "-m", "scrapy", *words, "-s", f"VOK_OUTPUT_DIR={self.output}"]
        with (
            self.output.with_name("log").open("wb") as log,
            launch(command, env=environment(), stdout=log, stderr=log) as process,
        ):
            try:
                return process.wait(timeout=60 if wait is None else wait)
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait()

    def written(self) -> dict[str, bytes]:
        """What a reader of the target sees; a report names the time at which it was made."""
        return {
            name: content if not name.endswith(".html") else content[-20:]
            for name, content in contents(self.target).items()
            if not name.endswith(".part")
        }


@pytest.fixture
def crashed(serve: Serving, output: Path) -> tuple[Path, str]:
    """An output directory after a run that crashed before it had finished its files, and the start URL."""
    url = f"{serve(25).url}/article/163/"
    assert crawl_with_fault("often,kill:replace:2", url, output, QUIET) == SIGKILL
    return output, url


@pytest.mark.kill
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_killed_leaves_nothing_half_written(
    name: str,
    crashed: tuple[Path, str],
    crawl: Crawling,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    archive, url = crashed
    order = list(COMMANDS)
    kills = COMMAND_KILLS // len(order) + (order.index(name) < COMMAND_KILLS % len(order))
    if name not in ("repair", "rebuild"):
        # Only a repair has to do with unfinished files.
        assert crawl(url, archive, settings=QUIET).code == 0
    place, chance = Place(archive, tmp_path / "place", name), random.Random(f"{SEED}:{name}")
    place.renew()
    began = time.monotonic()
    assert place.run(None) == 0, place.output.with_name("log").read_text()
    length = time.monotonic() - began
    whole, records = place.written(), records_of(place.output)
    killed = 0
    while killed < kills:
        place.renew()
        if place.run(chance.uniform(0, length)) != SIGKILL:
            continue
        killed += 1
        assert faults(place.output) == []
        if name == "replay":
            # Its directory is an output directory of its own, which may be incomplete.
            shutil.rmtree(place.target)
            place.target.mkdir()
        # The data dictionary of an export is published after its file.
        without_dictionary = {name: content for name, content in whole.items() if name != "all.sqlite.datapackage.json"}
        assert place.written() in ({}, without_dictionary, whole)
        if name == "export":
            shutil.rmtree(place.target)
            place.target.mkdir()
        assert place.run(None) == 0, place.output.with_name("log").read_text()
        assert place.written().keys() == whole.keys()
        assert records_of(place.output).keys() == records.keys()
        for each, content in records_of(place.output).items():
            # A manifest of a crashed run names the time at which it was finished.
            assert content == records[each] or each.startswith("runs/"), each
        assert faults(place.output) == []
    record_property("kill test", {"kills_of_commands": killed})
