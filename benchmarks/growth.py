"""Part `growth`: whether a crawl's memory grows with the site."""

from __future__ import annotations

from pathlib import Path

from benchmarks.children import Cost, served, vokcrawl
from benchmarks.delivered import check_vokcrawl
from benchmarks.results import Result
from benchmarks.rounds import compare

TIMES = 10


def measure_growth(folder: Path, articles: int) -> Result:
    """One first crawl of a site, and one of a site ten times as large."""
    large, small = _crawl(folder / "large", TIMES * articles), _crawl(folder / "small", articles)
    title = "a first crawl"
    return Result(
        "growth", title, f"{TIMES * articles:,} articles", f"{articles:,} articles", compare([large], [small])
    )


def _crawl(output: Path, articles: int) -> Cost:
    with served(articles) as url:
        cost = vokcrawl(url, output)
    check_vokcrawl(output, articles)
    return cost
