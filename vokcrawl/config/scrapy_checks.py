"""Checks of Scrapy's own settings, made before a run is opened: Scrapy reads many of them only afterwards."""

from __future__ import annotations

import logging
import math
import sys

from scrapy.settings import BaseSettings
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.conf import build_component_list
from scrapy.utils.misc import load_object

from vokcrawl.errors import UsageError

# With 0 of these a crawl would hang.
_ONE_OR_MORE = ("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN", "CONCURRENT_ITEMS")
# 0 means none, or no limit.
_ZERO_OR_MORE = ("DOWNLOAD_MAXSIZE", "DOWNLOAD_WARNSIZE", "RETRY_TIMES", "REDIRECT_MAX_TIMES")
_SECONDS = ("DOWNLOAD_DELAY", "DOWNLOAD_DELAY_JITTER", "AUTOTHROTTLE_START_DELAY")
# 0 is not "no limit" for these: Scrapy would use another timeout, or no delay at all.
_SECONDS_ABOVE_0 = ("DOWNLOAD_TIMEOUT", "AUTOTHROTTLE_MAX_DELAY")
# Scrapy's default, and the one of the profile `distributed`.
_DUPLICATE_FILTERS = ("scrapy.dupefilters.RFPDupeFilter", "vokcrawl.distributed.queue.PendingFilter")
# The extension of the profile `distributed`, and the schedulers without and with it.
_WORKERS = "vokcrawl.distributed.extension.WorkersExtension"
_SCHEDULERS = ("scrapy.core.scheduler.Scheduler", "vokcrawl.distributed.scheduler.SharedScheduler")

# Between this check and the first request the process grows by a few megabytes.
_MEMORY_TO_START = 16


def check_scrapy_settings(settings: BaseSettings) -> None:
    """Raises `UsageError` that names the setting, its value and what is allowed."""
    for error in scrapy_setting_errors(settings):
        raise UsageError(error)


def scrapy_setting_errors(settings: BaseSettings) -> list[str]:
    """One message per error in Scrapy's settings; each begins with the setting's name."""
    found = [_number_error(settings, name, least=1, whole=True) for name in _ONE_OR_MORE]
    found += [_number_error(settings, name, least=0, whole=True) for name in _ZERO_OR_MORE]
    found += [_number_error(settings, name, least=0, whole=False) for name in _SECONDS]
    found += [_number_error(settings, name, least=math.ulp(0), whole=False) for name in _SECONDS_ABOVE_0]
    if not str(settings.get("USER_AGENT") or "").strip():
        found.append(
            "USER_AGENT: must not be empty: it tells the site who is asking; omit the setting to use the default"
        )
    found.append(_log_level_error(settings))
    found.append(_cache_error(settings))
    found.append(_depth_error(settings))
    found.append(_duplicate_filter_error(settings))
    found.append(_scheduler_error(settings))
    found.append(_stats_error(settings))
    found.append(_memory_error(settings))
    if not any(found):
        found.append(_throttle_error(settings))
    return [error for error in found if error is not None]


def check_log_level(settings: BaseSettings) -> None:
    """Raises `UsageError` for an unknown `LOG_LEVEL`. A check of its own: Scrapy reads it before anything else."""
    error = _log_level_error(settings)
    if error is not None:
        raise UsageError(error)


def _log_level_error(settings: BaseSettings) -> str | None:
    level = settings.get("LOG_LEVEL")
    names = logging.getLevelNamesMapping()
    if level is None or str(level).upper() in names or str(level).isdigit():
        return None
    return f"LOG_LEVEL: {level!r} is not one of {', '.join(names)}"


def _cache_error(settings: BaseSettings) -> str | None:
    """Responses from a cache would be archived with the time of this run."""
    if not settings.getbool("HTTPCACHE_ENABLED"):
        return None
    return "HTTPCACHE_ENABLED: must not be enabled: cached responses would be archived as sent by the site"


def _depth_error(settings: BaseSettings) -> str | None:
    """Scrapy's middleware for the depth drops requests, of which the crawl would not know."""
    if str(settings.get("DEPTH_LIMIT") or "0").strip() == "0":
        return None
    return "DEPTH_LIMIT: is not supported: a listing is followed page by page; use -a max_pages=N instead"


def _duplicate_filter_error(settings: BaseSettings) -> str | None:
    given = settings.get("DUPEFILTER_CLASS")
    path = given if isinstance(given, str) else f"{given.__module__}.{given.__qualname__}"
    if path in _DUPLICATE_FILTERS:
        return None
    return f"DUPEFILTER_CLASS: {path!r} is not supported: it must be {_DUPLICATE_FILTERS[0]}; omit the setting"


def _scheduler_error(settings: BaseSettings) -> str | None:
    """The scheduler of several workers needs the state that they share, and the other way round."""
    has_workers = _WORKERS in build_component_list(settings.getwithbase("EXTENSIONS"))
    if (settings.get("VOK_STATE") == "redis") != has_workers:
        # An error of its own, with another way out.
        return None
    given, required = settings.get("SCHEDULER"), _SCHEDULERS[has_workers]
    if given == required:
        return None
    try:
        fits = given not in _SCHEDULERS and issubclass(load_object(given), load_object(required))
    except (ImportError, NameError, ValueError, TypeError):
        fits = False
    return None if fits else f"SCHEDULER: {given!r} is not {required} or a subclass of it; omit the setting"


def _stats_error(settings: BaseSettings) -> str | None:
    """The manifest and the exit code are made from the stats, so they must be kept."""
    given = settings.get("STATS_CLASS")
    try:
        kept = issubclass(load_object(given), MemoryStatsCollector)
    except (ImportError, NameError, ValueError, TypeError):
        kept = False
    if kept:
        return None
    return (
        f"STATS_CLASS: {given!r} is not {MemoryStatsCollector.__module__}.{MemoryStatsCollector.__qualname__} or a "
        "subclass of it; omit the setting"
    )


def _memory_error(settings: BaseSettings) -> str | None:
    """With a limit that is reached at the start Scrapy closes the crawl before it has begun."""
    if not settings.getbool("MEMUSAGE_ENABLED") or not settings.getfloat("MEMUSAGE_LIMIT_MB"):
        return None
    limit, needed = settings.getfloat("MEMUSAGE_LIMIT_MB"), _peak_memory() + _MEMORY_TO_START
    if limit >= needed:
        return None
    return f"MEMUSAGE_LIMIT_MB: {limit:g} is less than the {math.ceil(needed)} MB that the program needs to start"


def _peak_memory() -> float:
    """The most that this process has had, in MB, as Scrapy measures it; 0 where the system does not say."""
    try:
        import resource  # noqa: PLC0415
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _throttle_error(settings: BaseSettings) -> str | None:
    """AutoThrottle limits every delay to its maximum, even to less than `DOWNLOAD_DELAY`."""
    most, delay = settings.getfloat("AUTOTHROTTLE_MAX_DELAY"), settings.getfloat("DOWNLOAD_DELAY")
    if not settings.getbool("AUTOTHROTTLE_ENABLED") or most >= delay:
        return None
    return f"AUTOTHROTTLE_MAX_DELAY: {most:g} is less than DOWNLOAD_DELAY ({delay:g}): it must be the same or more"


def _number_error(settings: BaseSettings, name: str, least: float, whole: bool) -> str | None:
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
