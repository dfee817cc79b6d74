"""The spider's arguments (`-a`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vokcrawl.config.addresses import urls
from vokcrawl.config.checks import flag, period, whole
from vokcrawl.errors import UsageError


@dataclass(frozen=True, slots=True)
class Arguments:
    """The spider's arguments, checked. `since` and `until` are days, both included."""

    start_url: str | None = None
    since: str | None = None
    until: str | None = None
    max_pages: int | None = None
    full: bool = False

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Arguments:
        """Checks them all. Raises `UsageError` that names the argument, its value and what is allowed."""
        for name in given:
            if name not in cls.__dataclass_fields__:
                raise UsageError(f"{name}: no such argument; allowed are {', '.join(cls.__dataclass_fields__)}")
        since, until = period(given)
        start_url, pages = given.get("start_url"), given.get("max_pages")
        return cls(
            start_url=urls("start_url", [start_url])[0] if start_url is not None else None,
            since=since,
            until=until,
            max_pages=whole("max_pages", pages, least=1) if pages is not None else None,
            full=flag("full", given.get("full", "0")),
        )
