"""Measures several candidates in turn, so that other load on the machine affects all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from benchmarks.children import Cost
from benchmarks.results import Measured

# Measures a candidate once; the parameter is the number of the round.
Measurement = Callable[[int], Cost]

CPU, WALL, PEAK = "CPU s", "wall s", "peak memory MB"
CPU_A_PAGE, WALL_A_PAGE = "CPU ms/page", "wall ms/page"


def in_turns(things: Mapping[str, Measurement], rounds: int) -> dict[str, list[Cost]]:
    """Return the cost of each candidate in each round. The order is reversed in every other round."""
    costs: dict[str, list[Cost]] = {name: [] for name in things}
    for number in range(rounds):
        for name in list(things)[:: -1 if number % 2 else 1]:
            costs[name].append(things[name](number))
    return costs


def measured(costs: Mapping[str, Sequence[Cost]]) -> list[Measured]:
    """Return CPU time, wall time and peak memory of each candidate."""
    return [
        Measured(name, {CPU: [each.cpu for each in ones], WALL: [each.wall for each in ones], PEAK: _peaks(ones)})
        for name, ones in costs.items()
    ]


def measured_a_page(costs: Mapping[str, Sequence[Cost]], pages: Mapping[str, int]) -> list[Measured]:
    """Return the same, with times divided by the number of `pages` of each candidate."""
    return [
        Measured(
            name,
            {
                CPU_A_PAGE: [1000 * each.cpu / pages[name] for each in ones],
                WALL_A_PAGE: [1000 * each.wall / pages[name] for each in ones],
                PEAK: _peaks(ones),
            },
        )
        for name, ones in costs.items()
    ]


def _peaks(ones: Sequence[Cost]) -> list[float]:
    return [each.peak for each in ones]
