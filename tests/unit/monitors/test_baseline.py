"""The baseline follows the median of past counts and tolerates outliers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.monitors.baseline import WEEKS, lower_bound, same_days, this_day

NOW = datetime(2030, 1, 29, 6, 20, tzinfo=UTC)
COUNTS = st.lists(st.integers(0, 10_000), min_size=4, max_size=8)


def test_the_lower_bound_is_tight_for_regular_counts_and_loose_for_irregular_ones() -> None:
    assert lower_bound([20, 20, 20, 20], 3) == 14
    assert lower_bound([8, 8, 9, 7], 3) == 5
    # So irregular that zero is normal.
    assert lower_bound([0, 20, 3, 11], 3) < 0
    assert lower_bound([0, 0, 0, 0], 3) < 0


@given(COUNTS, st.floats(0.1, 10))
def test_the_median_is_always_above_the_lower_bound(counts: list[int], deviations: float) -> None:
    minimum = lower_bound(counts, deviations)
    assert sorted(counts)[len(counts) // 2] > minimum
    assert lower_bound(counts, deviations + 1) < minimum


@given(st.lists(st.integers(15, 25), min_size=6, max_size=6), st.lists(st.integers(0, 10**6), min_size=2, max_size=2))
def test_a_backfill_and_an_outage_hardly_change_it(counts: list[int], outliers: list[int]) -> None:
    assert -25 <= lower_bound(counts + outliers, 3) <= 25


def test_runs_of_a_schedule_with_jitter_fall_into_their_day() -> None:
    days = [this_day(NOW), *same_days(NOW)]
    assert len(days) == WEEKS + 1
    for minutes in (-50, -5, 0, 5, 50):
        # A daily run that ends now, and those of the previous weeks.
        for week, (after, until) in enumerate(days[1:], start=1):
            same_day = NOW - timedelta(weeks=week, minutes=minutes)
            assert after < same_day <= until
            assert not after < same_day - timedelta(days=1) + timedelta(minutes=2 * minutes) <= until
