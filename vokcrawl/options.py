"""The project's settings and the spider's arguments, read in one place and checked with a clear error each."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings

from vokcrawl.errors import UsageFault
from vokcrawl.fields import absolute_url, clean_text
from vokcrawl.items import Article

WAYS = ("auto", "link", "ajax", "splash")
# The settings that are the project's without its prefix.
ALSO_OURS = ("SPLASH_URL",)
_LONGEST_AGE = 36_500
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


@dataclass(frozen=True, slots=True)
class Options:
    """The `VOK_` settings of a run, checked; docs/settings.md says what each is for."""

    start_urls: tuple[str, ...]
    source: str
    source_id: str
    more: str
    output_dir: str
    known_pages: int
    lookback_days: int
    sweep_hours: int
    recheck_days: tuple[int, ...]
    min_coverage: Mapping[str, float]
    cool_off: float
    most_wait: int
    robots_unreadable: str
    contact: str
    cross_check: int
    splash_url: str
    splash_timeout: int

    @classmethod
    def read(cls, settings: BaseSettings) -> Options:
        """Reads and checks all of them. Raises `UsageFault` that names the setting, its value and what is allowed."""
        _refuse_unknown(settings)
        return cls(
            start_urls=_urls("VOK_START_URLS", settings.get("VOK_START_URLS")),
            source=_text("VOK_SOURCE", settings.get("VOK_SOURCE")),
            source_id=_number("VOK_SOURCE_ID", settings.get("VOK_SOURCE_ID")),
            more=_choice("VOK_MORE", settings.get("VOK_MORE"), WAYS),
            output_dir=_text("VOK_OUTPUT_DIR", settings.get("VOK_OUTPUT_DIR")),
            known_pages=_whole("VOK_KNOWN_PAGES", settings.get("VOK_KNOWN_PAGES"), least=1),
            lookback_days=_whole("VOK_LOOKBACK_DAYS", settings.get("VOK_LOOKBACK_DAYS"), least=0),
            sweep_hours=_whole("VOK_SWEEP_HOURS", settings.get("VOK_SWEEP_HOURS"), least=0),
            recheck_days=_days("VOK_RECHECK_DAYS", settings.get("VOK_RECHECK_DAYS")),
            min_coverage=_floors("VOK_MIN_COVERAGE", settings.get("VOK_MIN_COVERAGE")),
            cool_off=_seconds("VOK_COOL_OFF", settings.get("VOK_COOL_OFF")),
            most_wait=_whole("VOK_MOST_WAIT", settings.get("VOK_MOST_WAIT"), least=1),
            robots_unreadable=_choice("VOK_ROBOTS_UNREADABLE", settings.get("VOK_ROBOTS_UNREADABLE"), ("stop", "go")),
            contact=clean_text(str(settings.get("VOK_CONTACT") or "")),
            cross_check=_whole("VOK_CROSS_CHECK", settings.get("VOK_CROSS_CHECK"), least=0),
            splash_url=_server("SPLASH_URL", settings.get("SPLASH_URL")),
            splash_timeout=_whole("VOK_SPLASH_TIMEOUT", settings.get("VOK_SPLASH_TIMEOUT"), least=1),
        )


@dataclass(frozen=True, slots=True)
class Arguments:
    """The spider's arguments (`-a`), checked. `since` and `until` are days, both included."""

    start_url: str | None = None
    since: str | None = None
    until: str | None = None
    max_pages: int | None = None
    full: bool = False

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Arguments:
        """Checks them all. Raises `UsageFault` that names the argument, its value and what is allowed."""
        for name in given:
            if name not in cls.__dataclass_fields__:
                raise UsageFault(f"{name}: no such argument; allowed are {', '.join(cls.__dataclass_fields__)}")
        since, until = _day("since", given.get("since")), _day("until", given.get("until"))
        if since and until and since > until:
            raise UsageFault(f"since: {since!r} is later than until: {until!r}; since must be the earlier day")
        start_url, pages = given.get("start_url"), given.get("max_pages")
        return cls(
            start_url=_urls("start_url", [start_url])[0] if start_url is not None else None,
            since=since,
            until=until,
            max_pages=_whole("max_pages", pages, least=1) if pages is not None else None,
            full=_flag("full", given.get("full", "0")),
        )


def known_names() -> set[str]:
    """The names of all settings that are the project's own."""
    names = {name.upper() for name in Options.__dataclass_fields__}
    return {name if name in ALSO_OURS else f"VOK_{name}" for name in names}


def from_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings that the environment gives: each variable that has the name, or the prefix, of one of ours.

    A mistyped name is given too, so that it is refused with the other settings rather than passed over.
    """
    environment = os.environ if environment is None else environment
    return {name: value for name, value in environment.items() if name.startswith("VOK_") or name in ALSO_OURS}


def _refuse_unknown(settings: BaseSettings) -> None:
    known = known_names()
    for name in sorted(str(name) for name in settings):
        if name.startswith("VOK_") and name not in known:
            raise UsageFault(f"{name}: no such setting; the settings are {', '.join(sorted(known))}")


def _text(name: str, value: Any) -> str:
    text = clean_text(str(value or ""))
    if not text:
        raise UsageFault(f"{name}: it is empty, but must say something")
    return text


def _choice(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    text = clean_text(str(value or "")).lower()
    if text not in allowed:
        raise UsageFault(f"{name}: {value!r} is not one of {', '.join(allowed)}")
    return text


def _whole(name: str, value: Any, least: int) -> int:
    text = clean_text(str(value))
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < least:
        raise UsageFault(f"{name}: {value!r} is not a whole number of {least} or more")
    return int(text)


def _seconds(name: str, value: Any) -> float:
    text = clean_text(str(value))
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII):
        raise UsageFault(f"{name}: {value!r} is not a number of seconds, such as 300 or 0.5")
    return float(text)


def _number(name: str, value: Any) -> str:
    text = clean_text(str(value or ""))
    if not re.fullmatch(r"[\w-]{0,40}", text, re.ASCII):
        raise UsageFault(f"{name}: {value!r} is not a source's number, such as 189661, nor empty")
    return text


def _flag(name: str, value: Any) -> bool:
    text = clean_text(str(value)).lower()
    if text not in _TRUE + _FALSE:
        raise UsageFault(f"{name}: {value!r} is neither 1 nor 0")
    return text in _TRUE


def _day(name: str, value: Any) -> str | None:
    if value is None:
        return None
    text = clean_text(str(value))
    try:
        if len(text) == 10 and date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise UsageFault(f"{name}: {value!r} is not a day written YYYY-MM-DD, such as 2024-12-10")


def _urls(name: str, value: Any) -> tuple[str, ...]:
    # A comma may stand in an address too: only one before another address parts them.
    given = value if isinstance(value, (list, tuple)) else re.split(r",\s*(?=[a-z][a-z0-9+.-]*:|$)", str(value or ""))
    urls = [clean_text(str(each)) for each in given if clean_text(str(each))]
    if not urls:
        raise UsageFault(f"{name}: it is empty, but must name a listing or an article page to start from")
    for url in urls:
        if absolute_url(url, url) is None or not urlsplit(url).scheme:
            raise UsageFault(f"{name}: {url!r} is not an http or https URL, such as https://example.org/newstream/")
        if "@" in urlsplit(url).netloc:
            raise UsageFault(f"{name}: it names a user or a password, which must not stand in an address")
    return tuple(dict.fromkeys(urls))


def _server(name: str, value: Any) -> str:
    """A server's address with a slash at its end; empty for none."""
    url = clean_text(str(value or ""))
    if not url:
        return ""
    parts = urlsplit(url) if absolute_url(url, url) is not None else None
    if parts is None or not parts.scheme or "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageFault(f"{name}: {value!r} is not the http or https URL of a server, such as http://127.0.0.1:8050")
    return url.rstrip("/") + "/"


def _days(name: str, value: Any) -> tuple[int, ...]:
    given = value if isinstance(value, (list, tuple)) else str(value).split(",")
    days = tuple(_whole(name, each, least=0) for each in given if str(each).strip())
    if days and days[-1] > _LONGEST_AGE:
        raise UsageFault(f"{name}: {days[-1]} days are more than {_LONGEST_AGE}, a hundred years")
    if days != (0,) and (0 in days or list(days) != sorted(set(days))):
        raise UsageFault(f"{name}: {value!r} is not a rising list of ages in days, such as 1,3,7, nor 0 alone")
    return days


def _floors(name: str, value: Any) -> dict[str, float]:
    """``title=1,body=0.95`` or the same as a dict: the least share of articles that must have a field."""
    pairs = value.items() if isinstance(value, Mapping) else _pairs(str(value or ""))
    floors: dict[str, float] = {}
    for field, share in pairs:
        try:
            floors[str(field).strip()] = float(share)
        except (TypeError, ValueError):
            floors[str(field).strip()] = -1.0
        if not 0 <= floors[str(field).strip()] <= 1:
            raise UsageFault(f"{name}: {value!r} is not a list like title=0.95,body=0.95 with shares from 0 to 1")
        if str(field).strip() not in Article.model_fields:
            fields = ", ".join(each for each in Article.model_fields if each != "schema_")
            raise UsageFault(f"{name}: {field!r} is no field of an article; it must be one of {fields}")
    return floors


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(field, share) for field, _, share in (each.partition("=") for each in text.split(",") if each.strip())]
