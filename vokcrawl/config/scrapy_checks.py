"""Scrapy's own settings whose values it reads while it builds its parts, when a run is already open: checked before."""

from __future__ import annotations

import logging
import math

from scrapy.settings import BaseSettings

from vokcrawl.errors import UsageError

# With 0 of these a crawl would wait for ever.
_ONE_OR_MORE = ("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "CONCURRENT_ITEMS")
# Here 0 means none, or no bound.
_WHOLE = ("DOWNLOAD_MAXSIZE", "DOWNLOAD_WARNSIZE", "RETRY_TIMES", "REDIRECT_MAX_TIMES", "URLLENGTH_LIMIT")
_SECONDS = ("DOWNLOAD_DELAY", "DOWNLOAD_DELAY_JITTER", "AUTOTHROTTLE_START_DELAY")
# Scrapy takes 0 for another time-out than none, and a longest delay of 0 for no delay at all.
_SECONDS_ABOVE_0 = ("DOWNLOAD_TIMEOUT", "AUTOTHROTTLE_MAX_DELAY")
# Scrapy's own, and that of the profile `distributed`.
_DUPLICATE_FILTERS = ("scrapy.dupefilters.RFPDupeFilter", "vokcrawl.distributed.queue.InWork")


def check_scrapys(settings: BaseSettings) -> None:
    """Raises `UsageError` that names the setting, its value and what is allowed."""
    for fault in scrapys_faults(settings):
        raise UsageError(fault)


def scrapys_faults(settings: BaseSettings) -> list[str]:
    """What is wrong with them, a line for each, which begins with the setting's name."""
    found = [_number_fault(settings, name, least=1, whole=True) for name in _ONE_OR_MORE]
    found += [_number_fault(settings, name, least=0, whole=True) for name in _WHOLE]
    found += [_number_fault(settings, name, least=0, whole=False) for name in _SECONDS]
    found += [_number_fault(settings, name, least=math.ulp(0), whole=False) for name in _SECONDS_ABOVE_0]
    if not str(settings.get("USER_AGENT") or "").strip():
        found.append("USER_AGENT: it is empty, but must tell the site who asks; leave it away for the project's own")
    found.append(_log_level_fault(settings))
    found.append(_cache_fault(settings))
    found.append(_duplicate_filter_fault(settings))
    if not any(found):
        found.append(_throttle_fault(settings))
    return [fault for fault in found if fault is not None]


def check_log_level(settings: BaseSettings) -> None:
    """Raises `UsageError` for a `LOG_LEVEL` that is none: Scrapy reads it before anything else."""
    fault = _log_level_fault(settings)
    if fault is not None:
        raise UsageError(fault)


def _log_level_fault(settings: BaseSettings) -> str | None:
    level = settings.get("LOG_LEVEL")
    names = logging.getLevelNamesMapping()
    if level is None or str(level).upper() in names or str(level).isdigit():
        return None
    return f"LOG_LEVEL: {level!r} is not one of {', '.join(names)}"


def _cache_fault(settings: BaseSettings) -> str | None:
    """What a cache answers would be archived as what the site sent at that time."""
    if not settings.getbool("HTTPCACHE_ENABLED"):
        return None
    return "HTTPCACHE_ENABLED: must not be set: cached responses would be archived as sent by the site"


def _duplicate_filter_fault(settings: BaseSettings) -> str | None:
    given = settings.get("DUPEFILTER_CLASS")
    path = given if isinstance(given, str) else f"{given.__module__}.{given.__qualname__}"
    if path in _DUPLICATE_FILTERS:
        return None
    return f"DUPEFILTER_CLASS: {path!r} is not supported: it must be {_DUPLICATE_FILTERS[0]}; omit the setting"


def _throttle_fault(settings: BaseSettings) -> str | None:
    """AutoThrottle goes down to its longest delay, also where that is less than what the site is promised."""
    most, delay = settings.getfloat("AUTOTHROTTLE_MAX_DELAY"), settings.getfloat("DOWNLOAD_DELAY")
    if not settings.getbool("AUTOTHROTTLE_ENABLED") or most >= delay:
        return None
    return f"AUTOTHROTTLE_MAX_DELAY: {most:g} is less than DOWNLOAD_DELAY ({delay:g}): set it to as much or more"


def _number_fault(settings: BaseSettings, name: str, least: float, whole: bool) -> str | None:
    value = settings.get(name)
    if value is None:
        return None
    try:
        number = int(str(value)) if whole else float(str(value))
    except ValueError:
        number = -1
    if math.isfinite(number) and number >= least:
        return None
    if whole:
        return f"{name}: {value!r} is not a whole number of {least} or more"
    return f"{name}: {value!r} is not a number {'above 0' if least else 'of 0 or more'}, such as 4.5"
