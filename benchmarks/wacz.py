"""Part `wacz`: an export of a large archive as WACZ, which must not need more memory than that of a small one."""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZipFile

from benchmarks.archives import ArchiveSize, make_archive
from benchmarks.children import BenchmarkError, clean_environment, command, measure
from benchmarks.results import Measured, Result, Target
from benchmarks.rounds import CPU, PEAK

# Captures for each article of the option `--articles`: 100,000 by default, and a tenth of it.
TIMES, FEWER = 50, 10
RUNS = 100
SIZE = "size, MB"
_VALIDATE = "import sys; from wacz.main import main; sys.exit(main(sys.argv[1:]))"


def measure_wacz(folder: Path, articles: int) -> Result:
    """Export archives with the page of each article, and validate the files with `wacz validate`."""
    sizes = (TIMES * articles, TIMES * articles // FEWER)
    large, small = (f"{size:,} captures" for size in sizes)
    things = [_exported(folder, name, size) for name, size in zip((large, small), sizes, strict=True)]
    title = "`scrapy export --to FILE.wacz` of archives with the page of each article, accepted by `wacz validate`"
    target = Target(f"peak memory of an export of {large} as WACZ, relative to {small}", large, PEAK, 1.2)
    return Result("wacz", title, things, small, [target])


def _exported(folder: Path, name: str, size: int) -> Measured:
    output, target = folder / name / "output", folder / name / "archive.wacz"
    make_archive(output, ArchiveSize(size, min(RUNS, size), warc=True))
    cost = command(["export", "--to", str(target)], output)
    _check(target, size)
    values = {PEAK: [cost.peak], CPU: [cost.cpu], SIZE: [target.stat().st_size / 1_000_000]}
    return Measured(name, values)


def _check(target: Path, size: int) -> None:
    """Raise `BenchmarkError` unless a file has a page for each capture, and `wacz validate` accepts it."""
    with ZipFile(target) as file, file.open("pages/pages.jsonl") as pages:
        found = sum(1 for _ in pages) - 1
    if found < size:
        raise BenchmarkError(f"{target}: {found} pages instead of {size}")
    arguments = [sys.executable, "-c", _VALIDATE, "validate", "-f", str(target)]
    measure(arguments, target.parent, clean_environment())
