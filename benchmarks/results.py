"""Results of the benchmarks, and their output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of one candidate: for each measure, one value per round."""

    name: str
    values: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Ratio:
    """The ratio of a measure between two candidates.

    It is the median of the ratios within each round, so a machine that is temporarily busy affects only some rounds.
    """

    rounds: Sequence[float]

    @classmethod
    def of(cls, ones: Sequence[float], others: Sequence[float]) -> Ratio:
        """The ratio of each pair of measurements."""
        return cls([one / other for one, other in zip(ones, others, strict=True)])

    @property
    def value(self) -> float:
        """The median of all rounds."""
        return median(self.rounds)

    def cells(self) -> list[str]:
        """Median and range, as table cells."""
        return [f"{self.value:.2f}", f"{min(self.rounds):.2f}-{max(self.rounds):.2f}"]

    def to_dict(self) -> dict[str, float]:
        """Median and range, as JSON has them."""
        return {"ratio": self.value, "ratio_least": min(self.rounds), "ratio_most": max(self.rounds)}


@dataclass(frozen=True, slots=True)
class Target:
    """A performance goal: the ratio of a measure is at most (or at least) `bound`. `name` is for the summary.

    The ratio is relative to the candidate `against`, or else to that of the result.
    """

    name: str
    thing: str
    measure: str
    bound: float
    at_least: bool = False
    against: str | None = None

    def is_met(self, ratio: Ratio) -> bool:
        """Whether the ratio keeps the bound."""
        return ratio.value >= self.bound if self.at_least else ratio.value <= self.bound


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a part. `title` describes the conditions, `things` are the candidates.

    Ratios are relative to the candidate `against`, if there is one. `counts` are further numbers, by topic. `reckoned`
    is a table of extrapolated figures.
    """

    part: str
    title: str
    things: Sequence[Measured]
    against: str | None = None
    targets: Sequence[Target] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reckoned: Sequence[Sequence[str]] = ()

    def ratio(self, name: str, measure: str, against: str | None = None) -> Ratio:
        """Return the ratio of a candidate for a measure, relative to `against`, or else to that of the result."""
        return Ratio.of(self._thing(name).values[measure], self._thing(against or self.against).values[measure])

    def promised(self) -> list[tuple[Target, Ratio]]:
        """Return the goals with the measured ratios."""
        return [(target, self.ratio(target.thing, target.measure, target.against)) for target in self.targets]

    def _thing(self, name: str | None) -> Measured:
        return next(each for each in self.things if each.name == name)

    def text(self) -> str:
        """Format the result: a table for each measure, then the counts."""
        rows: list[list[str]] = []
        for measure in self.things[0].values:
            rows.append([measure, "", *(["difference", "ratio", "min-max"] if self.against else [])])
            rows.extend(self._row(each, measure) for each in self.things)
        lines = [f"{self.part}: {self.title}", *table(rows)]
        for what, counts in self.counts.items():
            lines.append(f"  {what}: " + ", ".join(f"{number} {name}" for name, number in counts.items()))
        if self.reckoned:
            lines.extend(["  extrapolated:", *table(self.reckoned)])
        return "\n".join(lines)

    def _row(self, thing: Measured, measure: str) -> list[str]:
        values = thing.values[measure]
        cells = [f"  {thing.name}", f"{median(values):.2f}"]
        if self.against is None:
            return cells
        if thing.name == self.against:
            return [*cells, "", "", ""]
        others = self._thing(self.against).values[measure]
        difference = median(one - other for one, other in zip(values, others, strict=True))
        return [*cells, f"{difference:+.2f}", *Ratio.of(values, others).cells()]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "part": self.part,
            "title": self.title,
            "against": self.against,
            "measures": {
                measure: {
                    each.name: {
                        "median": median(each.values[measure]),
                        "rounds": list(each.values[measure]),
                        **(self.ratio(each.name, measure).to_dict() if self.against else {}),
                    }
                    for each in self.things
                }
                for measure in self.things[0].values
            },
            "counts": {what: dict(counts) for what, counts in self.counts.items()},
            "reckoned": [list(row) for row in self.reckoned],
            "promised": [
                {**asdict(target), **ratio.to_dict(), "met": target.is_met(ratio)} for target, ratio in self.promised()
            ],
        }


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Format rows with aligned columns; the first column is left-aligned."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(["", row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()  # indented
        for row in rows
    ]


def summary(results: Sequence[Result]) -> str:
    """Format the performance goals and whether they were met."""
    rows = [["", "ratio", "min-max", "goal", ""]]
    for target, ratio in (each for result in results for each in result.promised()):
        bound = f"at {'least' if target.at_least else 'most'} {target.bound:.2f}"
        rows.append([target.name, *ratio.cells(), bound, "met" if target.is_met(ratio) else "missed"])
    return "\n".join(["performance goals", *table(rows)])
