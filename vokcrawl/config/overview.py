"""All settings of the project with value, origin and errors, for `scrapy check-config`.

Of Scrapy's own settings, only those with an error are included.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings, Settings

from vokcrawl.config.environment import PREFIX, from_environment
from vokcrawl.config.redacted import BASE_MODULE, NOT_SHOWN, redacted
from vokcrawl.config.scrapy_checks import scrapy_setting_errors
from vokcrawl.config.settings import known_names, setting_errors

_PROFILES = "vokcrawl.settings."


@dataclass(frozen=True, slots=True)
class SettingStatus:
    """One setting.

    Attributes:
        name: The setting's name.
        value: The value without secrets.
        origin: Where the value comes from: `base`, `profile …`, `environment` or `-s`.
        errors: The error messages; empty if the value is valid.
    """

    name: str
    value: str
    origin: str
    errors: tuple[str, ...]


def setting_statuses(settings: BaseSettings, environment: Mapping[str, str] | None = None) -> list[SettingStatus]:
    """All known settings, unknown ones that have the project's prefix, and Scrapy's with an error; sorted by name."""
    environment = os.environ if environment is None else environment
    known, base = known_names(), Settings()
    base.setmodule(BASE_MODULE, priority="project")
    errors: dict[str, list[str]] = {}
    for error in setting_errors(settings) + scrapy_setting_errors(settings):
        errors.setdefault(error.partition(":")[0], []).append(error)
    return [
        SettingStatus(
            name,
            # A mistyped name may have been meant for a secret.
            NOT_SHOWN if name.startswith(PREFIX) and name not in known else redacted(name, settings.get(name)),
            _origin(name, settings, base, environment),
            tuple(errors.get(name, ())),
        )
        for name in sorted(known | errors.keys())
    ]


def _origin(name: str, settings: BaseSettings, base: BaseSettings, environment: Mapping[str, str]) -> str:
    priority = settings.getpriority(name)
    if priority == SETTINGS_PRIORITIES["cmdline"]:
        return "-s"
    if priority != SETTINGS_PRIORITIES["project"]:
        return next((each for each, value in SETTINGS_PRIORITIES.items() if value == priority), "unknown")
    if name in from_environment(environment):
        return "environment"
    if settings.get(name) == base.get(name):
        return "base"
    module = environment.get("SCRAPY_SETTINGS_MODULE", "")
    return f"profile {module.removeprefix(_PROFILES)}" if module.startswith(_PROFILES) else f"module {module}"
