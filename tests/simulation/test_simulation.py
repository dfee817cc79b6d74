"""The crawl core against simulated sites: fresh histories after each change of the code, and all that ever failed.

`VOK_TEST_HISTORIES_FROM` names the seed of the first one; `make simulate N=1000000` plays more of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import THOROUGH
from tests.simulation.__main__ import failures_of, main
from tests.simulation.first_seed import VARIABLE, first_seed
from tests.simulation.play import Failure, play, shrink
from tests.simulation.world import BEHAVIOURS, World

SEEDS = [int(line.split("#")[0]) for line in (Path(__file__).parent / "seeds.txt").read_text().splitlines() if line]
# In portions, for several workers.
PORTIONS, HISTORIES = (20, 1_000) if THOROUGH else (1, 500)
FIRST = first_seed()


def report(failures: list[Failure]) -> str:
    """What failed, made small, and the command that replays it."""
    seeds = " ".join(str(each.world.seed) for each in failures)
    smallest = shrink(failures[0]).report() if failures else ""
    return f"failed seeds: {seeds}\nreplay: python -m tests.simulation 1 --seed SEED\n{smallest}"


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_fresh_histories_keep_the_invariants(portion: int, record_property: Callable[[str, object], None]) -> None:
    first = FIRST + portion * HISTORIES
    record_property("simulation", {"first": first, "number": HISTORIES})
    failures = failures_of(range(first, first + HISTORIES))
    assert not failures, f"histories from seed {FIRST} on ({VARIABLE}={FIRST})\n{report(failures)}"


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


def test_first_seed_is_another_one_after_each_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    source = tmp_path / "vokcrawl/crawling/crawl.py"
    source.parent.mkdir(parents=True)
    seeds = []
    for text in ("one", "other", "one"):
        source.write_text(text)
        seeds.append(first_seed(tmp_path))
    source.rename(source.with_name("moved.py"))
    seeds.append(first_seed(tmp_path))
    assert seeds[0] == seeds[2]
    assert len(set(seeds)) == 3
    assert first_seed() == first_seed()


def test_first_seed_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "820253357")
    assert first_seed() == 820253357
