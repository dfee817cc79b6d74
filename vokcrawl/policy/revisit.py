"""When a page is asked for again: delivered articles, articles that seem gone, and what is owed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from vokcrawl.normalize import parse_utc, utc

# A 404 is believed when a second look at least this much later finds the same.
REMOVAL_CONFIRMATION_DELAY = timedelta(days=1)
# Pauses before an owed article is asked for again, by the attempts so far: the next two runs, then growing.
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
    """When an article first seen then is asked for next: at the first age (in days) that lies ahead, else never.

    The age 0 means every run, so the answer is `now`.
    """
    if tuple(ages) == (0,):
        return utc(now)
    # What was first seen while the clock was ahead is as old as can be known: it is seen now.
    first = min(parse_utc(first_seen_at), now)
    ahead = (first + timedelta(days=age) for age in ages)
    try:
        return next((utc(moment) for moment in ahead if moment > now), None)
    except OverflowError:
        # An age that leads past the end of the calendar never comes.
        return None


def next_attempt(attempts: int, now: datetime) -> str:
    """When an owed article is asked for after so many failed attempts."""
    return utc(now + RETRY_DELAYS[min(attempts, len(RETRY_DELAYS)) - 1])


def is_due(next_at: str, noted_at: str, now: datetime) -> bool:
    """Whether a retry noted then is due; one that was noted while the clock was ahead is, too."""
    if parse_utc(next_at) <= now or parse_utc(noted_at) > now:
        return True
    return parse_utc(next_at) - now > RETRY_DELAYS[-1]


def is_confirmed(missing_since: str | None, now: datetime) -> bool:
    """Whether a page missing since then may be called gone if it is missing now."""
    return missing_since is not None and now - parse_utc(missing_since) >= REMOVAL_CONFIRMATION_DELAY
