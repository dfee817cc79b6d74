"""The baseline of a count at this time of the week, from the same days of the previous weeks. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median

WEEKS = 8
# Minimum number of weeks with runs for a baseline.
MIN_WEEKS = 4
_DAY, _JITTER = timedelta(hours=24), timedelta(hours=1)
# Scales the median absolute deviation to the standard deviation of a normal distribution.
_TO_SIGMA = 1.4826


def this_day(now: datetime) -> tuple[datetime, datetime]:
    """Return the limits of the day that ends now: after the first time, and not after the second.

    The day is one hour short, so that a daily run that starts slightly earlier than the previous one counts once.
    """
    return now - _DAY + _JITTER, now


def same_days(now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the limits of the same day in the previous weeks, newest first; schedules may vary by an hour."""
    for week in range(1, WEEKS + 1):
        until = now - timedelta(weeks=week)
        yield until - _DAY + _JITTER, until + _JITTER


def lower_bound(counts: Sequence[int], deviations: float) -> float:
    """Return the lowest normal count: that many robust standard deviations below the median.

    Median and median absolute deviation tolerate outliers (a backfill, an outage) in up to half of the counts. The
    deviation is at least a tenth of the median and at least one, so that not every change of a constant count is
    abnormal.

    >>> lower_bound([20, 21, 19, 20, 900, 20], 3)
    14.0
    """
    middle = median(counts)
    spread = _TO_SIGMA * median(abs(count - middle) for count in counts)
    return middle - deviations * max(spread, middle / 10, 1.0)
