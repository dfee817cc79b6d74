"""The outcome of a run and its exit code, from the run statistics. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Self, overload

from vokcrawl.errors import ExitCode, VokcrawlError
from vokcrawl.policy.pagination import StopReason

# Outcomes, as in the manifest.
WORDS = {
    ExitCode.OK: "done",
    ExitCode.USAGE: "wrong settings",
    ExitCode.INCOMPLETE: "incomplete",
    ExitCode.BLOCKED: "blocked",
    ExitCode.LAYOUT: "layout not understood",
    ExitCode.LOCKED: "locked",
    ExitCode.UNREACHABLE: "unreachable",
    ExitCode.STORAGE: "storage failed",
    ExitCode.INTERRUPTED: "interrupted",
}
NOTHING_NEW = "nothing new"
BACKFILL = "backfill in progress"
CRASHED = "crashed"
RUNNING = "running"
# Reasons to stop that mean that the page exists, but its layout is not understood.
_LAYOUT = frozenset({StopReason.NO_TEASERS, StopReason.NO_ROUTE, StopReason.NO_MORE})
_BROKEN_OFF = frozenset(
    {
        StopReason.FAILED,
        StopReason.EMPTY,
        StopReason.CIRCLE,
        StopReason.REPEATS,
        StopReason.OFFSITE,
        StopReason.DAYS_IGNORED,
        StopReason.DAYS_CUT,
        StopReason.SHARE,
        StopReason.UNJOINED,
        StopReason.UNRESOLVED,
    }
)
# The minimum number of articles for a share of them.
_LEAST_FOR_COVERAGE = 20
_LEAST_FOR_BLOCKED = 3


class StatsCounter:
    """An attribute of `RunStatistics` that is kept in its `stats`, under the given name."""

    def __init__(self, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, statistics: None, owner: type[RunStatistics]) -> Self: ...

    @overload
    def __get__(self, statistics: RunStatistics, owner: type[RunStatistics]) -> int: ...

    def __get__(self, statistics: RunStatistics | None, owner: type[RunStatistics]) -> int | Self:
        return self if statistics is None else statistics.stats.get(self._name, 0)

    def __set__(self, statistics: RunStatistics, value: int | StatsCounter) -> None:
        # The default value of a dataclass field is the descriptor itself.
        if not isinstance(value, StatsCounter):
            statistics.stats[self._name] = value


@dataclass
class RunStatistics:
    """The statistics that determine the outcome of a run. Its counters are in `stats`; in a crawl, Scrapy's."""

    stats: MutableMapping[str, int] = field(default_factory=dict)
    failure: VokcrawlError | None = None
    interrupted: bool = False
    starts: StatsCounter = StatsCounter("vok/starts/requested")
    starts_unreachable: StatsCounter = StatsCounter("vok/starts/unreachable")
    starts_blocked: StatsCounter = StatsCounter("vok/starts/blocked")
    starts_not_understood: StatsCounter = StatsCounter("vok/starts/not_understood")
    pages_read: StatsCounter = StatsCounter("vok/pages/read")
    pages_failed: StatsCounter = StatsCounter("vok/pages/failed")
    # Entries and articles of the wanted source.
    wanted_seen: StatsCounter = StatsCounter("vok/entries/wanted")
    articles: StatsCounter = StatsCounter("vok/articles/read")
    articles_unchanged: StatsCounter = StatsCounter("vok/articles/unchanged")
    articles_truncated: StatsCounter = StatsCounter("vok/articles/truncated")
    articles_blocked: StatsCounter = StatsCounter("vok/articles/blocked")
    # Components and feeds of the user that failed: the records are delivered, but not all was done with them.
    components_failed: StatsCounter = StatsCounter("vok/components/failed")
    cut_short: bool = False
    stopped_at_block_page: bool = False
    browser_failed: bool = False
    stop_reasons: list[StopReason | None] = field(default_factory=list)
    delivered: int = 0
    coverage: Mapping[str, float] = field(default_factory=dict)
    minimum_coverage: Mapping[str, float] = field(default_factory=dict)

    def count(self, name: str) -> None:
        """Adds one to a counter."""
        self.stats[name] = self.stats.get(name, 0) + 1

    def pages(self) -> dict[str, int]:
        """Number of pages read and failed, as in the manifest.

        `articles` are the article pages among them, `truncated` those whose text the site truncated.
        """
        return {
            "read": self.pages_read,
            "failed": self.pages_failed,
            "articles": self.articles,
            "truncated": self.articles_truncated,
        }


def below_minimum_coverage(statistics: RunStatistics) -> list[str]:
    """Return the fields whose coverage over the run's articles is below the minimum."""
    if statistics.articles < _LEAST_FOR_COVERAGE:
        return []
    return sorted(
        name for name, floor in statistics.minimum_coverage.items() if statistics.coverage.get(name, 0.0) < floor
    )


def never_seen(statistics: RunStatistics) -> bool:
    """Return whether whole listings were crawled and have no entry of the wanted source: its name may be wrong."""
    return StopReason.END in statistics.stop_reasons and not statistics.wanted_seen


def determine_outcome(statistics: RunStatistics) -> tuple[str, ExitCode]:
    """Return the outcome and its exit code: the most severe of what happened, storage first."""
    code = _code(statistics)
    if code is ExitCode.OK and StopReason.TIME in statistics.stop_reasons:
        return BACKFILL, code
    if code is ExitCode.OK and not statistics.delivered:
        return NOTHING_NEW, code
    return WORDS[code], code


def _all_blocked(statistics: RunStatistics) -> bool:
    """Return whether every requested article was truncated or blocked; one or two are no evidence."""
    asked = statistics.articles + statistics.articles_blocked + statistics.articles_unchanged
    return asked >= _LEAST_FOR_BLOCKED and statistics.articles_truncated + statistics.articles_blocked == asked


def _code(statistics: RunStatistics) -> ExitCode:
    if statistics.failure is not None:
        return statistics.failure.exit_code
    if statistics.interrupted:
        return ExitCode.INTERRUPTED
    if statistics.starts_blocked or statistics.stopped_at_block_page or _all_blocked(statistics):
        return ExitCode.BLOCKED
    if statistics.browser_failed:
        return ExitCode.UNREACHABLE
    if (statistics.starts and statistics.starts_unreachable >= statistics.starts) or (
        statistics.cut_short and not statistics.pages_read
    ):
        return ExitCode.UNREACHABLE
    if (
        statistics.starts_not_understood
        or _LAYOUT.intersection(statistics.stop_reasons)
        or below_minimum_coverage(statistics)
        or never_seen(statistics)
    ):
        return ExitCode.LAYOUT
    if (
        statistics.cut_short
        or statistics.starts_unreachable
        or statistics.pages_failed
        or statistics.components_failed
        or _BROKEN_OFF.intersection(statistics.stop_reasons)
    ):
        return ExitCode.INCOMPLETE
    return ExitCode.OK
