"""``python -m benchmarks``: measures vokcrawl on the sample site. It uses the loopback interface only."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import orjson

from benchmarks.answers import measure_answers
from benchmarks.archiving import measure_archiving
from benchmarks.children import BenchmarkError
from benchmarks.core import measure_core
from benchmarks.crawl import measure_crawl
from benchmarks.exports import measure_exports, measure_parquet, measure_sqlite, measure_verify
from benchmarks.growth import measure_growth
from benchmarks.hotspots import measure_profile
from benchmarks.idle import measure_idle
from benchmarks.memory import measure_memory
from benchmarks.reading import measure_reading
from benchmarks.replay import measure_replay
from benchmarks.results import Result, summary
from benchmarks.scaling import measure_scaling
from benchmarks.wacz import measure_wacz

# Parameters: an empty directory, the number of articles, the number of rounds.
PARTS: dict[str, Callable[[Path, int, int], Result]] = {
    "crawl": measure_crawl,
    "idle": measure_idle,
    "growth": lambda folder, articles, _: measure_growth(folder, articles),
    "memory": lambda folder, _, rounds: measure_memory(folder, rounds),
    "core": lambda _, articles, rounds: measure_core(articles, rounds),
    "reading": lambda _, articles, rounds: measure_reading(articles, rounds),
    "archiving": measure_archiving,
    "replay": measure_replay,
    "exports": measure_exports,
    "parquet": measure_parquet,
    "sqlite": measure_sqlite,
    "verify": measure_verify,
    "wacz": lambda folder, articles, _: measure_wacz(folder, articles),
    "answers": measure_answers,
    "scaling": measure_scaling,
    "profile": lambda folder, articles, _: measure_profile(folder, articles),
}


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all, which takes about twenty minutes"
    )
    parser.add_argument("--articles", type=_positive, default=2000, help="number of articles (default 2000)")
    parser.add_argument("--rounds", type=_positive, default=5, help="number of measurements (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results as JSON")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the parts in turn, and print each result. Return 1 if one failed, 2 for an unknown part."""
    options = parser().parse_args(arguments)
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        print(f"{unknown[0]!r} is not one of {', '.join(PARTS)}", file=sys.stderr)
        return 2
    chosen = [part for part in PARTS if not options.parts or part in options.parts]
    machine = _machine()
    print(", ".join(f"{name} {value}" for name, value in machine.items()), flush=True)
    results: list[Result] = []
    for part in chosen:
        # A directory per part, because they are large.
        with tempfile.TemporaryDirectory(prefix="vokcrawl-bench-") as folder:
            try:
                results.append(PARTS[part](Path(folder), options.articles, options.rounds))
            except BenchmarkError as failure:
                print(f"{part}: failed: {failure}", file=sys.stderr)
                return 1
        print(f"\n{results[-1].text()}", flush=True)
    if any(result.targets for result in results):
        print(f"\n{summary(results)}", flush=True)
    if options.json is not None:
        output = {"machine": machine, "results": [result.to_dict() for result in results]}
        options.json.write_bytes(orjson.dumps(output, option=orjson.OPT_INDENT_2) + b"\n")
    return 0


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _machine() -> dict[str, str]:
    return {
        "Python": platform.python_version(),
        "Scrapy": version("Scrapy"),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": str(os.cpu_count()),
    }


if __name__ == "__main__":
    sys.exit(main())
