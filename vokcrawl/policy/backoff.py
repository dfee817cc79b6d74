"""How long requests to a host are paused after a refusal, and when to give up. Pure functions.

Times are seconds of a monotonic clock; only `retry_after` uses the calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Maximum number of times that the pause doubles.
MOST_DOUBLINGS = 4


def retry_after(header: str, now: datetime) -> float | None:
    """The seconds in a ``Retry-After`` header: a number, or an HTTP date (RFC 9110, 10.2.3).

    None for an invalid value; 0 for a date in the past.

    >>> retry_after("120", datetime.now(UTC))
    120.0
    """
    text = header.strip()
    if re.fullmatch(r"\d+", text, re.ASCII):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


@dataclass(slots=True)
class Pause:
    """The pause of one host: its end, when the last one began, and the number of refusals in a row."""

    until: float = 0.0
    since: float = 0.0
    in_a_row: int = 0


class Pauses:
    """The pauses of all hosts of a crawl.

    `cool_off` is the first pause in seconds after a refusal without `Retry-After`; it doubles with each refusal.
    After more than `most_in_a_row` refusals without a good response between them, `gives_up` is true.
    """

    def __init__(self, cool_off: float, most_in_a_row: int) -> None:
        self.cool_off = cool_off
        self.most_in_a_row = most_in_a_row
        self._pauses: dict[str, Pause] = {}

    def remaining(self, host: str, now: float) -> float:
        """The remaining seconds of the pause of a host."""
        pause = self._pauses.get(host)
        return max(0.0, pause.until - now) if pause else 0.0

    def refused(self, host: str, sent: float, now: float, asked: float | None) -> float:
        """Notes a refusal of a request sent at `sent`; returns the remaining seconds of the pause.

        `asked` are the seconds in `Retry-After`. Refusals of requests that were in progress when the pause began count
        as the same refusal: they may make this pause longer, but not the next one.
        """
        pause = self._pauses.setdefault(host, Pause())
        if not pause.in_a_row or sent > pause.since:
            pause.in_a_row += 1
            pause.since = now
        doublings = min(pause.in_a_row - 1, MOST_DOUBLINGS)
        seconds = asked if asked is not None else self.cool_off * 2**doublings
        pause.until = max(pause.until, now + seconds)
        return pause.until - now

    def on_response(self, host: str, sent: float) -> None:
        """Notes a good response; if its request was sent after the pause began, the refusals in a row are reset."""
        pause = self._pauses.get(host)
        if pause is not None and sent > pause.since:
            pause.in_a_row = 0

    def gives_up(self, host: str) -> bool:
        """Whether this host has refused so often in a row that the crawl should end."""
        pause = self._pauses.get(host)
        return pause is not None and pause.in_a_row > self.most_in_a_row
