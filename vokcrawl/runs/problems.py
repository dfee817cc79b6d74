"""What went wrong in a run, counted by reason, with a few addresses as examples for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_EXAMPLES = 5


class Problems:
    """Counts by reason. A reason is a name such as ``article_without_date``; docs/operating.md lists them all."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._examples: dict[str, list[str]] = {}

    def note(self, reason: str, url: str) -> None:
        """Counts one case and keeps its address, if there are not yet enough."""
        self._counts[reason] = self._counts.get(reason, 0) + 1
        examples = self._examples.setdefault(reason, [])
        if len(examples) < _EXAMPLES and url not in examples:
            examples.append(url)

    def count(self, reasons: Iterable[str]) -> int:
        return sum(self._counts.get(reason, 0) for reason in reasons)

    def to_dict(self) -> dict[str, Any]:
        """As it stands in the manifest."""
        return {
            reason: {"count": self._counts[reason], "examples": self._examples[reason]}
            for reason in sorted(self._counts)
        }
