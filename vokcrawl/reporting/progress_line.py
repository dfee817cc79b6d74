"""The progress line of a running crawl: pages, records, errors, rate, time, and pauses. Pure functions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from vokcrawl.utils.humanize import format_duration, pluralize
from vokcrawl.utils.terminal import harmless

# The rate is that of the last minute: long enough for a slow crawl, short enough to show a slow site.
_WINDOW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause in requests to a host: when it ends (aware, in the time zone to show), and the reason."""

    host: str
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Counters of a crawl: pages read, new and revised articles delivered, and failed pages."""

    pages: int
    new: int
    revised: int
    errors: int


class Rate:
    """Pages per minute over the last minute, or since the start if that is shorter."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def at(self, now: float, pages: int) -> float:
        """Adds the number of pages at `now` (seconds of a monotonic clock) and returns the rate."""
        self._seen.append((now, pages))
        while now - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()
        then, before = self._seen[0]
        return 60 * (pages - before) / (now - then) if now > then else 0.0


def line(
    figures: Figures, rate: float, seconds: float, pause: Pause | None, now: datetime
) -> Iterator[tuple[str, str]]:
    """The parts of the line, each with a rich style. `seconds` is the time since the start.

    A pause comes first, because a narrow terminal cuts the end.
    """
    if pause is not None:
        why = f", {harmless(pause.why)}" if pause.why else ""
        yield f"waiting until {_moment(pause.until, now)} ({harmless(pause.host)}{why})", "bold yellow"
        yield "  ", ""
    yield pluralize(figures.pages, "page"), "bold"
    yield f"  {figures.new:,} new  {figures.revised:,} revised  ", ""
    yield pluralize(figures.errors, "error"), "bold red" if figures.errors else ""
    yield f"  {rate:,.0f}/min  {format_duration(seconds)}", ""


def _moment(until: datetime, now: datetime) -> str:
    # Rounded up, so the time shown is never too early.
    whole = until + timedelta(seconds=1) if until.microsecond else until
    return f"{whole:%H:%M:%S}" if whole.date() == now.date() else f"{whole:%Y-%m-%d %H:%M:%S}"
