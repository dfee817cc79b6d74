"""Parts `exports`, `parquet`, `sqlite` and `verify`: commands that read a whole archive, and other programs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from benchmarks.archives import ArchiveSize, make_archive
from benchmarks.children import HERE, BenchmarkError, Cost, clean_environment, command, measure
from benchmarks.results import Result, Target
from benchmarks.rounds import CPU, in_turns, measured
from vokcrawl.exports.near_duplicates.kept import NAME

# Start-up is not compared: the cost of the same on an archive of one article is subtracted, in each round.
# The archive has five times as many articles as the site of the other parts.
TIMES, RUNS = 5, 100
# How much larger the archive of `parquet` is.
LARGER = 5
FIRST, AGAIN = "export, first time", "export again"
PARQUET, DUCKDB = "export .parquet", "DuckDB's COPY, one thread"
SQLITE, SQLITE_UTILS = "export .sqlite", "sqlite-utils"
VERIFY, VERIFY_FULL, SHA256 = "verify", "verify --full", "sha256sum"
PLAIN = "--no-near-duplicates"
# In seconds; a difference may be smaller than the measurement's error.
SHORTEST = 0.001

# Does something with an output directory.
Action = Callable[[Path], Cost]


def measure_exports(folder: Path, articles: int, rounds: int) -> Result:
    """Export an archive with near duplicates, for the first time and again."""
    output = _archive(folder / "many", articles)

    def first(_: int) -> Cost:
        (output / NAME).unlink(missing_ok=True)
        return _export(output, "first.csv")

    things = {FIRST: first, AGAIN: lambda _: _export(output, "again.csv")}
    return Result("exports", _title(articles, rounds), measured(in_turns(things, rounds)), FIRST)


def measure_parquet(folder: Path, articles: int, rounds: int) -> Result:
    """Export all versions of an archive's articles as Parquet; DuckDB copies the same record files.

    The archive is larger than that of the other parts, because the cost of DuckDB's start would hide that of its copy.
    """
    articles *= LARGER
    things = {PARQUET: _exporting("articles.parquet", "--what", "articles"), DUCKDB: _peer("duckdb_copy")}
    target = Target("CPU of an export as Parquet, relative to DuckDB's COPY", PARQUET, CPU, 1.2)
    return _compared("parquet", folder, articles, rounds, things, DUCKDB, target)


def measure_sqlite(folder: Path, articles: int, rounds: int) -> Result:
    """Export an archive as SQLite; sqlite-utils inserts the same record files and builds a full-text index."""
    things = {SQLITE: _exporting("archive.sqlite"), SQLITE_UTILS: _peer("sqlite_tables")}
    target = Target("CPU of an export as SQLite, relative to sqlite-utils", SQLITE, CPU, 1.0)
    return _compared("sqlite", folder, articles, rounds, things, SQLITE_UTILS, target)


def measure_verify(folder: Path, articles: int, rounds: int) -> Result:
    """Verify an archive with the page of each article; sha256sum reads the same files.

    The goal is that of the common check: a full one also decompresses the archives, which are five times as large then,
    and computes two digests of that.
    """
    program = shutil.which("sha256sum")
    if program is None:
        raise BenchmarkError("sha256sum is not installed")

    def hash_all(output: Path) -> Cost:
        files = [str(path) for path in sorted(output.rglob("*")) if path.is_file()]
        return measure([program, *files], folder, clean_environment())

    things = {
        VERIFY: lambda output: command(["verify"], output),
        VERIFY_FULL: lambda output: command(["verify", "--full"], output),
        SHA256: hash_all,
    }
    target = Target("CPU of verify, relative to sha256sum of the same files", VERIFY, CPU, 2.5)
    return _compared("verify", folder, articles, rounds, things, SHA256, target, warc=True)


def _archive(folder: Path, articles: int, *, warc: bool = False) -> Path:
    number = TIMES * articles
    make_archive(folder / "output", ArchiveSize(number, min(RUNS, number), warc))
    return folder / "output"


def _export(output: Path, name: str, *options: str) -> Cost:
    return command(["export", "--to", str(output.with_name(name)), "--overwrite", *options], output)


def _exporting(name: str, *options: str) -> Action:
    return lambda output: _export(output, name, PLAIN, *options)


def _peer(module: str) -> Action:
    """Return a function that runs a script of `benchmarks.peers` with the output directory and the file to write."""
    script = HERE / "peers" / f"{module}.py"

    def one(output: Path) -> Cost:
        target = output.with_name(f"{module}.out")
        target.unlink(missing_ok=True)
        return measure([sys.executable, str(script), str(output), str(target)], output.parent, clean_environment())

    return one


def _compared(
    part: str,
    folder: Path,
    articles: int,
    rounds: int,
    actions: Mapping[str, Action],
    against: str,
    target: Target,
    *,
    warc: bool = False,
) -> Result:
    many = _archive(folder / "many", articles, warc=warc)
    make_archive(folder / "one" / "output", ArchiveSize(1, 1, warc))
    one = folder / "one" / "output"
    things = {name: partial(_without_start, action, many, one) for name, action in actions.items()}
    title = f"{_title(articles, rounds)}; start-up subtracted"
    return Result(part, title, measured(in_turns(things, rounds)), against, [target])


def _without_start(action: Action, many: Path, one: Path, _: int) -> Cost:
    start, whole = action(one), action(many)
    return Cost(max(whole.wall - start.wall, SHORTEST), max(whole.cpu - start.cpu, SHORTEST), whole.peak)


def _title(articles: int, rounds: int) -> str:
    return f"an archive of {TIMES * articles} articles, {rounds} rounds"
