"""Part `core`: the user CPU time of the crawl core per event, while it crawls a simulated site.

The item loader of teasers is not included.
"""

from __future__ import annotations

import resource
import time
from typing import Any
from unittest.mock import patch

from benchmarks.results import Measured, Result, Target
from tests.simulation.history import History
from tests.simulation.world import End, Kind, World
from vokcrawl.crawling import teasers
from vokcrawl.crawling.actions import Action
from vokcrawl.crawling.crawl import Crawl
from vokcrawl.crawling.events import Event
from vokcrawl.loaders import load_teaser

CPU_PER_EVENT = "user CPU µs per event"
CORE, BOUND = "crawl core", "bound"
# Maximum in microseconds.
MOST = 60.0


def measure_core(articles: int, rounds: int) -> Result:
    """Crawl a simulated listing `rounds` times, each time twice: a first crawl, and one that finds nothing new."""
    taken = [_crawl(articles) for _ in range(rounds + 1)]
    events = taken[0][1]
    # The first round is not counted, because it imports modules.
    values = [1e6 * seconds / number for seconds, number in taken[1:]]
    title = f"a simulated listing of {articles} articles, {events} events, {rounds} rounds"
    things = [Measured(CORE, {CPU_PER_EVENT: values}), Measured(BOUND, {CPU_PER_EVENT: [MOST] * rounds})]
    target = Target("user CPU time of the crawl core per event", CORE, CPU_PER_EVENT, 1.0)
    return Result("core", title, things, against=BOUND, targets=(target,))


def _crawl(articles: int) -> tuple[float, int]:
    """Return the user CPU time of the core in seconds, and the number of events."""
    world = World(
        seed=1,
        kind=Kind.AJAX,
        articles=articles,
        page_size=10,
        per_day=5,
        end=End.NOTHING,
        behaviours=frozenset({"validators"}),
        faulty_runs=1,
    )
    history = History(world)
    handle = Crawl.handle
    spent, events = 0, 0

    def loading(*args: Any, **kwargs: Any) -> dict[str, Any]:
        nonlocal spent
        began = time.process_time_ns()
        record = load_teaser(*args, **kwargs)
        spent -= time.process_time_ns() - began
        return record

    def timed(self: Crawl, event: Event) -> list[Action]:
        nonlocal spent, events
        began = time.process_time_ns()
        actions: list[Any] = handle(self, event)
        spent += time.process_time_ns() - began
        events += 1
        return actions

    before = resource.getrusage(resource.RUSAGE_SELF)
    with patch.object(Crawl, "handle", timed), patch.object(teasers, "load_teaser", loading):
        history.run()
        history.run()
    after = resource.getrusage(resource.RUSAGE_SELF)
    # The core makes no system calls: what the kernel did meanwhile is taken out by its share of the whole crawl.
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return spent / 1e9 * user / (user + system), events
