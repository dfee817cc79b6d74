"""A first crawl in slices: what it costs, and what each slice says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation.history import History
from tests.simulation.invariants import RunResult
from tests.simulation.world import End, Kind, World
from vokcrawl.errors import ExitCode
from vokcrawl.storage.manifest import Backfill

LISTED = World(
    seed=3,
    kind=Kind.AJAX,
    articles=1000,
    page_size=10,
    per_day=4,
    end=End.NOTHING,
    behaviours=frozenset(),
    faulty_runs=1,
)
LINKED = replace(LISTED, kind=Kind.LINK, end=End.NO_LINK)
# How many times the requests of an uninterrupted crawl.
_MOST = 1.1
_HOURS = 6


def crawl(world: World, minutes: int, published: int = 0) -> list[RunResult]:
    """Runs of at most so many minutes until the listing is complete; new articles come in between them."""
    history = History(world, max_run_minutes=minutes)
    history.site.calm_down()
    runs = [history.run()]
    while not runs[-1].complete:
        assert len(runs) < 200
        history.site.wait(_HOURS * 3600)
        history.site.publish(published)
        runs.append(history.run())
    assert not history.delivered.missing(world, history.site, history.state)
    return runs


def requests(runs: list[RunResult]) -> int:
    return sum(run.listing_requests + run.article_requests for run in runs)


@pytest.mark.parametrize("world", [LISTED, LINKED], ids=["batches", "numbered pages"])
@pytest.mark.parametrize("minutes", [1, 2, 3, 5, 15, 40])
def test_slices_cost_little_more_than_one_crawl(world: World, minutes: int) -> None:
    whole, slices = crawl(world, 0), crawl(world, minutes)
    assert len(whole) == 1
    # A request takes the model three seconds, and a slice ends with the articles of a page.
    assert len(slices) >= requests(whole) // (20 * minutes + 20)
    assert requests(slices) <= _MOST * requests(whole)


@pytest.mark.parametrize("minutes", [2, 5, 15])
def test_slices_take_new_articles_first(minutes: int) -> None:
    runs = crawl(LISTED, minutes, published=3)
    new = 3 * (len(runs) - 1)
    assert requests(runs) <= _MOST * (requests(crawl(replace(LISTED, articles=LISTED.articles + new), 0)))


@pytest.mark.parametrize("minutes", [2, 15])
def test_slices_end_well_and_are_not_complete_before_the_last(minutes: int) -> None:
    runs = crawl(LISTED, minutes)
    assert [run.code for run in runs] == [ExitCode.OK] * len(runs)
    assert [run.complete for run in runs] == [False] * (len(runs) - 1) + [True]


def test_new_articles_are_delivered_before_the_backfill_goes_on() -> None:
    trace: list[str] = []
    history = History(LISTED, trace, max_run_minutes=2)
    history.site.calm_down()
    history.run()
    history.site.wait(_HOURS * 3600)
    history.site.publish(2)
    trace.clear()
    history.run()
    steps = [line.split(":")[0].split()[0] for line in trace[1:]]
    assert "resume" in steps
    before = trace[1 : 1 + steps.index("resume")]
    assert [line.split(" ->")[0].strip() for line in before if "article" in line.split()[0]] == [
        "article 1002",
        "article 1001",
    ]


def test_slices_say_how_far_the_backfill_is() -> None:
    history = History(LISTED, max_run_minutes=5)
    history.site.calm_down()
    seen: list[Backfill] = []
    while not seen or not history.runs[-1].complete:
        history.run()
        assert history.crawl is not None
        (listing,) = history.crawl.listings.values()
        if listing.backfill is None:
            break
        seen.append(listing.backfill)
        history.site.wait(_HOURS * 3600)
    assert history.runs[-1].complete
    entries = [each.entries for each in seen]
    assert entries == sorted(entries)
    assert len(set(entries)) == len(seen) > 5
    assert {each.began_at for each in seen} == {"2025-06-30T06:00:00Z"}


@pytest.mark.parametrize("behaviours", [frozenset[str](), frozenset({"days_cut"})], ids=["links", "no links"])
def test_search_is_continued_behind_all_that_came_in_since(behaviours: frozenset[str]) -> None:
    # What came in with an earlier day stands between the newest days and the stored position.
    world = replace(LISTED, seed=4, kind=Kind.SEARCH, end=End.WORDS, articles=40, page_size=4, per_day=1)
    history = History(replace(world, behaviours=behaviours), max_run_minutes=1)
    history.site.calm_down()
    history.run()
    history.site.wait(_HOURS * 3600)
    history.site.publish(8)
    for late in history.site.order[5:7]:
        late.day = "2025-06-27"
    while not history.runs[-1].complete:
        assert len(history.runs) < 30
        history.site.wait(_HOURS * 3600)
        history.run()
    assert not history.delivered.missing(world, history.site, history.state)


def requested(trace: list[str]) -> list[str]:
    return [line.split(" ->")[0].split()[-1] for line in trace if line.startswith("  article ")]


def test_checks_of_delivered_articles_do_not_wait_for_the_end_of_the_backfill() -> None:
    trace: list[str] = []
    history = History(replace(LISTED, recheck_days=(1, 7)), trace, max_run_minutes=5)
    history.site.calm_down()
    history.run()
    delivered = requested(trace)
    changed = history.site.order[3]
    changed.version += 1
    trace.clear()
    history.site.wait(25 * 3600)
    assert not history.run().complete
    assert len(delivered) > 20
    assert set(delivered) <= set(requested(trace))
    assert history.delivered.articles[changed.id][0] == 2


def test_retries_do_not_wait_for_the_end_of_the_backfill() -> None:
    trace: list[str] = []
    history = History(LISTED, trace, max_run_minutes=5)
    history.site.calm_down()
    failing = history.site.order[3]
    failing.failures = -1
    assert history.run().code is ExitCode.INCOMPLETE
    assert history.state.retry_of(failing.id) is not None
    failing.failures = 0
    trace.clear()
    history.site.wait(25 * 3600)
    run = history.run()
    assert (run.complete, run.code) == (False, ExitCode.OK)
    # Before anything else: the retry is the first article that is requested.
    assert requested(trace)[0] == "4"
    assert failing.id in history.delivered.articles
