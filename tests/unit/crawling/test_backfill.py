"""Estimates of how much of a listing is left, and when its crawl is complete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.simulation.memory_state import MemoryState
from vokcrawl.crawling.backfill import backfill_of
from vokcrawl.crawling.context import Context, CrawlConfig
from vokcrawl.crawling.positions import Positions
from vokcrawl.pages.routes import AjaxRoute, LinkRoute, Route
from vokcrawl.policy.pagination import ListingProgress, StopRules
from vokcrawl.reporting.backfill import describe_backfill
from vokcrawl.storage.manifest import Backfill

LISTING = "https://site.test/article/163/"
BEGAN = datetime(2025, 6, 30, 6, tzinfo=UTC)
AJAX = AjaxRoute("https://site.test/wp-admin/admin-ajax.php", "get_cat_by_source", "163", 100, 10)


def link(number: int) -> LinkRoute:
    return LinkRoute(f"{LISTING}page/{number}/")


class Scenario:
    """Two runs of a crawl, six hours apart, that have read ten entries a page."""

    def __init__(self) -> None:
        self.state = MemoryState()
        self.positions = self._positions(BEGAN)

    def _positions(self, started: datetime) -> Positions:
        context = Context(CrawlConfig(), self.state, lambda: started, "run", started)
        return Positions.read(context, LISTING)

    def read(self, routes: list[Route]) -> None:
        ids = [str(number) for number in range(10)]
        for route in routes:
            self.positions.note_page(route, ids, [], ids)
        self.positions.advance(lambda opened: True)

    def second_run(self) -> None:
        self.positions = self._positions(BEGAN + timedelta(hours=6))
        self.positions.take([])

    def backfill(self, *, last_page: int = 0, since: str | None = None, oldest: str | None = None) -> Backfill:
        progress = ListingProgress(StopRules(), newest="2025-06-30" if oldest else None, oldest=oldest)
        positions = self.positions
        return backfill_of(positions, progress, since, last_page, positions.context.started)


def test_entries_left_are_estimated_from_the_last_page_number() -> None:
    scenario = Scenario()
    scenario.read([link(number) for number in range(1, 11)])
    found = scenario.backfill(last_page=100)
    assert (found.pages, found.entries) == (9, 90)
    assert (found.entries_left, found.estimated_from) == (900, "last page number")
    assert found.began_at == "2025-06-30T06:00:00Z"
    # The time between runs is unknown in the first one.
    assert found.done_at is None


def test_completion_is_estimated_at_the_pace_of_the_runs_before() -> None:
    scenario = Scenario()
    scenario.read([link(number) for number in range(1, 11)])
    scenario.second_run()
    scenario.read([link(number) for number in range(11, 21)])
    found = scenario.backfill(last_page=100)
    left = 800 * found.entries / (10 * found.pages)
    assert found.entries_left == round(left)
    # 90 entries in six hours; at the start of this run those that it has read were left, too.
    hours = 6 * (found.entries_left + found.entries - 90) / 90
    assert found.done_at == f"{BEGAN + timedelta(hours=6 + hours):%Y-%m-%dT%H:%M:%SZ}"


def test_entries_left_are_estimated_from_since() -> None:
    scenario = Scenario()
    scenario.read([AJAX.at(offset) for offset in range(0, 110, 10)])
    found = scenario.backfill(since="2025-06-01", oldest="2025-06-21")
    # 100 entries in nine days, and twenty days are left.
    assert (found.entries_left, found.estimated_from) == (222, "date of since")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"since": "2025-06-01"},
        {"since": "2025-06-01", "oldest": "2025-06-30"},
        # A batch has no page number.
        {"last_page": 100},
    ],
)
def test_estimate_is_unknown_without_evidence(given: dict[str, str]) -> None:
    scenario = Scenario()
    scenario.read([AJAX.at(offset) for offset in range(0, 50, 10)])
    found = scenario.backfill(**given)  # type: ignore[arg-type]
    assert (found.entries_left, found.estimated_from, found.done_at) == (None, None, None)
    assert describe_backfill(found) == "40 entries read since 2025-06-30T06:00:00Z; how many are left is unknown"


def test_last_page_number_below_the_position_is_no_estimate() -> None:
    scenario = Scenario()
    scenario.read([link(number) for number in range(1, 11)])
    assert scenario.backfill(last_page=5).entries_left is None


def test_estimates_are_marked_as_such() -> None:
    values = {
        "entries": 1200,
        "began_at": "2025-06-30T06:00:00Z",
        "entries_left": 3400,
        "estimated_from": "last page number",
        "done_at": "2025-07-02T06:00:00Z",
    }
    read = "1,200 entries read since 2025-06-30T06:00:00Z"
    left = f"{read}; about 3,400 left, estimated from the last page number"
    assert describe_backfill(values) == f"{left}; complete about 2025-07-02T06:00:00Z"
    assert describe_backfill(values | {"done_at": None}) == left
