"""When a page is requested again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vokcrawl.normalize import parse_utc, utc
from vokcrawl.policy.revisit import RETRY_DELAYS, is_confirmed, next_attempt, next_check

FIRST = datetime(2024, 12, 1, 6, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2010, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
AGES = st.lists(st.integers(1, 999_999_999), unique=True, max_size=5).map(sorted)


@given(MOMENTS)
def test_a_moment_written_down_is_read_back(moment: datetime) -> None:
    assert parse_utc(utc(moment)) == moment


@pytest.mark.parametrize(
    ("age", "following"), [(0, 1), (0.5, 1), (1, 3), (2.9, 3), (3, 7), (29, 30), (30, 90), (89, 90), (90, None)]
)
def test_an_article_is_asked_for_at_the_next_age_that_lies_ahead(age: float, following: int | None) -> None:
    found = next_check(utc(FIRST), FIRST + timedelta(days=age), (1, 3, 7, 30, 90))
    assert found == (utc(FIRST + timedelta(days=following)) if following else None)


def test_age_0_alone_means_every_run_and_no_ages_mean_never() -> None:
    now = FIRST + timedelta(days=5)
    assert next_check(utc(FIRST), now, (0,)) == utc(now)
    assert next_check(utc(FIRST), now, ()) is None


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=4000)), AGES)
@example(first=FIRST, since=timedelta(0), ages=[999_999_999])
def test_the_next_check_lies_ahead_or_there_is_none(first: datetime, since: timedelta, ages: list[int]) -> None:
    now = first + since
    found = next_check(utc(first), now, ages)
    assert found is None or found > utc(now)
    if found is None:
        assert not any(0 < age < 3_000_000 and first + timedelta(days=age) > now for age in ages)


def test_retries_are_due_in_the_next_two_runs_and_then_at_growing_intervals() -> None:
    pauses = [parse_utc(next_attempt(attempts, FIRST)) - FIRST for attempts in range(1, 20)]
    assert pauses[:2] == [timedelta(0), timedelta(0)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == RETRY_DELAYS[-1] == timedelta(days=7)


@pytest.mark.parametrize(
    ("ago", "confirmed"),
    [(timedelta(0), False), (timedelta(hours=23, minutes=59), False), (timedelta(days=1), True), (None, False)],
)
def test_a_page_is_gone_when_it_is_missing_a_day_after_it_was_missed(ago: timedelta | None, confirmed: bool) -> None:
    assert is_confirmed(None if ago is None else utc(FIRST - ago), FIRST) is confirmed
