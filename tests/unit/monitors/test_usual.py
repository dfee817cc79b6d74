"""What is usual is said by the middle of what was, and hardly moved by what was unlike it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.monitors.usual import WEEKS, least_usual, same_days, this_day

NOW = datetime(2030, 1, 29, 6, 20, tzinfo=UTC)
COUNTS = st.lists(st.integers(0, 10_000), min_size=4, max_size=8)


def test_a_source_that_is_regular_must_stay_so_and_one_that_is_not_need_not() -> None:
    assert least_usual([20, 20, 20, 20], 3) == 14
    assert least_usual([8, 8, 9, 7], 3) == 5
    # So irregular that nothing at all is usual too.
    assert least_usual([0, 20, 3, 11], 3) < 0
    assert least_usual([0, 0, 0, 0], 3) < 0


@given(COUNTS, st.floats(0.1, 10))
def test_what_is_as_it_was_in_the_middle_is_always_usual(counts: list[int], deviations: float) -> None:
    least = least_usual(counts, deviations)
    assert sorted(counts)[len(counts) // 2] > least
    assert least_usual(counts, deviations + 1) < least


@given(st.lists(st.integers(15, 25), min_size=6, max_size=6), st.lists(st.integers(0, 10**6), min_size=2, max_size=2))
def test_a_backfill_and_an_outage_hardly_move_it(counts: list[int], unlike: list[int]) -> None:
    assert -25 <= least_usual(counts + unlike, 3) <= 25


def test_runs_of_a_schedule_with_jitter_fall_into_the_day_that_they_belong_to() -> None:
    stretches = [this_day(NOW), *same_days(NOW)]
    assert len(stretches) == WEEKS + 1
    for minutes in (-50, -5, 0, 5, 50):
        # A daily run that ends now, and those of the weeks before.
        for week, (after, until) in enumerate(stretches[1:], start=1):
            same_day = NOW - timedelta(weeks=week, minutes=minutes)
            assert after < same_day <= until
            assert not after < same_day - timedelta(days=1) + timedelta(minutes=2 * minutes) <= until
