"""Part `scaling`: two workers that share a Redis server compared with one, and an extrapolation to many articles."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.children import Cost, served, vokcrawl, worker
from benchmarks.crawl import LISTING_PAGE, pages_of
from benchmarks.delivered import check_vokcrawl, check_workers
from benchmarks.redis_server import RedisServer
from benchmarks.results import Result
from benchmarks.rounds import CPU_A_PAGE, Measurement, in_turns, measured_a_page
from benchmarks.shared_memory import Taken, measure_known
from vokcrawl.settings import base

TWO, ONE, ALONE = "two workers", "one worker", "SQLite, no workers"
# Number of articles to store in Redis for each article of the site, to measure their size.
TIMES_KNOWN = 50
# The extrapolation: ten sources with a million articles each.
SOURCES, MANY = 10, 10_000_000
_DAY, _GB = 86_400, 1_000_000_000


@dataclass(frozen=True, slots=True)
class OnDisk:
    """Bytes per article on disk: records, and archive."""

    records: float
    archive: float


def measure_scaling(folder: Path, articles: int, rounds: int) -> Result:
    """Crawl the same site `rounds` times with each candidate, each time with new directories and a new prefix."""
    with RedisServer(folder / "redis") as redis, served(articles) as url:

        def workers(number: int) -> Measurement:
            def one(turn: int) -> Cost:
                prefix = f"{number}.{turn}"
                outputs = [folder / f"{prefix}.{each}" for each in range(number)]
                cost = _together(url, outputs, redis, prefix)
                check_workers(outputs, articles)
                return cost

            return one

        def alone(turn: int) -> Cost:
            cost = vokcrawl(url, folder / f"alone-{turn}")
            check_vokcrawl(folder / f"alone-{turn}", articles)
            return cost

        # Not counted: the site renders its pages, and Python compiles modules.
        workers(1)(-1)
        costs = in_turns({TWO: workers(2), ONE: workers(1), ALONE: alone}, rounds)
        taken = measure_known(redis, folder / "known", TIMES_KNOWN * articles)
    disk = _on_disk(folder / "1.-1.0", articles)
    pages = pages_of(articles)
    counts = {
        f"for each of {TIMES_KNOWN * articles:,} articles in Redis": {
            "bytes of memory": round(taken.memory),
            "bytes of the append-only file": round(taken.file),
            "microseconds of CPU time to commit": round(taken.commit),
            "bytes of memory of `scrapy verify --with`": round(taken.check),
        },
        "for each article on the disks of the workers": {
            "bytes of records": round(disk.records),
            "bytes of archive": round(disk.archive),
        },
    }
    title = f"{articles} articles on {pages} pages, all on this machine with the site and Redis, {rounds} rounds"
    measured = measured_a_page(costs, dict.fromkeys(costs, pages))
    cpu = median(next(each for each in measured if each.name == ONE).values[CPU_A_PAGE]) / 1000
    return Result("scaling", title, measured, ONE, counts=counts, reckoned=reckoned(cpu, taken, disk))


def _together(url: str, outputs: Sequence[Path], redis: RedisServer, prefix: str) -> Cost:
    """Run workers in parallel: the time until the last one ends, their total CPU time, and the largest peak memory."""
    began = time.monotonic()
    with ThreadPoolExecutor(len(outputs)) as pool:
        costs = list(pool.map(lambda output: worker(url, output, redis.url, prefix), outputs))
    wall = time.monotonic() - began
    return Cost(wall, sum(each.cpu for each in costs), max(each.peak for each in costs))


def _on_disk(output: Path, articles: int) -> OnDisk:
    def size(kind: str) -> int:
        return sum(file.stat().st_size for file in (output / kind).iterdir())

    return OnDisk((size("articles") + size("teasers")) / articles, size("archive") / articles)


def reckoned(cpu: float, taken: Taken, disk: OnDisk) -> list[list[str]]:
    """Extrapolate to `MANY` articles, and compute the limit of each part. `cpu` is a worker's seconds per page."""
    pages = MANY * (1 + 1 / LISTING_PAGE)
    delay = base.DOWNLOAD_DELAY
    days = pages * delay / _DAY

    def gigabytes(each: float) -> str:
        return f"{MANY * each / _GB:,.1f} GB"

    def millions(room: int, each: float) -> str:
        return f"{room * _GB / each / 1_000_000:,.0f} million"

    return [
        [f"  {MANY:,} articles of {SOURCES} sources", ""],
        [f"    duration, all on one site: a request every {delay} s, any number of workers", f"{days:,.0f} days"],
        ["    duration, each source on a site of its own", f"{days / SOURCES:,.0f} days"],
        ["    CPU time of the workers", f"{pages * cpu / 3600:,.0f} hours"],
        ["    CPU time of Redis", f"{MANY * taken.commit / 3.6e9:,.1f} hours"],
        ["    memory of Redis", gigabytes(taken.memory)],
        ["    its append-only file (twice that while it is rewritten)", gigabytes(taken.file)],
        ["    records on disk", gigabytes(disk.records)],
        ["    archive on disk, with pages of this size", gigabytes(disk.archive)],
        ["    memory of `scrapy verify --with` all directories", gigabytes(taken.check)],
        ["  limits", ""],
        ["    sites per processor at that delay", f"{delay / cpu:,.0f}"],
        ["    pages per second and processor", f"{1 / cpu:,.0f}"],
        ["    committed articles per second and Redis server", f"{1_000_000 / taken.commit:,.0f}"],
        ["    articles in a Redis server with 64 GB of memory", millions(64, taken.memory)],
        ["    articles to verify in 16 GB of memory", millions(16, taken.check)],
        ["    articles with archive on a disk of 4 TB", millions(4000, disk.records + disk.archive)],
    ]
