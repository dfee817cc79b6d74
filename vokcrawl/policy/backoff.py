"""How long a host is left alone after it has refused, and when to give up. Pure: moments in, moments out.

Moments are seconds of one steady clock; only `retry_after` looks at the calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# A cool-off doubles up to this many times the first one.
MOST_DOUBLINGS = 4


def retry_after(header: str, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for: a number, or an HTTP date (RFC 9110, 10.2.3).

    None for anything else; a date that has passed asks for nothing.

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
    """The pause of one host: until when it is left alone, and how often in a row that has been necessary."""

    until: float = 0.0
    since: float = 0.0
    in_a_row: int = 0


class Pauses:
    """The pauses of all hosts of a crawl.

    `cool_off` is the first pause, in seconds, after a refusal that names none; it doubles from refusal to
    refusal. `most_in_a_row` refusals without a good answer between them mean: give up.
    """

    def __init__(self, cool_off: float, most_in_a_row: int) -> None:
        self.cool_off = cool_off
        self.most_in_a_row = most_in_a_row
        self._pauses: dict[str, Pause] = {}

    def remaining(self, host: str, now: float) -> float:
        """Seconds for which this host is still left alone."""
        pause = self._pauses.get(host)
        return max(0.0, pause.until - now) if pause else 0.0

    def refused(self, host: str, sent: float, now: float, asked: float | None) -> float:
        """Notes a refusal of a request sent at `sent`, and gives the seconds that the host is now left alone.

        `asked` are the seconds that it asked for. Requests that were under way when a pause began belong to
        the same refusal: a burst counts once, and may only make the pause longer, not the next one.
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
        """Notes a good answer to a request sent at `sent`: after the pause began, it ends the row of refusals."""
        pause = self._pauses.get(host)
        if pause is not None and sent > pause.since:
            pause.in_a_row = 0

    def gives_up(self, host: str) -> bool:
        """Whether this host has refused so often in a row that it is better left alone until the next run."""
        pause = self._pauses.get(host)
        return pause is not None and pause.in_a_row > self.most_in_a_row
