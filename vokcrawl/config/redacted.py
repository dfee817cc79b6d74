"""Settings as they are shown to people and written to manifests: without secrets."""

from __future__ import annotations

import os
import re
from typing import Any

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings, Settings

from vokcrawl.config.settings import secret_names
from vokcrawl.config.values import parse_profile_files
from vokcrawl.pages.profile import read_profile

BASE_MODULE = "vokcrawl.settings.base"
NOT_SHOWN = "(set, not shown)"
# The SHA-256 of each profile in VOK_SITE_PROFILE, in the settings of a manifest.
PROFILE_DIGESTS = "VOK_SITE_PROFILE_SHA256"
_SECRET_NAME = re.compile(r"pass|secret|token|key|auth|cookie|credential|user(?!_agent)", re.IGNORECASE)
# User name and password stand before a host, and end with the last @ there.
_USER_INFO = re.compile(r"(?<=//)[^/?#\s]*@")


def changed_settings(settings: BaseSettings) -> dict[str, Any]:
    """The settings that differ from the project's defaults, for a manifest and archives.

    Secrets are left out or cut out of URLs, and the home directory is ``~``.
    """
    defaults = Settings()
    defaults.setmodule(BASE_MODULE, priority="project")
    secrets = secret_names()
    changed: dict[str, Any] = {}
    for name in sorted(map(str, settings)):
        # Reading Scrapy's defaults would warn of deprecated settings that nobody has set.
        if settings.getpriority(name) == SETTINGS_PRIORITIES["default"]:
            continue
        value = settings[name]
        if name in secrets or _SECRET_NAME.search(name):
            continue
        if value != defaults.get(name) and isinstance(value, (str, int, float, bool)):
            changed[name] = without_home(without_password(value)) if isinstance(value, str) else value
    if profiles := parse_profile_files(settings.get("VOK_SITE_PROFILE")):
        # A path says nothing of the contents.
        changed[PROFILE_DIGESTS] = ",".join(read_profile(path).digest or "built-in" for path in profiles)
    return changed


def redacted(name: str, value: Any) -> str:
    """A setting's value for people; "(set, not shown)" for a secret.

    >>> redacted("VOK_ALERT_SLACK", "https://hooks.example.org/T0/B0/x"), redacted("VOK_CONTACT", "")
    ('(set, not shown)', '(empty)')
    """
    text = without_password(str("" if value is None else value))
    if not text:
        return "(empty)"
    return NOT_SHOWN if name in secret_names() or _SECRET_NAME.search(name) else text


def without_home(value: str) -> str:
    """A path, or several ones, with ``~`` for the home directory, whose name is often that of a person."""
    home = os.path.expanduser("~").rstrip("/")
    return re.sub(rf"(?<![\w.~/-]){re.escape(home)}(?=/|,|$)", "~", value) if home.count("/") else value


def without_password(value: str) -> str:
    """Text whose URLs contain no user name and no password.

    >>> without_password("redis://worker:hush@127.0.0.1:6379/0")
    'redis://…@127.0.0.1:6379/0'
    >>> without_password("http://a.test/@x, http://worker:hu@sh@b.test")
    'http://a.test/@x, http://…@b.test'
    """
    return _USER_INFO.sub("…@", value)
