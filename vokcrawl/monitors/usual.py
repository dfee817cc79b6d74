"""What is usual at this time of the week, from how it was in the weeks before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median

WEEKS = 8
# So few weeks say nothing about what is usual.
LEAST_WEEKS = 4
_DAY, _SLACK = timedelta(hours=24), timedelta(hours=1)
# Makes the median absolute deviation of normally distributed numbers their standard deviation.
_TO_SIGMA = 1.4826


def this_day(now: datetime) -> tuple[datetime, datetime]:
    """The day that ends now: later than the first moment, and not later than the second.

    An hour less than a whole day, so that a daily run which begins a little earlier than yesterday's counts once.
    """
    return now - _DAY + _SLACK, now


def same_days(now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The same stretch of the weeks before, newest first; a schedule's jitter may have moved its runs by an hour."""
    for week in range(1, WEEKS + 1):
        until = now - timedelta(weeks=week)
        yield until - _DAY + _SLACK, until + _SLACK


def least_usual(counts: Sequence[int], deviations: float) -> float:
    """The least count that is still usual: so many robust standard deviations below the median.

    Robust: up to half of the counts may be anything (a backfill, an outage) and hardly move it. A spread of nothing at
    all would make every change unusual, so it is taken for a tenth of the median, and for one at the least.

    >>> least_usual([20, 21, 19, 20, 900, 20], 3)
    14.0
    """
    middle = median(counts)
    spread = _TO_SIGMA * median(abs(count - middle) for count in counts)
    return middle - deviations * max(spread, middle / 10, 1.0)
