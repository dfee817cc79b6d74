"""Two things measured in turns, so that what else the machine does meanwhile meets both."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.children import Cost
from benchmarks.results import Compared


def alternate(
    first: Callable[[int], Cost], second: Callable[[int], Cost], rounds: int
) -> tuple[list[Cost], list[Cost]]:
    """The costs of both in each round; they are given the round's number. Who begins changes from round to round."""
    ones: list[Cost] = []
    others: list[Cost] = []
    for number in range(rounds):
        if number % 2:
            others.append(second(number))
            ones.append(first(number))
        else:
            ones.append(first(number))
            others.append(second(number))
    return ones, others


def compare(ones: list[Cost], others: list[Cost]) -> list[Compared]:
    """Processor time, time that passed, and peak memory."""
    return [
        Compared("CPU s", [each.cpu for each in ones], [each.cpu for each in others]),
        Compared("wall s", [each.wall for each in ones], [each.wall for each in others]),
        compare_peaks(ones, others),
    ]


def compare_peaks(ones: list[Cost], others: list[Cost]) -> Compared:
    """Peak memory."""
    return Compared("peak memory MB", [each.peak for each in ones], [each.peak for each in others])
