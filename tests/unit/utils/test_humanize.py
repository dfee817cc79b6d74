"""Numbers, sizes and durations for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.utils.humanize import format_duration, format_size, pluralize


@pytest.mark.parametrize(
    ("number", "result"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_234_567_890, "1.2 GB"),
        (5 * 10**15, "5,000.0 TB"),
    ],
)
def test_sizes_stand_in_the_unit_that_reads_best(number: int, result: str) -> None:
    assert format_size(number) == result


@pytest.mark.parametrize(
    ("seconds", "result"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3601, "1 h"),
        (3660, "1 h 1 min"),
        (86_400 * 400 + 7200, "400 d 2 h"),
    ],
)
def test_stretches_stand_in_their_two_largest_units(seconds: float, result: str) -> None:
    assert format_duration(seconds) == result


@given(st.integers(min_value=0, max_value=10**18))
def test_no_size_is_longer_than_it_need_be(number: int) -> None:
    assert len(format_size(number)) <= len("1,000,000.0 TB")


def test_one_is_singular_and_all_else_plural() -> None:
    assert [pluralize(each, "page") for each in (0, 1, 2, 1200)] == ["0 pages", "1 page", "2 pages", "1,200 pages"]
