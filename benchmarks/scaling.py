"""Part `scaling`: two workers that share a Redis server against one, and what very many articles would take."""

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

TWO, ONE, ALONE = "two workers", "one worker", "a crawl with its own memory"
# For each article of the site so many are stored on the server, to measure what one takes there.
TIMES_KNOWN = 50
# What is reckoned: ten sources of a million articles each, all on one site.
SOURCES, MANY = 10, 10_000_000
_DAY, _GB = 86_400, 1_000_000_000


@dataclass(frozen=True, slots=True)
class OnDisk:
    """Bytes for each article that a crawl has left: its records, and what the site sent."""

    records: float
    archive: float


def measure_scaling(folder: Path, articles: int, rounds: int) -> Result:
    """All crawl the same site `rounds` times, each time into fresh folders and under fresh names on the server."""
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

        # Not counted: the site renders its pages, and Python compiles its modules.
        workers(1)(-1)
        costs = in_turns({TWO: workers(2), ONE: workers(1), ALONE: alone}, rounds)
        taken = measure_known(redis, folder / "known", TIMES_KNOWN * articles)
    disk = _on_disk(folder / "1.-1.0", articles)
    pages = pages_of(articles)
    counts = {
        f"of {TIMES_KNOWN * articles:,} articles known to a Redis server each takes": {
            "bytes of its memory": round(taken.memory),
            "bytes of its append-only file": round(taken.file),
            "microseconds of its processor to commit": round(taken.commit),
            "bytes of memory of `scrapy verify --with`": round(taken.check),
        },
        "on the disks of the workers an article takes": {
            "bytes of records": round(disk.records),
            "bytes of archive": round(disk.archive),
        },
    }
    title = f"{articles} articles on {pages} pages, all on this machine with the site and Redis, {rounds} rounds"
    measured = measured_a_page(costs, dict.fromkeys(costs, pages))
    cpu = median(next(each for each in measured if each.name == ONE).values[CPU_A_PAGE]) / 1000
    return Result("scaling", title, measured, ONE, counts=counts, reckoned=reckoned(cpu, taken, disk))


def _together(url: str, outputs: Sequence[Path], redis: RedisServer, prefix: str) -> Cost:
    """Workers side by side: the time until the last has ended, their processor time, and the largest of them."""
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
    """What `MANY` articles of `SOURCES` sources take, and how far each part goes; `cpu`: a worker's seconds a page."""
    pages = MANY * (1 + 1 / LISTING_PAGE)
    delay = base.DOWNLOAD_DELAY
    days = pages * delay / _DAY

    def gigabytes(each: float) -> str:
        return f"{MANY * each / _GB:,.1f} GB"

    def millions(room: int, each: float) -> str:
        return f"{room * _GB / each / 1_000_000:,.0f} million"

    return [
        [f"  {MANY:,} articles of {SOURCES} sources", ""],
        [f"    time, all on one site: a request every {delay} s, by however many workers", f"{days:,.0f} days"],
        ["    time, each source on a site of its own", f"{days / SOURCES:,.0f} days"],
        ["    processor time of the workers", f"{pages * cpu / 3600:,.0f} hours"],
        ["    processor time of Redis", f"{MANY * taken.commit / 3.6e9:,.1f} hours"],
        ["    memory of Redis", gigabytes(taken.memory)],
        ["    its append-only file, twice that while it is rewritten", gigabytes(taken.file)],
        ["    records on disk", gigabytes(disk.records)],
        ["    archive on disk, of pages as large as these", gigabytes(disk.archive)],
        ["    memory of `scrapy verify --with` all folders", gigabytes(taken.check)],
        ["  how far it goes", ""],
        ["    sites that one processor keeps up with, each asked at that pace", f"{delay / cpu:,.0f}"],
        ["    pages a second behind which one more processor is needed", f"{1 / cpu:,.0f}"],
        ["    articles a second that one Redis commits", f"{1_000_000 / taken.commit:,.0f}"],
        ["    articles known to a Redis with 64 GB of memory", millions(64, taken.memory)],
        ["    articles that are checked within 16 GB of memory", millions(16, taken.check)],
        ["    articles with their archive on a disk of 4 TB", millions(4000, disk.records + disk.archive)],
    ]
