"""The benchmark on a very small site: each part runs and prints its result."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.answers import QUERIES
from benchmarks.scale import COMMANDS
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


def test_extraction_is_compared_with_other_libraries(tmp_path: Path) -> None:
    result = tmp_path / "results.json"
    printed = benchmark("reading", "--articles", "12", "--rounds", "1", "--json", str(result))
    assert "trafilatura" in printed
    measures = json.loads(result.read_bytes())["results"][0]["measures"]["CPU ms/page"]
    assert all(each["median"] > 0 for each in measures.values())


@pytest.mark.thorough
def test_a_crawl_is_compared_with_a_bare_spider_and_scripts_without_scrapy() -> None:
    printed = benchmark("crawl", "idle", "profile", "--articles", "25", "--rounds", "1")
    for name in ("vokcrawl", "bare Scrapy spider", "requests, BeautifulSoup", "aiohttp, selectolax", "HTTP (Twisted)"):
        assert name in printed
    assert "Scrapy's defaults" in printed
    assert printed.count("at most") == 4


@pytest.mark.thorough
def test_exports_and_verify_are_compared_with_other_programs() -> None:
    printed = benchmark("exports", "parquet", "sqlite", "verify", "--articles", "20", "--rounds", "1")
    for name in ("export again", "DuckDB's COPY", "sqlite-utils", "sha256sum"):
        assert name in printed
    assert printed.count("at most") == 3


def test_answers_of_each_kind_of_query_and_page_are_measured() -> None:
    printed = benchmark("answers", "--articles", "2", "--rounds", "1")
    for name in (*QUERIES, "show", "browse: first page"):
        assert name in printed
    assert printed.count("at most 1.00") == len(QUERIES) + 12


@pytest.mark.thorough
def test_growth_of_each_command_is_measured() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", "--articles", "10,20", "--runs", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in (*COMMANDS, "per article"):
        assert done.stdout.count(name) == 1, name


@pytest.mark.thorough
def test_a_replay_is_compared_with_a_bare_spider() -> None:
    printed = benchmark("replay", "--articles", "24", "--rounds", "1")
    for name in ("replay of a fifth", "bare Scrapy spider", "at most"):
        assert name in printed


def test_an_unknown_part_is_an_error_that_lists_the_parts() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "'speed' is not one of crawl, idle" in done.stderr


@pytest.mark.thorough
def test_two_workers_are_compared_with_one_and_many_articles_estimated() -> None:
    RedisServer.program()
    printed = benchmark("scaling", "--articles", "30", "--rounds", "1")
    for name in ("two workers", "one worker", "SQLite, no workers", "bytes of memory", "memory of Redis"):
        assert name in printed


def test_the_estimate_for_many_articles_is_a_multiple() -> None:
    rows = reckoned(0.005, Taken(memory=1000, file=500, check=800, commit=25), OnDisk(records=2000, archive=6000))
    result = {name.strip().partition(",")[0]: value for name, value in map(tuple, rows)}
    assert result["duration"] == "57 days", "the later of two"
    assert result["CPU time of the workers"] == "15 hours"
    assert result["memory of Redis"] == "10.0 GB"
    assert result["records on disk"] == "20.0 GB"
    assert result["sites per processor at that delay"] == "900"
    assert result["committed articles per second and Redis server"] == "40,000"
    assert result["articles in a Redis server with 64 GB of memory"] == "64 million"
    assert result["articles with archive on a disk of 4 TB"] == "500 million"
