"""What a part of the benchmark found, and how it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of two things, a value of each in every round.

    The ratio is taken within a round, whose two measurements were made one after the other, and then the median of
    those: so a machine that is busy for a while spoils a round, not the result.
    """

    measure: str
    first: Sequence[float]
    second: Sequence[float]

    @property
    def ratios(self) -> list[float]:
        return [first / second for first, second in zip(self.first, self.second, strict=True)]

    @property
    def difference(self) -> float:
        return median(first - second for first, second in zip(self.first, self.second, strict=True))

    def cells(self) -> list[str]:
        """As a row of the table."""
        ratios = self.ratios
        return [
            self.measure,
            f"{median(self.first):.2f}",
            f"{median(self.second):.2f}",
            f"{self.difference:+.2f}",
            f"{median(ratios):.2f}",
            f"{min(ratios):.2f}-{max(ratios):.2f}",
        ]

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "measure": self.measure,
            "first": median(self.first),
            "second": median(self.second),
            "difference": self.difference,
            "ratio": median(self.ratios),
            "ratio_least": min(self.ratios),
            "ratio_most": max(self.ratios),
            "rounds": {"first": list(self.first), "second": list(self.second)},
        }


@dataclass(frozen=True, slots=True)
class Result:
    """What a part found: `title` says on what, `first` and `second` name the two that are compared."""

    part: str
    title: str
    first: str
    second: str
    compared: Sequence[Compared]
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def text(self) -> str:
        """As a plain table, and the counts below it."""
        head = ["", self.first, self.second, "difference", "ratio", "min-max"]
        rows = [head, *(each.cells() for each in self.compared)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        lines = [f"{self.part}: {self.title}"]
        for row in rows:
            name, *values = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            lines.append("  ".join(["", row[0].ljust(len(name)), *values]))
        for what, counts in self.counts.items():
            lines.append(f"  {what}: " + ", ".join(f"{number} {name}" for name, number in counts.items()))
        return "\n".join(lines)

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "part": self.part,
            "title": self.title,
            "first": self.first,
            "second": self.second,
            "compared": [each.told() for each in self.compared],
            "counts": {what: dict(counts) for what, counts in self.counts.items()},
        }
