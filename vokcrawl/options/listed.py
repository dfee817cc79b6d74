"""All settings of the project: what each is, where it comes from, and what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from vokcrawl.options.environment import from_environment
from vokcrawl.options.group import PREFIX
from vokcrawl.options.settings import faults, known_names
from vokcrawl.options.shown import NOT_SHOWN, shown
from vokcrawl.settings import base

_PROFILES = "vokcrawl.settings."


@dataclass(frozen=True, slots=True)
class Listed:
    """One setting. `value` is as it may be shown; `origin` is `base`, `profile …`, `environment` or `-s`."""

    name: str
    value: str
    origin: str
    faults: tuple[str, ...]


def listed(settings: BaseSettings, environment: Mapping[str, str] | None = None) -> list[Listed]:
    """The known settings, and what has our prefix and is none of them; by name."""
    environment = os.environ if environment is None else environment
    known = known_names()
    names = known | {str(name) for name in settings if str(name).startswith(PREFIX)}
    wrong: dict[str, list[str]] = {}
    for fault in faults(settings):
        wrong.setdefault(fault.partition(":")[0], []).append(fault)
    return [
        Listed(
            name,
            # What is mistyped may be meant for a secret.
            shown(name, settings.get(name)) if name in known else NOT_SHOWN,
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
