"""`python -m tests.simulation N`: plays N histories with fresh seeds, or from `--seed` on, and reports what fails."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from multiprocessing import get_context
from secrets import randbelow

from tests.simulation.play import Failure, play, shrink
from tests.simulation.world import World

# Histories that a worker plays before it reports.
_PORTION = 500
_MOST_REPORTED = 5


def failures_of(seeds: Iterable[int]) -> list[Failure]:
    """What fails among the histories of these seeds."""
    return [failure for seed in seeds if (failure := play(World.draw(seed))) is not None]


def portions(first: int, number: int) -> Iterator[range]:
    """The seeds, in portions."""
    for start in range(first, first + number, _PORTION):
        yield range(start, min(start + _PORTION, first + number))


def simulate(first: int, number: int, workers: int) -> Iterator[list[Failure]]:
    """Plays so many histories from the seed `first` on; gives the failures of each portion."""
    if workers == 1:
        yield from map(failures_of, portions(first, number))
        return
    with get_context("fork").Pool(workers) as pool:
        yield from pool.imap_unordered(failures_of, portions(first, number))


def main(arguments: list[str] | None = None) -> int:
    """The exit code is 1 where a history failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("number", type=int, nargs="?", default=10_000, help="how many histories (default: 10000)")
    parser.add_argument("--seed", type=int, help="the first seed; with a number of 1 exactly that history is replayed")
    parser.add_argument("--workers", type=int, default=1, help="processes that play side by side (default: 1)")
    given = parser.parse_args(arguments)
    first = given.seed if given.seed is not None else randbelow(10**12)
    sys.stdout.write(f"{given.number} histories from seed {first} on\n")
    began = time.monotonic()
    found: list[Failure] = []
    for failures in simulate(first, given.number, given.workers):
        for failure in failures:
            found.append(failure)
            if len(found) <= _MOST_REPORTED:
                sys.stdout.write(f"\n{shrink(failure).report()}\n")
                sys.stdout.flush()
    spent = time.monotonic() - began
    sys.stdout.write(f"{len(found)} of {given.number} failed, in {spent:.0f} s\n")
    if found:
        seeds = " ".join(str(failure.world.seed) for failure in found[:50])
        sys.stdout.write(f"failed: {seeds}\nadd them to tests/simulation/seeds.txt once they are mended\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
