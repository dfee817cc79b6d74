"""Which share of the delivered records has each field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

# False and 0 are answers.
_NO_ANSWER: tuple[Any, ...] = (None, "", [])


class Coverage:
    """Counts, for each kind of record, the records and how many have a field (not null, and not empty)."""

    def __init__(self) -> None:
        self._records: Counter[str] = Counter()
        self._fields: dict[str, Counter[str]] = {}

    def add(self, kind: str, record: Mapping[str, Any]) -> None:
        """Counts a record; all records of a kind have the same fields."""
        self._records[kind] += 1
        if kind not in self._fields:
            # Also those that none will have.
            self._fields[kind] = Counter(dict.fromkeys(record, 0))
        self._fields[kind].update(_there(record))

    def remove_records(self, kind: str, record: Mapping[str, Any]) -> None:
        """Counts a record no longer."""
        self._records[kind] -= 1
        self._fields[kind].subtract(_there(record))

    def records(self, kind: str) -> int:
        """How many records of a kind were counted."""
        return self._records[kind]

    def update(self, other: Coverage) -> None:
        """Adds what another one has counted."""
        self._records.update(other._records)
        for kind, counts in other._fields.items():
            self._fields.setdefault(kind, Counter()).update(counts)

    def shares(self, kind: str) -> dict[str, float]:
        """The share of each field among the records of a kind, 0 to 1, rounded to four digits."""
        total = self._records[kind]
        return {name: round(count / total, 4) for name, count in self._fields.get(kind, {}).items()} if total else {}

    def to_dict(self) -> dict[str, dict[str, float]]:
        """As it stands in the manifest."""
        return {kind: self.shares(kind) for kind in sorted(self._records)}


def _there(record: Mapping[str, Any]) -> list[str]:
    return [name for name, value in record.items() if value not in _NO_ANSWER]
