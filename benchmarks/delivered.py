"""Checks that a measured crawl is complete."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.children import BenchmarkError
from vokcrawl.normalize import article_id

# Minimum share of articles with a body; the others consist of a headline only.
_MIN_BODIES = 0.9


def check_vokcrawl(output: Path, articles: int) -> None:
    """Raise `BenchmarkError` unless the crawl delivered each article once, with a title, and most with a body."""
    check_workers([output], articles)


def check_workers(outputs: Sequence[Path], articles: int) -> None:
    """Do the same for the outputs of several workers together."""
    files = sorted(file for output in outputs for file in (output / "articles").glob("*.jsonl"))
    _check(outputs[0], _records(files), articles)


def check_feed(feed: Path, articles: int) -> None:
    """Raise `BenchmarkError` unless a feed has each article once, with a title, and most with a body."""
    _check(feed, _records([feed]), articles)


def _records(files: Iterable[Path]) -> list[dict[str, Any]]:
    return [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]


def _check(where: Path, records: list[dict[str, Any]], articles: int) -> None:
    ids = {article_id(record["url"]) for record in records if record["title"]}
    bodies = sum(bool(record["body"]) for record in records)
    if len(records) != articles or len(ids - {None}) != articles or bodies < _MIN_BODIES * articles:
        raise BenchmarkError(
            f"{where}: {len(records)} records, {len(ids)} different articles with a title, {bodies} bodies; "
            f"the site has {articles} articles"
        )
