"""The settings of a crawl, and what each of them must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from scrapy.settings import BaseSettings

from vokcrawl.config.addresses import redis_server, server, urls
from vokcrawl.config.alerts import Alerts
from vokcrawl.config.checks import (
    choice,
    days,
    flag,
    minimum_coverage,
    number,
    prefix,
    seconds,
    size,
    text,
    whole,
    words,
)
from vokcrawl.config.settings_group import Group, by
from vokcrawl.errors import UsageError
from vokcrawl.settings.environment import PREFIX
from vokcrawl.utils.program import PROGRAM

PAGINATION = ("auto", "link", "ajax", "browser")


@dataclass(frozen=True, slots=True)
class Options(Group):
    """The `VOK_` settings of a run, checked; docs/settings.md says what each is for."""

    start_urls: tuple[str, ...] = by(urls)
    source: str = by(text)
    source_id: str = by(number)
    search_id: str = by(number)
    pagination: str = by(choice, allowed=PAGINATION)
    output_dir: str = by(text)
    stop_after_known_pages: int = by(whole, least=1)
    lookback_days: int = by(whole, least=0)
    rescan_hours: int = by(whole, least=0)
    recheck_days: tuple[int, ...] = by(days)
    min_coverage: Mapping[str, float] = by(minimum_coverage)
    backoff_seconds: float = by(seconds)
    max_wait_seconds: int = by(whole, least=1)
    robots_unreadable: str = by(choice, allowed=("stop", "go"))
    contact: str = by(words)
    progress: str = by(choice, allowed=("auto", "off"))
    splash_url: str = by(server)
    splash_timeout: int = by(whole, least=1)
    archive: bool = by(flag)
    archive_size: int = by(size)
    state: str = by(choice, allowed=("sqlite", "redis"))
    redis_url: str = by(words, is_secret=True)
    redis_prefix: str = by(prefix)
    redis_timeout: int = by(whole, least=0)
    lease_seconds: int = by(whole, least=2)

    def disagreements(self) -> list[str]:
        # A crawl by one worker has no business with what others may mean by this name in the environment.
        if self.state == "redis":
            try:
                redis_server("REDIS_URL", self.redis_url)
            except UsageError as fault:
                return [str(fault)]
        return []

    @classmethod
    def read(cls, settings: BaseSettings) -> Options:
        """Reads and checks all of them. Raises `UsageError` that names the setting, its value and what is allowed."""
        for fault in faults(settings):
            raise UsageError(fault)
        return cls(**cls.values(settings))


# Names of earlier versions: the new name, or the reason why a setting no longer exists.
RENAMED = {
    "VOK_MORE": "VOK_PAGINATION",
    "VOK_COOL_OFF": "VOK_BACKOFF_SECONDS",
    "VOK_MOST_WAIT": "VOK_MAX_WAIT_SECONDS",
    "VOK_KNOWN_PAGES": "VOK_STOP_AFTER_KNOWN_PAGES",
    "VOK_SWEEP_HOURS": "VOK_RESCAN_HOURS",
    "VOK_REDIS_PATIENCE": "VOK_REDIS_TIMEOUT",
    "VOK_CLAIM_SECONDS": "VOK_LEASE_SECONDS",
}
REMOVED = {
    "VOK_CROSS_CHECK": "a crawl no longer compares its extraction with a second extractor",
}

# All classes of settings of this project.
GROUPS: tuple[type[Group], ...] = (Options, Alerts)


def known_names() -> set[str]:
    """The names of all settings that are the project's own."""
    return {name for group in GROUPS for name in group.checks()}


def secret_names() -> set[str]:
    """The names of the settings whose values are shown nowhere."""
    return {name for group in GROUPS for name, each in group.checks().items() if each.metadata["secret"]}


def faults(settings: BaseSettings) -> list[str]:
    """All that is wrong with the project's settings, a line for each: mistyped names first."""
    return unknown(settings) + [fault for group in GROUPS for fault in group.faults(settings)]


def unknown(settings: BaseSettings) -> list[str]:
    """One error per setting that has the project's prefix but is not one of its settings."""
    known = sorted(known_names())
    return [
        _unknown(name, known) for name in sorted(map(str, settings)) if name.startswith(PREFIX) and name not in known
    ]


def _unknown(name: str, known: list[str]) -> str:
    if name in RENAMED:
        values = ", and its value `splash` is now `browser`" if name == "VOK_MORE" else ""
        return f"{name}: this setting was renamed; use {RENAMED[name]} instead{values}"
    if name in REMOVED:
        return f"{name}: this setting was removed: {REMOVED[name]}"
    meant = get_close_matches(name, known, n=1)
    hint = f"did you mean {meant[0]}? " if meant else ""
    return f"{name}: no such setting; {hint}`{PROGRAM} check-config` lists them all"
