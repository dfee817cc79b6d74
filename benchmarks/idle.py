"""Part `idle`: the cost of a run without new articles, and of one with a few, for the site and the machine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from benchmarks.children import BenchmarkError, Cost, empty, listing_of, vokcrawl
from benchmarks.delivered import check_vokcrawl
from benchmarks.results import Result, Target
from benchmarks.rounds import CPU, in_turns, measured
from vokcrawl.sample.server import SampleServer, SeenRequest
from vokcrawl.sample.site import SampleSite

OURS, EMPTY = "vokcrawl", "empty Scrapy spider"
PUBLISHED = 5
# Without rescans and rechecks, which depend on the time.
PLAIN = {"VOK_RESCAN_HOURS": "1000000", "VOK_RECHECK_DAYS": ""}
_ARTICLE = re.compile(r"/newstream/\d{10}-")


def requests_by_kind(requests: Iterable[SeenRequest]) -> dict[str, int]:
    """Count requests for robots.txt, listing pages and articles."""
    counts = {"robots.txt": 0, "listing": 0, "article": 0}
    for request in requests:
        kind = "article" if _ARTICLE.match(request.target) else "listing"
        counts["robots.txt" if request.target == "/robots.txt" else kind] += 1
    return counts


def measure_idle(folder: Path, articles: int, rounds: int) -> Result:
    """Measure idle runs after a first crawl, and a spider without requests; then publish some articles."""
    output = folder / "output"
    with SampleServer(SampleSite(articles, faults=())) as server:
        url = listing_of(server.url)
        vokcrawl(url, output, **PLAIN)
        check_vokcrawl(output, articles)
        server.reset()
        vokcrawl(url, output, **PLAIN)
        idle = requests_by_kind(server.requests)

        def ours(_: int) -> Cost:
            return vokcrawl(url, output, **PLAIN)

        def theirs(_: int) -> Cost:
            return empty(folder)

        costs = in_turns({OURS: ours, EMPTY: theirs}, rounds)
        if sum(requests_by_kind(server.requests).values()) != (rounds + 1) * sum(idle.values()):
            raise BenchmarkError(f"{output}: idle runs differ in their number of requests")
        server.site.publish(PUBLISHED)
        server.reset()
        vokcrawl(url, output, **PLAIN)
        check_vokcrawl(output, articles + PUBLISHED)
        after = requests_by_kind(server.requests)
    counts = {"requests of an idle run": idle, f"requests after {PUBLISHED} new articles": after}
    title = f"an idle run on a site of {articles} articles, {rounds} rounds"
    target = Target("CPU of an idle run, relative to a Scrapy spider without requests", OURS, CPU, 1.15)
    return Result("idle", title, measured(costs), EMPTY, [target], counts)
