"""Part `replay`: the cost of a replay, compared with a crawl of the same pages by a bare spider."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.children import Cost, bare, replay, served, vokcrawl
from benchmarks.crawl import feeding, pages_of
from benchmarks.delivered import check_vokcrawl
from benchmarks.results import Result, Target
from benchmarks.rounds import WALL_A_PAGE, Measurement, in_turns, measured_a_page

WHOLE, PART, BARE = "replay", "replay of a fifth", "bare Scrapy spider"
# Archives are usually larger than those of one crawl.
TIMES = 5


def measure_replay(folder: Path, articles: int, rounds: int) -> Result:
    """Replay archives of `articles` articles, and of five times as many, `rounds` times on all cores."""
    many = articles * TIMES
    _archive(folder / "few", articles)
    _archive(folder / "many", many)
    with served(many) as url:
        things: dict[str, Measurement] = {
            WHOLE: _replaying(folder / "many", many),
            PART: _replaying(folder / "few", articles),
            BARE: feeding(bare, url, folder / "bare", many),
        }
        for each in things.values():
            # Not counted: the site renders its pages, and Python compiles modules.
            each(-1)
        costs = in_turns(things, rounds)
    pages = {WHOLE: pages_of(many), PART: pages_of(articles), BARE: pages_of(many)}
    measured = measured_a_page(costs, pages)
    title = f"{many} articles on {pages[WHOLE]} pages, and {articles} on {pages[PART]}, {rounds} rounds"
    name = "wall time per page of a replay on all cores, relative to a bare Scrapy spider"
    return Result("replay", title, measured, BARE, [Target(name, WHOLE, WALL_A_PAGE, 0.2)])


def _archive(output: Path, articles: int) -> None:
    with served(articles) as url:
        vokcrawl(url, output)
    check_vokcrawl(output, articles)


def _replaying(output: Path, articles: int) -> Callable[[int], Cost]:
    def one(number: int) -> Cost:
        to = output.with_name(f"{output.name}-replayed-{number}")
        cost = replay(output, to)
        check_vokcrawl(to, articles)
        return cost

    return one
