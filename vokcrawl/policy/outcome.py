"""How a run ended: from what happened to an outcome in words and an exit code. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vokcrawl.errors import ExitCode, VokcrawlError
from vokcrawl.policy.pagination import Why

# Outcomes in words, as they stand in the manifest.
WORDS = {
    ExitCode.DONE: "done",
    ExitCode.USAGE: "wrong settings",
    ExitCode.INCOMPLETE: "incomplete",
    ExitCode.GATED: "gated",
    ExitCode.LAYOUT: "layout not understood",
    ExitCode.HELD: "held",
    ExitCode.UNREACHABLE: "unreachable",
    ExitCode.STORAGE: "storage failed",
    ExitCode.INTERRUPTED: "interrupted",
}
NOTHING_NEW = "nothing new"
KILLED = "killed"
RUNNING = "running"
# Reasons to stop a walk that mean: the page is there, but is not what it was.
_LAYOUT = frozenset({Why.NO_TEASERS, Why.NO_WAY, Why.NO_MORE})
_BROKEN_OFF = frozenset(
    {Why.FAILED, Why.EMPTY, Why.CIRCLE, Why.REPEATS, Why.OFFSITE, Why.DAYS_IGNORED, Why.DAYS_CUT, Why.SHARE}
)
# So few articles say nothing about a share of them.
_LEAST_FOR_COVERAGE = 20
_LEAST_FOR_GATE = 3


@dataclass
class Facts:
    """What a run saw that decides its outcome."""

    failure: VokcrawlError | None = None
    interrupted: bool = False
    starts: int = 0
    starts_unreachable: int = 0
    starts_gated: int = 0
    starts_not_understood: int = 0
    pages_read: int = 0
    wanted_seen: int = 0
    cut_short: bool = False
    articles_gated: int = 0
    articles_unchanged: int = 0
    stopped_at_gate: bool = False
    splash_failed: bool = False
    pages_failed: int = 0
    walks: list[Why | None] = field(default_factory=list)
    delivered: int = 0
    articles: int = 0
    articles_metered: int = 0
    coverage: Mapping[str, float] = field(default_factory=dict)
    floors: Mapping[str, float] = field(default_factory=dict)

    def pages(self) -> dict[str, int]:
        """How many pages were read and how many could not be had, as it stands in the manifest.

        `articles` are those of them that are an article's, `metered` those whose text the site had cut short.
        """
        return {
            "read": self.pages_read,
            "failed": self.pages_failed,
            "articles": self.articles,
            "metered": self.articles_metered,
        }


def under_floor(facts: Facts) -> list[str]:
    """The fields whose coverage over the run's articles is under its floor."""
    if facts.articles < _LEAST_FOR_COVERAGE:
        return []
    return sorted(name for name, floor in facts.floors.items() if facts.coverage.get(name, 0.0) < floor)


def never_seen(facts: Facts) -> bool:
    """Whether whole listings were walked and showed nothing of the wanted source: its name may be wrong."""
    return Why.END in facts.walks and not facts.wanted_seen


def judge(facts: Facts) -> tuple[str, ExitCode]:
    """The outcome and its exit code: the worst of what happened, storage first."""
    code = _code(facts)
    if code is ExitCode.DONE and not facts.delivered:
        return NOTHING_NEW, code
    return WORDS[code], code


def _all_gated(facts: Facts) -> bool:
    """Whether every article that was asked for was metered, or behind a gate; of one or two that says nothing."""
    asked = facts.articles + facts.articles_gated + facts.articles_unchanged
    return asked >= _LEAST_FOR_GATE and facts.articles_metered + facts.articles_gated == asked


def _code(facts: Facts) -> ExitCode:
    if facts.failure is not None:
        return facts.failure.exit_code
    if facts.interrupted:
        return ExitCode.INTERRUPTED
    if facts.starts_gated or facts.stopped_at_gate or _all_gated(facts):
        return ExitCode.GATED
    if facts.splash_failed:
        return ExitCode.UNREACHABLE
    if (facts.starts and facts.starts_unreachable >= facts.starts) or (facts.cut_short and not facts.pages_read):
        return ExitCode.UNREACHABLE
    if facts.starts_not_understood or _LAYOUT.intersection(facts.walks) or under_floor(facts) or never_seen(facts):
        return ExitCode.LAYOUT
    if facts.cut_short or facts.starts_unreachable or facts.pages_failed or _BROKEN_OFF.intersection(facts.walks):
        return ExitCode.INCOMPLETE
    return ExitCode.DONE
