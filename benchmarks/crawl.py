"""Part `crawl`: a first crawl of the whole site, against a bare spider."""

from __future__ import annotations

from math import ceil
from pathlib import Path

from benchmarks.children import CONCURRENCY, Cost, bare, served, vokcrawl
from benchmarks.delivered import check_bare, check_vokcrawl
from benchmarks.results import Compared, Result
from benchmarks.rounds import alternate, compare_peaks

LISTING_PAGE = 10


def measure_crawl(folder: Path, articles: int, rounds: int) -> Result:
    """Both crawl the same site `rounds` times, with as many requests at once, each time into a fresh place."""
    with served(articles) as url:

        def ours(number: int) -> Cost:
            cost = vokcrawl(url, folder / f"vokcrawl-{number}")
            check_vokcrawl(folder / f"vokcrawl-{number}", articles)
            return cost

        def theirs(number: int) -> Cost:
            cost = bare(url, folder / f"bare-{number}.jsonl")
            check_bare(folder / f"bare-{number}.jsonl", articles)
            return cost

        # Not counted: the site renders its pages, and Python compiles its modules.
        ours(-1)
        ones, others = alternate(ours, theirs, rounds)
    # One item of the listing stands twice, as on the real site.
    pages = articles + ceil((articles + 1) / LISTING_PAGE)
    compared = [
        Compared("CPU ms/page", [_each(cost.cpu, pages) for cost in ones], [_each(cost.cpu, pages) for cost in others]),
        Compared(
            "wall ms/page", [_each(cost.wall, pages) for cost in ones], [_each(cost.wall, pages) for cost in others]
        ),
        compare_peaks(ones, others),
    ]
    title = f"{articles} articles on {pages} pages, {CONCURRENCY} requests at once, {rounds} rounds"
    return Result("crawl", title, "vokcrawl", "bare spider", compared)


def _each(seconds: float, pages: int) -> float:
    return 1000 * seconds / pages
