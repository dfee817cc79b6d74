"""Part `crawl`: a first crawl of the whole site, against a bare spider, and beside what people write without Scrapy."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from pathlib import Path

from benchmarks.children import CONCURRENCY, Cost, bare, peer, served, vokcrawl
from benchmarks.delivered import check_feed, check_vokcrawl
from benchmarks.results import Result, Target
from benchmarks.rounds import CPU_A_PAGE, Measurement, in_turns, measured_a_page

LISTING_PAGE = 10
OURS, BARE = "vokcrawl", "bare Scrapy spider"
# By the names of their modules in `benchmarks.peers`.
PEERS = {"requests, BeautifulSoup": "threads", "aiohttp, selectolax": "loop"}


def pages_of(articles: int) -> int:
    """How many pages a crawl of the sample site asks for: one item of its listing stands twice, as on the real site."""
    return articles + ceil((articles + 1) / LISTING_PAGE)


def measure_crawl(folder: Path, articles: int, rounds: int) -> Result:
    """All crawl the same site `rounds` times, each time into a fresh place.

    Those that send several requests at once send as many, but for the threads, of which there are five.
    """
    with served(articles) as url:

        def ours(number: int) -> Cost:
            cost = vokcrawl(url, folder / f"vokcrawl-{number}")
            check_vokcrawl(folder / f"vokcrawl-{number}", articles)
            return cost

        # Not counted: the site renders its pages, and Python compiles its modules.
        ours(-1)
        things = {OURS: ours, BARE: feeding(bare, url, folder / "bare", articles)}
        things |= {name: feeding(peer(module), url, folder / module, articles) for name, module in PEERS.items()}
        costs = in_turns(things, rounds)
    pages = pages_of(articles)
    measured = measured_a_page(costs, dict.fromkeys(costs, pages))
    title = f"{articles} articles on {pages} pages, {CONCURRENCY} requests at once, {rounds} rounds"
    target = Target("CPU of a crawl with everything on, to a bare Scrapy spider's", OURS, CPU_A_PAGE, 1.25)
    return Result("crawl", title, measured, BARE, [target])


def feeding(crawl: Callable[[str, Path], Cost], url: str, stem: Path, articles: int) -> Measurement:
    """Crawls the site with what writes a feed, each round's beside `stem`; each is looked at whether it is whole."""

    def one(number: int) -> Cost:
        feed = stem.with_name(f"{stem.name}-{number}.jsonl")
        cost = crawl(url, feed)
        check_feed(feed, articles)
        return cost

    return one
