"""Revisions and removals, and the differences between two versions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from vokcrawl.storage.output_folder import OutputFolder, run_order
from vokcrawl.storage.record_files import read_kind


def changes(folder: OutputFolder) -> Iterator[dict[str, Any]]:
    """Revisions of articles (from the second) and removals, in the order of runs."""
    records = [
        line.record for line in read_kind(folder, "articles") if line.record is not None and line.record["revision"] > 1
    ]
    records += [line.record for line in read_kind(folder, "removals") if line.record is not None]
    yield from sorted(records, key=lambda record: (*run_order(record["run_id"]), record["id"]))


def difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    """A unified diff of title and paragraphs of two versions; empty if there is no difference."""
    lines = difflib.unified_diff(
        _lines(old),
        _lines(new),
        f"{old['id']} revision {old['revision']}, {old['fetched_at']}",
        f"{new['id']} revision {new['revision']}, {new['fetched_at']}",
        lineterm="",
    )
    return "\n".join(lines)


def _lines(record: dict[str, Any]) -> list[str]:
    lines = [record["title"], "", *record["body"].split("\n")]
    return [*lines, "", "[the site truncated the text]"] if record["truncated"] else lines
