"""What a crawl that is under way tells of itself in one line: how far it is, how fast, and what it waits for. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from vokcrawl.utils.humanize import format_duration, pluralize
from vokcrawl.utils.terminal import harmless

# The rate is that of the last minute: long enough for a gentle crawl, short enough to show that a site got slow.
_WINDOW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Pause:
    """A host that is left alone: until when (aware, in the zone to be shown), and why, in a few words."""

    host: str
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Figures:
    """How far a crawl is: pages read, articles delivered for the first time and anew, pages that could not be had."""

    pages: int
    new: int
    revised: int
    errors: int


class Rate:
    """Pages a minute over the last minute, or over the time since the beginning where that is less."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def at(self, now: float, pages: int) -> float:
        """Notes how many pages there are at a moment (seconds of a steady clock), and gives the rate."""
        self._seen.append((now, pages))
        while now - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()
        then, before = self._seen[0]
        return 60 * (pages - before) / (now - then) if now > then else 0.0


def line(
    figures: Figures, rate: float, seconds: float, pause: Pause | None, now: datetime
) -> Iterator[tuple[str, str]]:
    """The line in parts, each with its style as rich names it; `seconds` are those since the beginning.

    What is waited for comes first: a narrow terminal shows the beginning.
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
    # Never earlier than it is: a part of a second counts as a whole one.
    whole = until + timedelta(seconds=1) if until.microsecond else until
    return f"{whole:%H:%M:%S}" if whole.date() == now.date() else f"{whole:%Y-%m-%d %H:%M:%S}"
