"""Part `memory`: the cost of an idle run with a million known articles, compared with a hundred."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path

from benchmarks.children import BenchmarkError, Cost, listing_of, vokcrawl
from benchmarks.delivered import check_vokcrawl
from benchmarks.idle import PLAIN, requests_by_kind
from benchmarks.results import Result, Target
from benchmarks.rounds import CPU, in_turns, measured
from vokcrawl.normalize import utc
from vokcrawl.sample.server import SampleServer
from vokcrawl.sample.site import SampleSite
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.rows import ArticleRow, Status

FEW, MANY = 100, 1_000_000
# The invented articles are minutes apart, from 2001 on, before those of the sample site; a listing crawl saw a hundred.
FIRST_STAMP = 1_000_000_000
SECONDS_APART = 500
PER_CRAWL = 100
# One of this many articles is due for another recheck.
RECHECKED = 10


def measure_memory(folder: Path, rounds: int) -> Result:
    """Measure idle runs with two output directories of the same site, one of which knows many old articles."""
    few, many = folder / "few", folder / "many"
    with SampleServer(SampleSite(FEW, faults=())) as server:
        url = listing_of(server.url)
        vokcrawl(url, few, **PLAIN)
        check_vokcrawl(few, FEW)
        shutil.copytree(few, many)
        add_articles(OutputFolder(many).state, MANY - FEW)
        vokcrawl(url, many, **PLAIN)
        vokcrawl(url, few, **PLAIN)
        server.reset()

        def large(_: int) -> Cost:
            return vokcrawl(url, many, **PLAIN)

        def small(_: int) -> Cost:
            return vokcrawl(url, few, **PLAIN)

        costs = in_turns({f"{MANY:,} known": large, f"{FEW:,} known": small}, rounds)
        seen = requests_by_kind(server.requests)
    if seen["article"] or seen["listing"] != 2 * rounds:
        raise BenchmarkError(f"{many}: the runs were not idle, they sent {seen}")
    title = f"an idle run, {rounds} rounds"
    target = Target(f"CPU of an idle run with {MANY:,} known articles, relative to {FEW}", f"{MANY:,} known", CPU, 1.05)
    return Result("memory", title, measured(costs), f"{FEW:,} known", [target])


def add_articles(state: Path, number: int) -> None:
    """Add `number` delivered articles, with their teasers and complete listing crawls, to a state."""
    columns = [field.name for field in fields(ArticleRow)]
    marks = ", ".join("?" * len(columns))
    with closing(sqlite3.connect(state, isolation_level=None)) as db:
        # Faster, and safe here; the crawl sets its own modes.
        db.execute("PRAGMA journal_mode=OFF")
        db.execute("PRAGMA synchronous=OFF")
        run_id = db.execute("SELECT run_id FROM runs").fetchone()[0]
        listing = db.execute("SELECT url FROM listings").fetchone()[0]
        first = db.execute("SELECT max(number) FROM listing_crawls").fetchone()[0] + 1
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO listing_crawls (number, listing, run_id, complete) VALUES (?, ?, ?, 1)",
            ((first + place, listing, run_id) for place in range(number // PER_CRAWL + 1)),
        )
        db.executemany(
            f"INSERT INTO articles ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
            map(attrgetter(*columns), invented(number)),
        )
        db.executemany(
            "INSERT INTO entries (id, crawl, delivered) VALUES (?, ?, 1)",
            ((_id(place), first + place // PER_CRAWL) for place in range(number)),
        )
        db.execute("COMMIT")


def _id(place: int) -> str:
    return f"{_stamp(place)}-{100_000_000 + 7919 * place % 900_000_000}"


def _stamp(place: int) -> int:
    return FIRST_STAMP + SECONDS_APART * place


def invented(number: int) -> Iterator[ArticleRow]:
    """Yield rows of articles that were delivered long ago."""
    rechecked_at = utc(datetime.now(UTC) + timedelta(days=30))
    for place in range(number):
        moment = datetime.fromtimestamp(_stamp(place), UTC)
        identity, seen = _id(place), utc(moment)
        digest = hashlib.sha256(identity.encode()).hexdigest()
        yield ArticleRow(
            id=identity,
            url=f"http://127.0.0.1/newstream/{identity}/orchard-harvest-begins-at-the-{digest[:8]}-farm/",
            status=Status.DELIVERED,
            content_hash=f"sha256:{digest}",
            title_hash=f"sha256:{digest[::-1]}",
            body_hash=f"sha256:{digest[32:]}{digest[:32]}",
            revision=1,
            published_on=moment.date().isoformat(),
            first_seen_at=seen,
            checked_at=seen,
            next_check_at=None if place % RECHECKED else rechecked_at,
            etag=f'"{digest[:16]}-{digest[16:32]}"',
            last_modified=moment.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        )
