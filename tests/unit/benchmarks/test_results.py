"""The evaluation of measurements: ratios within rounds, and whether a target is met."""

from __future__ import annotations

import pytest

from benchmarks.results import Measured, Result, Target, summary
from benchmarks.sampler import AREAS, area_of

COST = "CPU s"
OURS, OTHER = "vokcrawl", "bare spider"


def result(ours: list[float], other: list[float], *targets: Target) -> Result:
    return Result("part", "a title", [Measured(OURS, {COST: ours}), Measured(OTHER, {COST: other})], OTHER, targets)


def test_ratios_are_taken_within_each_round_so_that_a_busy_machine_affects_one_round_only() -> None:
    # In the second round all took five times as long, in the third only ours was disturbed.
    found = result([1.2, 6.0, 9.9], [1.0, 5.0, 1.0]).ratio(OURS, COST)
    assert found.value == pytest.approx(1.2)
    assert max(found.rounds) == pytest.approx(9.9)


@pytest.mark.parametrize(
    ("bound", "at_least", "word"), [(1.25, False, "met"), (1.1, False, "missed"), (5, True, "missed")]
)
def test_the_summary_says_of_each_promise_whether_it_holds(bound: float, at_least: bool, word: str) -> None:
    text = summary([result([1.2], [1.0], Target("CPU of a crawl", OURS, COST, bound, at_least))])
    assert "CPU of a crawl" in text
    assert "1.20" in text
    assert text.endswith(word)


def test_a_table_names_what_was_measured_and_leaves_the_ratio_of_the_thing_itself_out() -> None:
    ours, other = result([2.0], [1.0]).text().splitlines()[2:]
    assert ours.split() == [OURS, "2.00", "+1.00", "2.00", "2.00-2.00"]
    assert other.split() == [*OTHER.split(), "1.00"]


@pytest.mark.parametrize(
    ("file", "area"),
    [
        ("/venv/lib/python3.11/site-packages/scrapy/core/downloader/handlers/http11.py", "HTTP (Twisted)"),
        ("/venv/lib/python3.11/site-packages/scrapy/core/engine.py", "Scrapy's engine"),
        ("/usr/lib/python3.11/asyncio/base_events.py", "Scrapy's engine"),
        ("/home/vokcrawl/project/vokcrawl/pages/tree.py", "parsing HTML"),
        ("/home/project/vokcrawl/pages/article.py", "reading pages"),
        ("/home/project/vokcrawl/storage/state/sqlite.py", "state (SQLite)"),
        ("/usr/lib/python3.11/functools.py", None),
    ],
)
def test_a_file_belongs_to_the_area_of_its_code_or_works_for_its_caller(file: str, area: str | None) -> None:
    assert area is None or area in AREAS
    assert area_of(file) == area
