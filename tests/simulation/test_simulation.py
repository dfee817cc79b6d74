"""The crawl core against simulated sites: the same histories each time, and all that ever failed.

`make simulate N=1000000` plays fresh ones.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import THOROUGH
from tests.simulation.__main__ import failures_of, main
from tests.simulation.play import Failure, play, shrink
from tests.simulation.world import BEHAVIOURS, World

SEEDS = [int(line.split("#")[0]) for line in (Path(__file__).parent / "seeds.txt").read_text().splitlines() if line]
# About one history in 60,000 still fails, so fresh ones are left to `make simulate`: chance must fail no test.
PORTIONS, HISTORIES = (4, 1_000) if THOROUGH else (1, 500)
FIRST = 600_000_000


def report(failures: list[Failure]) -> str:
    """What failed, made small, and the command that replays it."""
    seeds = " ".join(str(each.world.seed) for each in failures)
    smallest = shrink(failures[0]).report() if failures else ""
    return f"failed seeds: {seeds}\nreplay: python -m tests.simulation 1 --seed SEED\n{smallest}"


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_histories_keep_the_invariants(portion: int) -> None:
    first = FIRST + portion * HISTORIES
    failures = failures_of(range(first, first + HISTORIES))
    assert not failures, report(failures)


def test_histories_that_failed_once_keep_the_invariants() -> None:
    failures = failures_of(SEEDS)
    assert not failures, report(failures)


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_seed_replays_exactly(seed: int) -> None:
    traces: tuple[list[str], list[str]] = ([], [])
    for trace in traces:
        play(World.draw(seed), trace)
    assert traces[0] == traces[1]
    assert traces[0]


def test_fresh_seeds_draw_each_behaviour() -> None:
    drawn = [World.draw(seed).behaviours for seed in range(1000)]
    assert frozenset().union(*drawn) == BEHAVIOURS.keys()


def test_command_counts_what_it_played(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["3", "--seed", str(SEEDS[0])]) == 0
    shown = capsys.readouterr().out
    assert f"3 histories from seed {SEEDS[0]} on" in shown
    assert "0 of 3 failed" in shown
