"""Measures the size of an article in Redis, and in the memory of `scrapy verify --with`."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.children import BenchmarkError
from benchmarks.memory import PER_CRAWL, invented
from benchmarks.redis_server import RedisServer
from vokcrawl.integrity.consistency import Fault
from vokcrawl.integrity.shared_consistency import SharedConsistencyCheck
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.record_files import Line
from vokcrawl.storage.state.redis.folders import OnServer
from vokcrawl.storage.state.redis.store import RedisState
from vokcrawl.storage.state.rows import ArticleRow

# Records per commit, as in `vokcrawl.runs.run.BATCH`.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Taken:
    """What one article costs.

    Bytes of the server's memory, of its rewritten append-only file, and of the memory of a check; microseconds of the
    server's CPU time for its commit.
    """

    memory: float
    file: float
    check: float
    commit: float


def measure_known(redis: RedisServer, folder: Path, articles: int) -> Taken:
    """Store invented articles and their teasers, as workers would."""
    output = OutputFolder(folder)
    output.path.mkdir()
    state = OnServer(redis.url, "known", 10)(output, expected=False)
    with redis.client() as client:
        memory, spent = _used(client), _spent(client)
        for rows in _parts(articles):
            _commit(state, rows)
        taken = _used(client) - memory
        spent = _spent(client) - spent
        client.bgrewriteaof()
        while client.info("persistence")["aof_rewrite_in_progress"] or _waits(client):
            time.sleep(0.05)
        file = int(client.info("persistence")["aof_base_size"])
        state.close()
    check = _checking(articles)
    return Taken(taken / articles, file / articles, check / articles, 1_000_000 * spent / articles)


def _parts(articles: int) -> Iterator[list[ArticleRow]]:
    rows = list(invented(articles))
    yield from (rows[start : start + BATCH] for start in range(0, articles, BATCH))


def _commit(state: RedisState, rows: list[ArticleRow]) -> None:
    state.begin()
    # As in a crawl, articles are read before they are written.
    state.articles(row.id for row in rows)
    for place, row in enumerate(rows):
        if not place % PER_CRAWL:
            crawl = state.begin_listing_crawl("http://127.0.0.1/article/163/", "a run")
        state.put_article(row)
        state.put_entry(row.id, crawl, delivered=True)
        state.done(row.id)
    state.commit()


def _used(client: Any) -> int:
    return int(client.info("memory")["used_memory"])


def _spent(client: Any) -> float:
    cpu = client.info("cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])


def _waits(client: Any) -> bool:
    return bool(client.info("persistence")["aof_rewrite_scheduled"])


def _checking(articles: int) -> int:
    """Return the bytes that `scrapy verify --with …` keeps for articles and teasers with one version each."""
    line = Line(Path("a"), 1, 0, b"", None)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    consistency, faults = SharedConsistencyCheck(all_folders=True), list[Fault]()
    for row in invented(articles):
        record = {"id": row.id, "revision": 1, "content_hash": row.content_hash, "previous_hash": None}
        for kind in ("articles", "teasers"):
            faults += list(consistency.takes[kind](line, record))
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    if faults:
        raise BenchmarkError(f"a check of invented articles finds {faults[0]}")
    return kept
