"""All settings of the project: what each is, where it comes from, and what is wrong with it.

Of Scrapy's own settings those are listed with which a crawl would not begin.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from vokcrawl.config.redacted import NOT_SHOWN, shown
from vokcrawl.config.scrapy_checks import scrapys_faults
from vokcrawl.config.settings import faults, known_names
from vokcrawl.settings import base
from vokcrawl.settings.environment import PREFIX, from_environment

_PROFILES = "vokcrawl.settings."


@dataclass(frozen=True, slots=True)
class Listed:
    """One setting. `value` is as it may be shown; `origin` is `base`, `profile …`, `environment` or `-s`."""

    name: str
    value: str
    origin: str
    faults: tuple[str, ...]


def listed(settings: BaseSettings, environment: Mapping[str, str] | None = None) -> list[Listed]:
    """The known settings, what has our prefix and is none of them, and what is wrong of Scrapy's; by name."""
    environment = os.environ if environment is None else environment
    known = known_names()
    wrong: dict[str, list[str]] = {}
    for fault in faults(settings) + scrapys_faults(settings):
        wrong.setdefault(fault.partition(":")[0], []).append(fault)
    names = known | wrong.keys()
    return [
        Listed(
            name,
            # What is mistyped may be meant for a secret.
            NOT_SHOWN if name.startswith(PREFIX) and name not in known else shown(name, settings.get(name)),
            _origin(name, settings, environment),
            tuple(wrong.get(name, ())),
        )
        for name in sorted(names)
    ]


def _origin(name: str, settings: BaseSettings, environment: Mapping[str, str]) -> str:
    priority = settings.getpriority(name)
    if priority == SETTINGS_PRIORITIES["cmdline"]:
        return "-s"
    if priority != SETTINGS_PRIORITIES["project"]:
        return next((each for each, value in SETTINGS_PRIORITIES.items() if value == priority), "unknown")
    if name in from_environment(environment):
        return "environment"
    if settings.get(name) == getattr(base, name, None):
        return "base"
    module = environment.get("SCRAPY_SETTINGS_MODULE", "")
    return f"profile {module.removeprefix(_PROFILES)}" if module.startswith(_PROFILES) else f"module {module}"
