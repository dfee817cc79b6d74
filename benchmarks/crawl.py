"""Part `crawl`: a first crawl of the whole site, compared with a bare spider and with crawlers without Scrapy."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from pathlib import Path

from benchmarks.children import CONCURRENCY, Cost, bare, bare_with_defaults, peer, served, vokcrawl
from benchmarks.delivered import check_feed, check_vokcrawl
from benchmarks.results import Result, Target
from benchmarks.rounds import CPU_A_PAGE, PEAK, Measurement, in_turns, measured_a_page

LISTING_PAGE = 10
# The bare spider processes one item at a time, as vokcrawl does; Scrapy's default starts 100 tasks for each response.
OURS, BARE, DEFAULTS = "vokcrawl", "bare Scrapy spider", "bare spider, Scrapy's defaults"
# By the names of their modules in `benchmarks.peers`.
PEERS = {"requests, BeautifulSoup": "threads", "aiohttp, selectolax": "loop"}


def pages_of(articles: int) -> int:
    """Return the number of pages of the sample site. One entry appears twice in the listing, as on the real site."""
    return articles + ceil((articles + 1) / LISTING_PAGE)


def measure_crawl(folder: Path, articles: int, rounds: int) -> Result:
    """Crawl the same site `rounds` times with each crawler, each time into a new directory.

    All use the same concurrency, except the one with threads, which has five.
    """
    with served(articles) as url:

        def ours(number: int) -> Cost:
            cost = vokcrawl(url, folder / f"vokcrawl-{number}")
            check_vokcrawl(folder / f"vokcrawl-{number}", articles)
            return cost

        # Not counted: the site renders its pages, and Python compiles modules.
        ours(-1)
        things = {OURS: ours, BARE: feeding(bare, url, folder / "bare", articles)}
        things[DEFAULTS] = feeding(bare_with_defaults, url, folder / "defaults", articles)
        things |= {name: feeding(peer(module), url, folder / module, articles) for name, module in PEERS.items()}
        costs = in_turns(things, rounds)
    pages = pages_of(articles)
    measured = measured_a_page(costs, dict.fromkeys(costs, pages))
    title = f"{articles} articles on {pages} pages, {CONCURRENCY} requests at once, {rounds} rounds"
    name = "CPU of a crawl with all features, relative to a bare Scrapy spider"
    targets = [
        Target(name, OURS, CPU_A_PAGE, 1.3),
        Target(f"{name} with Scrapy's defaults", OURS, CPU_A_PAGE, 0.95, against=DEFAULTS),
        Target("peak memory of a crawl, relative to a bare Scrapy spider", OURS, PEAK, 1.0),
    ]
    return Result("crawl", title, measured, BARE, targets)


def feeding(crawl: Callable[[str, Path], Cost], url: str, stem: Path, articles: int) -> Measurement:
    """Return a function that runs a crawler in each round, with a feed next to `stem`, and checks the feed."""

    def one(number: int) -> Cost:
        feed = stem.with_name(f"{stem.name}-{number}.jsonl")
        cost = crawl(url, feed)
        check_feed(feed, articles)
        return cost

    return one
