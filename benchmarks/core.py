"""Part `core`: what the crawl core itself takes for an event, while it crawls a simulated site.

The item loaders that make a teaser's record are not counted: they do the same work wherever a record is made.
"""

from __future__ import annotations

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

CPU_AN_EVENT = "CPU us an event"
CORE, BOUND = "crawl core", "bound"
# At most so many microseconds.
MOST = 60.0


def measure_core(articles: int, rounds: int) -> Result:
    """Crawls a listing of the articles `rounds` times: a first crawl, and one that finds nothing new."""
    taken = [_crawl(articles) for _ in range(rounds + 1)]
    events = taken[0][1]
    # The first round, in which modules are loaded and code is warmed up, is not counted.
    values = [1e6 * seconds / number for seconds, number in taken[1:]]
    title = f"a simulated listing of {articles} articles, {events} events, {rounds} rounds"
    things = [Measured(CORE, {CPU_AN_EVENT: values}), Measured(BOUND, {CPU_AN_EVENT: [MOST] * rounds})]
    target = Target("the crawl core's cost of an event", CORE, CPU_AN_EVENT, 1.0)
    return Result("core", title, things, against=BOUND, targets=(target,))


def _crawl(articles: int) -> tuple[float, int]:
    """How long the core was at work, and for how many events."""
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

    with patch.object(Crawl, "handle", timed), patch.object(teasers, "load_teaser", loading):
        history.run()
        history.run()
    return spent / 1e9, events
