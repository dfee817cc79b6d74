"""Errors of a run, counted by reason, with a few example URLs each."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping

from vokcrawl.runs.stats import counts_below
from vokcrawl.storage.manifest import ErrorCount

_EXAMPLES = 5


class Problems:
    """Counts by reason. A reason is a name such as ``article_without_date``; docs/operations.md lists them all.

    The counters are in `stats`, as `vok/problems/<reason>`.
    """

    def __init__(self, stats: MutableMapping[str, int]) -> None:
        self._stats = stats
        self._examples: dict[str, list[str]] = {}

    def note(self, reason: str, url: str) -> None:
        """Counts an error and keeps its URL as an example, unless there are enough."""
        name = f"vok/problems/{reason}"
        self._stats[name] = self._stats.get(name, 0) + 1
        examples = self._examples.setdefault(reason, [])
        if len(examples) < _EXAMPLES and url not in examples:
            examples.append(url)

    def count(self, reasons: Iterable[str]) -> int:
        """Number of errors with any of these reasons."""
        return sum(self._stats.get(f"vok/problems/{reason}", 0) for reason in reasons)

    def to_dict(self) -> dict[str, ErrorCount]:
        """The errors as the manifest has them."""
        return {
            reason: ErrorCount(count=count, examples=self._examples[reason])
            for reason, count in sorted(counts_below(self._stats, "problems").items())
        }
