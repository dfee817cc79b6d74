"""The checks that values of settings and arguments must pass.

Each takes the name of what is checked and its value, as text or as Python has it, gives the value as the crawl needs
it, and raises `UsageError` that names both and says what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.items import Article
from vokcrawl.normalize import clean_text

_LONGEST_AGE = 36_500
# The exit codes of runs that somebody may have to look at.
_ALARMING = [str(int(code)) for code in ExitCode if code not in (ExitCode.OK, ExitCode.USAGE, ExitCode.INTERRUPTED)]
# What to do about a value that is empty and must not be.
LEAVE_AWAY = "leave it away for the default"
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


def text(name: str, value: Any) -> str:
    said = clean_text(str(value or ""))
    if not said:
        raise UsageError(f"{name}: it is empty, but must say something; {LEAVE_AWAY}")
    return said


def words(name: str, value: Any) -> str:
    """Some words, or none."""
    return clean_text(str(value or ""))


def choice(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    said = clean_text(str(value or "")).lower()
    if said not in allowed:
        raise UsageError(f"{name}: {value!r} is not one of {', '.join(allowed)}")
    return said


def whole(name: str, value: Any, least: int, most: int = 999_999_999) -> int:
    said = clean_text(str(value))
    if not re.fullmatch(r"[0-9]{1,999}", said) or int(said) < least:
        raise UsageError(f"{name}: {value!r} is not a whole number of {least} or more")
    if int(said) > most:
        raise UsageError(f"{name}: {value!r} is too many: it must be {most} or less")
    return int(said)


def seconds(name: str, value: Any) -> float:
    return float(_written(name, value, r"\d{1,6}(\.\d{1,6})?", "a number of seconds, such as 300 or 0.5"))


def size(name: str, value: Any) -> int:
    """Megabytes, given as bytes."""
    above = r"(?![0.]+$)\d{1,6}(\.\d{1,6})?"
    return round(float(_written(name, value, above, "a number of megabytes above 0, such as 1000 or 0.5")) * 1_000_000)


def number(name: str, value: Any) -> str:
    said = clean_text(str(value or ""))
    if not re.fullmatch(r"[\w-]{0,40}", said, re.ASCII):
        raise UsageError(f"{name}: {value!r} is not a source's number, such as 189661, nor empty")
    return said


def share(name: str, value: Any) -> float:
    return float(_written(name, value, r"0(\.\d{1,6})?|1(\.0{1,6})?", "a share from 0 to 1, such as 0.2"))


def factor(name: str, value: Any) -> float:
    return float(_written(name, value, r"\d{1,3}(\.\d{1,6})?", "a number from 0 to 999, such as 3 or 2.5"))


def _written(name: str, value: Any, pattern: str, what: str) -> str:
    """A value that is written as the pattern says. Raises `UsageError` that says what it should be."""
    said = clean_text(str(value))
    if not re.fullmatch(pattern, said, re.ASCII):
        raise UsageError(f"{name}: {value!r} is not {what}")
    return said


def flag(name: str, value: Any) -> bool:
    said = clean_text(str(value)).lower()
    if said not in _TRUE + _FALSE:
        raise UsageError(f"{name}: {value!r} is neither 1 nor 0")
    return said in _TRUE


def day(name: str, value: Any) -> str | None:
    if value is None:
        return None
    said = clean_text(str(value))
    try:
        if len(said) == 10 and date.fromisoformat(said).isoformat() == said:
            return said
    except ValueError:
        pass
    raise UsageError(f"{name}: {value!r} is not a day written YYYY-MM-DD, such as 2024-12-10")


def period(given: Mapping[str, Any], prefix: str = "") -> tuple[str | None, str | None]:
    """The first and the last day of a period: `since` and `until`, whose names have a prefix such as ``--``."""
    since, until = (day(prefix + name, given.get(name)) for name in ("since", "until"))
    if since and until and since > until:
        raise UsageError(
            f"{prefix}since: {since!r} is later than {prefix}until: {until!r}; {prefix}since must be the earlier day"
        )
    return since, until


def prefix(name: str, value: Any) -> str:
    said = clean_text(str(value or ""))
    if not re.fullmatch(r"[\w.-]{1,60}", said, re.ASCII):
        raise UsageError(f"{name}: {value!r} is not a name of letters, digits, dots and hyphens, such as vokcrawl")
    return said


def days(name: str, value: Any) -> tuple[int, ...]:
    given = value if isinstance(value, (list, tuple)) else str(value).split(",")
    days = tuple(whole(name, each, least=0) for each in given if str(each).strip())
    if days and days[-1] > _LONGEST_AGE:
        raise UsageError(f"{name}: {days[-1]} days are more than {_LONGEST_AGE}, a hundred years")
    if days != (0,) and (0 in days or list(days) != sorted(set(days))):
        raise UsageError(f"{name}: {value!r} is not a rising list of ages in days, such as 1,3,7, nor 0 alone")
    return days


def minimum_coverage(name: str, value: Any) -> dict[str, float]:
    """``title=1,body=0.95`` or the same as a dict: the least share of articles that must have a field."""
    pairs = value.items() if isinstance(value, Mapping) else _pairs(str(value or ""))
    minimum_coverage: dict[str, float] = {}
    for field, share in pairs:
        try:
            minimum_coverage[str(field).strip()] = float(share)
        except (TypeError, ValueError):
            minimum_coverage[str(field).strip()] = -1.0
        if not 0 <= minimum_coverage[str(field).strip()] <= 1:
            raise UsageError(f"{name}: {value!r} is not a list like title=0.95,body=0.95 with shares from 0 to 1")
        if str(field).strip() not in Article.model_fields:
            fields = ", ".join(each for each in Article.model_fields if each != "schema_")
            raise UsageError(f"{name}: {field!r} is no field of an article; it must be one of {fields}")
    return minimum_coverage


def outcomes(name: str, value: Any) -> dict[int, int]:
    """``10=3,12=1`` or the same as a dict: after how many runs in a row that end with a code it is an alarm."""
    pairs = value.items() if isinstance(value, Mapping) else _pairs(str(value or ""))
    read = {str(code).strip(): str(times).strip() for code, times in pairs}
    for code, times in read.items():
        if code not in _ALARMING or not re.fullmatch(r"[1-9]\d{0,3}", times, re.ASCII):
            codes = ", ".join(_ALARMING)
            raise UsageError(f"{name}: {value!r} is not a list like 10=3,12=1; the codes may be {codes}")
    return {int(code): int(times) for code, times in read.items()}


def _pairs(said: str) -> list[tuple[str, str]]:
    return [(field, share) for field, _, share in (each.partition("=") for each in said.split(",") if each.strip())]
