"""The versions of an article as they were delivered, and what changed between them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from vokcrawl.storage.output_folder import OutputFolder, run_order
from vokcrawl.storage.record_files import read_kind


def versions_of(folder: OutputFolder, identity: str) -> list[dict[str, Any]]:
    """All delivered versions of one article, by revision."""
    found = [line.record for line in read_kind(folder, "articles") if line.record and line.record["id"] == identity]
    return sorted(found, key=lambda record: record["revision"])


def changes(folder: OutputFolder) -> Iterator[dict[str, Any]]:
    """Later versions of articles, and removals, in the order of the runs that delivered them."""
    told = [
        line.record for line in read_kind(folder, "articles") if line.record is not None and line.record["revision"] > 1
    ]
    told += [line.record for line in read_kind(folder, "removals") if line.record is not None]
    yield from sorted(told, key=lambda record: (*run_order(record["run_id"]), record["id"]))


def difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    """What changed between two versions, as a unified diff of title and paragraphs; empty when nothing did."""
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
    return [*lines, "", "[the site metered the text]"] if record["truncated"] else lines
