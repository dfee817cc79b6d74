"""Whether a crawl did its work: no number counts of one that left something out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.children import BenchmarkFailed
from vokcrawl.normalize import article_id

# The share of the sample site's articles that have a body at least; the others are a headline alone.
_LEAST_BODIES = 0.9


def check_vokcrawl(output: Path, articles: int) -> None:
    """Raises `BenchmarkFailed` unless a first crawl left each article once, with a title; few are a headline alone."""
    check_workers([output], articles)


def check_workers(outputs: Sequence[Path], articles: int) -> None:
    """The same of a first crawl by several workers: together they left each article once."""
    files = sorted(file for output in outputs for file in (output / "articles").glob("*.jsonl"))
    _check(outputs[0], _records(files), articles)


def check_feed(feed: Path, articles: int) -> None:
    """Raises `BenchmarkFailed` unless a feed has each article once, with a title; few are a headline alone."""
    _check(feed, _records([feed]), articles)


def _records(files: Iterable[Path]) -> list[dict[str, Any]]:
    return [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]


def _check(where: Path, records: list[dict[str, Any]], articles: int) -> None:
    ids = {article_id(record["url"]) for record in records if record["title"]}
    bodies = sum(bool(record["body"]) for record in records)
    if len(records) != articles or len(ids - {None}) != articles or bodies < _LEAST_BODIES * articles:
        raise BenchmarkFailed(
            f"{where}: {len(records)} records, {len(ids)} different articles with a title, {bodies} bodies; "
            f"the site has {articles} articles"
        )
