"""Field coverage: the share of records that have each field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

# False and 0 count as values.
_NO_VALUE: tuple[Any, ...] = (None, "", [])


class Coverage:
    """Counts, for each kind, the records and how many have a value (not null, not empty) in each field."""

    def __init__(self) -> None:
        self._records: Counter[str] = Counter()
        self._fields: dict[str, Counter[str]] = {}

    def add(self, kind: str, record: Mapping[str, Any]) -> None:
        """Counts a record; all records of a kind have the same fields."""
        self._records[kind] += 1
        if kind not in self._fields:
            # Fields without any value are listed too.
            self._fields[kind] = Counter(dict.fromkeys(record, 0))
        self._fields[kind].update(_present(record))

    def remove_records(self, kind: str, record: Mapping[str, Any]) -> None:
        """Removes a record from the counts."""
        self._records[kind] -= 1
        self._fields[kind].subtract(_present(record))

    def records(self, kind: str) -> int:
        """Number of records of a kind."""
        return self._records[kind]

    def update(self, other: Coverage) -> None:
        """Adds the counts of another instance."""
        self._records.update(other._records)
        for kind, counts in other._fields.items():
            self._fields.setdefault(kind, Counter()).update(counts)

    def shares(self, kind: str) -> dict[str, float]:
        """The share of each field among the records of a kind, 0 to 1, rounded to four digits."""
        total = self._records[kind]
        return {name: round(count / total, 4) for name, count in self._fields.get(kind, {}).items()} if total else {}

    def to_dict(self) -> dict[str, dict[str, float]]:
        """The shares of all kinds, as the manifest has them."""
        return {kind: self.shares(kind) for kind in sorted(self._records)}


def _present(record: Mapping[str, Any]) -> list[str]:
    return [name for name, value in record.items() if value not in _NO_VALUE]
