"""How long requests to a host are paused, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.core.downloader import Slot
from scrapy.settings import Settings

from vokcrawl.policy.backoff import Pauses, retry_after

NOW = datetime(2024, 12, 10, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Tue, 10 Dec 2024 06:02:00 GMT", 120),
        ("Tuesday, 10-Dec-24 06:02:00 GMT", 120),
        ("Tue Dec 10 06:02:00 2024", 120),
        ("Tue, 10 Dec 2024 05:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("99999999999999999999", 1e20),
        ("9" * 5000, float("inf")),
        ("٣", None),
        ("Tue, 99 Dec 2024 06:02:00 GMT", None),
    ],
)
def test_a_retry_after_is_read_in_both_forms_and_nothing_else_is(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.text() | st.integers().map(str))
def test_no_header_makes_it_raise_or_ask_for_less_than_nothing(header: str) -> None:
    seconds = retry_after(header, NOW)
    assert seconds is None or seconds >= 0


@given(st.integers(0, 10**8))
def test_a_date_and_the_seconds_until_then_are_the_same(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after(date, NOW) == retry_after(str(seconds), NOW) == seconds


def test_backoff_doubles_with_each_refusal_up_to_a_limit() -> None:
    pauses, now, waits = Pauses(10, most_in_a_row=100), 0.0, []
    for _ in range(7):
        waits.append(pauses.refused("site", sent=now + 0.5, now=now + 1, asked=None))
        now += 1 + waits[-1]
    assert waits == [10, 20, 40, 80, 160, 160, 160]


def test_a_good_response_ends_the_series_and_one_requested_before_it_does_not() -> None:
    pauses = Pauses(10, most_in_a_row=1)
    pauses.refused("site", sent=1, now=2, asked=None)
    pauses.on_response("site", sent=1.5)
    assert pauses.refused("site", sent=13, now=14, asked=None) == 20
    assert pauses.gives_up("site")
    pauses.on_response("site", sent=40)
    assert not pauses.gives_up("site")
    assert pauses.refused("site", sent=50, now=51, asked=None) == 10


def test_a_burst_counts_once_and_may_only_make_the_pause_longer() -> None:
    pauses = Pauses(10, most_in_a_row=1)
    for now, asked, remaining in ((2, 5.0, 5), (2.5, 1.0, 4.5), (3, 30.0, 30), (3.5, None, 29.5)):
        assert pauses.refused("site", sent=1, now=now, asked=asked) == remaining
    assert not pauses.gives_up("site")
    assert pauses.remaining("site", 10) == 23


def test_what_a_site_asks_for_comes_before_what_we_would_wait() -> None:
    pauses = Pauses(300, most_in_a_row=4)
    assert pauses.refused("site", sent=1, now=2, asked=3) == 3
    assert pauses.remaining("site", 4) == 1
    assert pauses.remaining("site", 6) == 0


def test_each_host_is_paused_by_itself() -> None:
    pauses = Pauses(10, most_in_a_row=0)
    pauses.refused("site", sent=1, now=2, asked=None)
    assert pauses.gives_up("site")
    assert not pauses.gives_up("another")
    assert pauses.remaining("another", 2) == 0
    pauses.on_response("another", sent=3)


@pytest.mark.parametrize("profile", ["default", "production"])
def test_a_live_site_is_asked_one_at_a_time_and_never_within_three_seconds(profile: str) -> None:
    settings = Settings()
    settings.setmodule(f"vokcrawl.settings.{profile}", priority="project")
    assert settings.getint("CONCURRENT_REQUESTS") == settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") == 1
    assert settings.getbool("ROBOTSTXT_OBEY")
    assert settings.getbool("AUTOTHROTTLE_ENABLED")
    jitter = settings.getfloat("DOWNLOAD_DELAY_JITTER")
    assert jitter > 0
    # AutoThrottle goes down to DOWNLOAD_DELAY, and no further.
    for delay in (settings.getfloat("DOWNLOAD_DELAY"), settings.getfloat("AUTOTHROTTLE_START_DELAY")):
        assert delay * (1 - jitter) >= 3
        slot = Slot(concurrency=1, delay=delay, jitter=jitter)
        assert min(slot.download_delay() for _ in range(2000)) >= 3
    assert not settings.getdict("DOWNLOAD_SLOTS")
