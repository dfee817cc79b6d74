"""The benchmark itself, on a very small site: each part does its work and prints what it found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.scaling import OnDisk, reckoned
from benchmarks.shared_memory import Taken
from tests.support.children import ROOT
from tests.support.redis_server import RedisServer


def benchmark(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_reading_is_measured_beside_what_others_make_of_the_same_pages(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    printed = benchmark("reading", "--articles", "12", "--rounds", "1", "--json", str(told))
    assert "trafilatura" in printed
    measures = json.loads(told.read_bytes())["results"][0]["measures"]["CPU ms/page"]
    assert all(each["median"] > 0 for each in measures.values())


@pytest.mark.thorough
def test_a_crawl_is_measured_beside_a_bare_spider_and_what_people_write_without_scrapy() -> None:
    printed = benchmark("crawl", "idle", "profile", "--articles", "25", "--rounds", "1")
    for name in ("vokcrawl", "bare Scrapy spider", "requests, BeautifulSoup", "aiohttp, selectolax", "HTTP (Twisted)"):
        assert name in printed
    assert printed.count("at most") == 2


@pytest.mark.thorough
def test_a_replay_is_measured_beside_a_bare_spiders_crawl_of_the_same_pages() -> None:
    printed = benchmark("replay", "--articles", "24", "--rounds", "1")
    for name in ("replay of a fifth", "bare Scrapy spider", "at most"):
        assert name in printed


def test_a_part_that_there_is_none_of_is_an_error_that_names_those_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "'speed' is not one of crawl, idle" in done.stderr


@pytest.mark.thorough
def test_two_workers_are_measured_beside_one_and_many_articles_reckoned() -> None:
    RedisServer.program()
    printed = benchmark("scaling", "--articles", "30", "--rounds", "1")
    for name in ("two workers", "one worker", "a crawl with its own memory", "bytes of its memory", "memory of Redis"):
        assert name in printed


def test_what_many_articles_take_follows_from_what_one_takes() -> None:
    rows = reckoned(0.005, Taken(memory=1000, file=500, check=800, commit=25), OnDisk(records=2000, archive=6000))
    told = {name.strip().partition(",")[0]: value for name, value in map(tuple, rows)}
    assert told["time"] == "57 days", "the later of two"
    assert told["processor time of the workers"] == "15 hours"
    assert told["memory of Redis"] == "10.0 GB"
    assert told["records on disk"] == "20.0 GB"
    assert told["sites that one processor keeps up with"] == "900"
    assert told["articles a second that one Redis commits"] == "40,000"
    assert told["articles known to a Redis with 64 GB of memory"] == "64 million"
    assert told["articles with their archive on a disk of 4 TB"] == "500 million"
