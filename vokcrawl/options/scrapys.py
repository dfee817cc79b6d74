"""Scrapy's own settings whose values it reads while it builds its parts, when a run is already open: checked before."""

from __future__ import annotations

import logging
import math

from scrapy.settings import BaseSettings

from vokcrawl.errors import UsageFault

_WHOLE = (
    "CONCURRENT_REQUESTS",
    "CONCURRENT_REQUESTS_PER_DOMAIN",
    "CONCURRENT_ITEMS",
    "DOWNLOAD_MAXSIZE",
    "DOWNLOAD_WARNSIZE",
    "RETRY_TIMES",
    "REDIRECT_MAX_TIMES",
    "URLLENGTH_LIMIT",
)
_SECONDS = (
    "DOWNLOAD_DELAY",
    "DOWNLOAD_DELAY_JITTER",
    "DOWNLOAD_TIMEOUT",
    "AUTOTHROTTLE_START_DELAY",
    "AUTOTHROTTLE_MAX_DELAY",
)


def check_scrapys(settings: BaseSettings) -> None:
    """Raises `UsageFault` that names the setting, its value and what is allowed."""
    for name in _WHOLE:
        if not _is_number(settings.get(name), whole=True):
            raise UsageFault(f"{name}: {settings.get(name)!r} is not a whole number of 0 or more")
    for name in _SECONDS:
        if not _is_number(settings.get(name), whole=False):
            raise UsageFault(f"{name}: {settings.get(name)!r} is not a number of 0 or more, such as 4.5")
    if not str(settings.get("USER_AGENT") or "").strip():
        raise UsageFault("USER_AGENT: it is empty, but must tell the site who asks")
    check_log_level(settings)


def check_log_level(settings: BaseSettings) -> None:
    """Raises `UsageFault` for a `LOG_LEVEL` that is none: Scrapy reads it before anything else."""
    level = settings.get("LOG_LEVEL")
    names = logging.getLevelNamesMapping()
    if level is not None and str(level).upper() not in names and not str(level).isdigit():
        raise UsageFault(f"LOG_LEVEL: {level!r} is not one of {', '.join(names)}")


def _is_number(value: object, whole: bool) -> bool:
    if value is None:
        return True
    try:
        number = int(str(value)) if whole else float(str(value))
    except ValueError:
        return False
    return math.isfinite(number) and number >= 0
