"""docs/performance.md names every benchmark command."""

from __future__ import annotations

from benchmarks.__main__ import PARTS
from tests.support.children import ROOT


def test_each_part_has_a_row_in_the_documentation() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    commands = [*(f"python -m benchmarks {part}" for part in PARTS), "python -m benchmarks.near_duplicates"]
    assert [each for each in commands if f"\n| `{each}` | " not in page] == []
