"""When a page is requested again: delivered articles, missing articles, and pending retries. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from vokcrawl.normalize import parse_utc, utc

# A 404 counts as a removal if a second request at least this much later has the same result.
REMOVAL_CONFIRMATION_DELAY = timedelta(days=1)
# The delay before the next retry of an article, by number of attempts: the next two runs, then increasing.
RETRY_DELAYS = (
    timedelta(0),
    timedelta(0),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)


def next_check(first_seen_at: str, now: datetime, ages: Sequence[int]) -> str | None:
    """Return when an article is checked next: at the first of these ages (in days) in the future, else None.

    The age 0 alone means every run, so the result is `now`.
    """
    if tuple(ages) == (0,):
        return utc(now)
    # First seen while the clock was ahead: its age is unknown, and counted from now.
    first = min(parse_utc(first_seen_at), now)
    ahead = (first + timedelta(days=age) for age in ages)
    try:
        return next((utc(moment) for moment in ahead if moment > now), None)
    except OverflowError:
        # An age past the end of the calendar.
        return None


def next_attempt(attempts: int, now: datetime) -> str:
    """Return when an article is retried after so many failed attempts."""
    return utc(now + RETRY_DELAYS[min(attempts, len(RETRY_DELAYS)) - 1])


def is_due(next_at: str, noted_at: str, now: datetime) -> bool:
    """Return whether a retry is due; one that was scheduled while the clock was ahead is due, too."""
    if parse_utc(next_at) <= now or parse_utc(noted_at) > now:
        return True
    return parse_utc(next_at) - now > RETRY_DELAYS[-1]


def is_confirmed(missing_since: str | None, now: datetime) -> bool:
    """Whether a page missing since then may be called gone if it is missing now."""
    return missing_since is not None and now - parse_utc(missing_since) >= REMOVAL_CONFIRMATION_DELAY
