"""``python -m benchmarks.scale``: how CPU time and memory of each command grow with articles and with runs.

Archives of increasing size are made without crawling (`benchmarks.archives`), each command runs on each of them, and
a command whose CPU time grows faster than the archive fails.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.archives import ArchiveSize, make_archive
from benchmarks.children import BenchmarkError, Cost, command
from benchmarks.results import table

# CPU time per article (or run) may be this many times as high in the last step as in the one before.
MAX_GROWTH = 1.6
# Steps that take less CPU time than this many seconds show noise only.
NOISE_SECONDS = 1.0
# Each command with its arguments; `{to}` is a directory for its output.
COMMANDS: Mapping[str, Sequence[str]] = {
    "verify": ["verify"],
    "status": ["status"],
    "report": ["report", "--to", "{to}/report.html"],
    "search, first": ["search", "harvest"],
    "search, again": ["search", "harvest"],
    "export .csv, first": ["export", "--to", "{to}/first.csv"],
    "export .csv, again": ["export", "--to", "{to}/again.csv"],
    "export .parquet": ["export", "--to", "{to}/current.parquet", "--no-near-duplicates"],
    "export .sqlite": ["export", "--to", "{to}/archive.sqlite", "--no-near-duplicates"],
    "export .jsonl.zst": ["export", "--to", "{to}/current.jsonl.zst", "--no-near-duplicates"],
    "repair --rebuild-state": ["repair", "--rebuild-state"],
}


@dataclass(frozen=True, slots=True)
class Growth:
    """The cost of one command on archives of increasing size; `sizes` are their articles or runs."""

    command: str
    sizes: Sequence[int]
    costs: Sequence[Cost]

    @property
    def growth(self) -> float | None:
        """CPU time per article of the last step relative to the step before; None if it is too small to measure."""
        steps = [later.cpu - earlier.cpu for earlier, later in zip(self.costs, self.costs[1:], strict=False)]
        widths = [later - earlier for earlier, later in zip(self.sizes, self.sizes[1:], strict=False)]
        if len(steps) < 2 or steps[-1] < NOISE_SECONDS:
            return None
        # Start-up is about as long as a very short step, which would make the ratio arbitrary.
        before = max(steps[-2], NOISE_SECONDS * widths[-2] / widths[-1])
        return (steps[-1] / widths[-1]) / (before / widths[-2])

    @property
    def is_linear(self) -> bool:
        """Whether the CPU time grows at most as the archive does."""
        return self.growth is None or self.growth <= MAX_GROWTH

    def row(self) -> list[str]:
        """Format as a row: CPU seconds and peak memory for each size, CPU time per article of the last step, growth."""
        cells = [f"{cost.cpu:.2f} s  {cost.peak:.0f} MB" for cost in self.costs]
        each = ""
        if len(self.costs) > 1:
            step = self.costs[-1].cpu - self.costs[-2].cpu
            each = f"{1e6 * step / (self.sizes[-1] - self.sizes[-2]):.0f} us"
        growth = f"{self.growth:.2f}" if self.growth is not None else "-"
        return [self.command, *cells, each, growth]


def measure_growth(folder: Path, archives: Sequence[ArchiveSize], by: str) -> Iterator[Growth]:
    """Run each command on each archive. `by` is the number that grows, `articles` or `runs`."""
    outputs = []
    for number, size in enumerate(archives):
        output = folder / f"{by}-{number}"
        make_archive(output, size)
        outputs.append(output)
    for name, arguments in COMMANDS.items():
        costs = []
        for output in outputs:
            to = output.with_name(f"{output.name}-to")
            to.mkdir(exist_ok=True)
            costs.append(command([each.format(to=to) for each in arguments], output))
        yield Growth(name, [getattr(size, by) for size in archives], costs)


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table for articles and one for runs; return 1 if a command failed or grows faster than its archive."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--articles", type=_numbers, default=[1_000, 10_000, 100_000], metavar="N,N,N")
    parser.add_argument("--runs", type=_numbers, default=[100, 1_000, 10_000], metavar="N,N,N")
    parser.add_argument("--folder", type=Path, help="where to make the archives (default: the temporary directory)")
    options = parser.parse_args(arguments)
    few_runs, few_articles = options.runs[0], options.articles[0]
    tables = {
        "articles": [ArchiveSize(number, min(number, few_runs)) for number in options.articles],
        "runs": [ArchiveSize(few_articles, number) for number in options.runs],
    }
    failed = []
    for by, archives in tables.items():
        if len(archives) < 2:
            continue
        rows = [["", *(f"{getattr(size, by):,} {by}" for size in archives), f"per {by[:-1]}", "growth"]]
        with tempfile.TemporaryDirectory(prefix="vokcrawl-scale-", dir=options.folder) as folder:
            try:
                for growth in measure_growth(Path(folder), archives, by):
                    rows.append(growth.row())
                    if not growth.is_linear:
                        failed.append(f"{growth.command}: CPU time per {by[:-1]} grew by {growth.growth:.2f}")
            except BenchmarkError as failure:
                print(failure, file=sys.stderr)
                return 1
        print("\n".join(table(rows)), flush=True)
    for text in failed:
        print(text, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
