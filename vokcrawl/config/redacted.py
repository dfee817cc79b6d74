"""How settings are shown to people and in manifests: without what is, or may be, a secret."""

from __future__ import annotations

import re
from typing import Any

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings, Settings

from vokcrawl.config.settings import secret_names
from vokcrawl.settings import base

NOT_SHOWN = "(set, not shown)"
_SECRET = re.compile(r"pass|secret|token|key|auth|cookie|credential|user(?!_agent)", re.IGNORECASE)
# It stands before a host, and ends with the last @ there.
_USER_INFO = re.compile(r"(?<=//)[^/?#\s]*@")


def told_settings(settings: BaseSettings) -> dict[str, Any]:
    """The settings that differ from the project's defaults. What may be a secret is left out, or cut out of a URL."""
    defaults = Settings()
    defaults.setmodule(base, priority="project")
    secrets = secret_names()
    told: dict[str, Any] = {}
    for name in sorted(map(str, settings)):
        # Asking for a default would warn of settings that Scrapy is about to drop; nobody has set those.
        if settings.getpriority(name) == SETTINGS_PRIORITIES["default"]:
            continue
        value = settings[name]
        if name in secrets or _SECRET.search(name):
            continue
        if value != defaults.get(name) and isinstance(value, (str, int, float, bool)):
            told[name] = without_password(value) if isinstance(value, str) else value
    return told


def shown(name: str, value: Any) -> str:
    """A setting's value for people; "(set, not shown)" for a secret.

    >>> shown("VOK_ALERT_SLACK", "https://hooks.example.org/T0/B0/x"), shown("VOK_CONTACT", "")
    ('(set, not shown)', '(empty)')
    """
    said = without_password(str("" if value is None else value))
    if not said:
        return "(empty)"
    return NOT_SHOWN if name in secret_names() or _SECRET.search(name) else said


def without_password(value: str) -> str:
    """Some text in which no URL names a user or a password any more.

    >>> without_password("redis://worker:hush@127.0.0.1:6379/0")
    'redis://…@127.0.0.1:6379/0'
    >>> without_password("http://a.test/@x, http://worker:hu@sh@b.test")
    'http://a.test/@x, http://…@b.test'
    """
    return _USER_INFO.sub("…@", value)
