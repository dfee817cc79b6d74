"""Inserts the records of an output directory into a SQLite database with sqlite-utils, with a full-text index."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlite_utils


def main(output: str, target: str) -> None:
    """Insert all articles, teasers and removals."""
    db = sqlite_utils.Database(target)
    for kind in ("articles", "teasers", "removals"):
        db.table(kind).insert_all(_records(Path(output) / kind), alter=True)
    db.table("articles").enable_fts(["title", "body"], tokenize="porter")


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
