"""`scrapy verify` names single bits that flipped in the state, in manifests, in data files and in archives."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import IN_CI
from tests.support.commands import T0, Crawling, Serving, crawl_with_fault, faults, scrapy

THOROUGH = bool(os.environ.get("VOK_TEST_THOROUGH"))
# For each history, with each seed.
FLIPS = 250 if THOROUGH else 120 if IN_CI else 60
SEEDS = (5, 6, 7, 8) if THOROUGH else (5,)
FLIPS_OF_FILES = 200 if THOROUGH else 50 if IN_CI else 25
# Share of the flips that changed data and must be named.
NAMED = 0.95


def rows_of(state: Path) -> list[str] | None:
    """All data of a state, None if it cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{state}?mode=ro&immutable=1", uri=True)) as db:
            return list(db.iterdump())
    except (sqlite3.Error, UnicodeError):
        return None


# How the state came about: whether articles are checked in each run or by their age, whether a run has crashed, and
# whether the state was rebuilt from the files. Some values cannot be derived after a crash or a repair.
HISTORIES = ("each run", "by age", "crashed", "rebuilt")


@pytest.fixture
def used(request: pytest.FixtureRequest, crawl: Crawling, serve: Serving, output: Path) -> Path:
    """An output directory with revisions, removals, retries and several runs, and all of its state in one file."""
    history = getattr(request, "param", HISTORIES[0])
    server = serve(12)
    url, ids = f"{server.url}/article/163/", [each["id"] for each in server.site.truth()["articles"]]
    server.site.fail(ids[0], 503, -1)
    settings = {"VOK_RECHECK_DAYS": "1,2,30" if history == "by age" else "0", "RETRY_TIMES": 0}
    if history == "crashed":
        assert crawl_with_fault("often,kill:commit:4", url, output, settings) == -9
    for hours in (0, 30, 60):
        crawl(url, output, settings=settings, at=T0 + timedelta(hours=hours))
        server.site.edit(ids[1])
        server.site.remove(ids[2])
    if history == "rebuilt":
        assert scrapy("repair", "--rebuild-state", output=output).code == 0
    with closing(sqlite3.connect(output / "state.sqlite3")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode=DELETE")
    assert faults(output) == []
    return output


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("used", HISTORIES if THOROUGH else HISTORIES[:1], indirect=True)
def test_flipped_bits_that_change_the_data_of_the_state_are_named(
    seed: int, used: Path, record_property: Callable[[str, object], None]
) -> None:
    state = used / "state.sqlite3"
    content = state.read_bytes()
    before = rows_of(state)
    chance = random.Random(seed)
    changed, silent = 0, []
    copy = used.with_name("copy")
    while changed < FLIPS:
        place, bit = chance.randrange(len(content)), chance.randrange(8)
        flipped = bytearray(content)
        flipped[place] ^= 1 << bit
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(used, copy)
        (copy / "state.sqlite3").write_bytes(flipped)
        after = rows_of(copy / "state.sqlite3")
        if after == before:
            continue
        changed += 1
        if not faults(copy):
            silent.append([(one, other) for one, other in zip(before or [], after or [], strict=False) if one != other])
    record_property("flipped bits", {"state flips": changed, "state flips named": changed - len(silent)})
    print("not named:", silent)
    assert len(silent) <= (1 - NAMED) * changed, (len(silent), changed, silent)


@pytest.mark.parametrize(
    ("kind", "pattern"), [("manifest", "runs/*.json"), ("data", "*/*.jsonl"), ("archive", "archive/*.warc.gz")]
)
def test_flipped_bits_in_files_are_named(
    kind: str, pattern: str, used: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(kind)
    files = sorted(used.glob(pattern))
    silent = []
    for _ in range(FLIPS_OF_FILES):
        path = chance.choice(files)
        content = path.read_bytes()
        place, bit = chance.randrange(len(content)), chance.randrange(8)
        flipped = bytearray(content)
        flipped[place] ^= 1 << bit
        path.write_bytes(flipped)
        if not any(path.name in fault for fault in faults(used)):
            silent.append((path.name, place, bit))
        path.write_bytes(content)
    named = FLIPS_OF_FILES - len(silent)
    record_property("flipped bits", {f"{kind} flips": FLIPS_OF_FILES, f"{kind} flips named": named})
    assert silent == []
    assert faults(used) == []
