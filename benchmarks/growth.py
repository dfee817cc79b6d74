"""Part `growth`: whether the memory of a crawl grows with the site."""

from __future__ import annotations

from pathlib import Path

from benchmarks.children import Cost, served, vokcrawl
from benchmarks.delivered import check_vokcrawl
from benchmarks.results import Result, Target
from benchmarks.rounds import PEAK, measured

TIMES = 10


def measure_growth(folder: Path, articles: int) -> Result:
    """Crawl a site, and one that is ten times as large."""
    large, small = f"{TIMES * articles:,} articles", f"{articles:,} articles"
    costs = {
        large: [_crawl(folder / "large", TIMES * articles)],
        small: [_crawl(folder / "small", articles)],
    }
    target = Target(f"peak memory of a crawl of {large}, relative to {small}", large, PEAK, 1.2)
    return Result("growth", "a first crawl", measured(costs), small, [target])


def _crawl(output: Path, articles: int) -> Cost:
    with served(articles) as url:
        cost = vokcrawl(url, output)
    check_vokcrawl(output, articles)
    return cost
