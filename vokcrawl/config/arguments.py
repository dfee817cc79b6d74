"""The spider's arguments (`-a`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator

from vokcrawl.config.model import CheckedModel, setting
from vokcrawl.config.values import (
    DAY_PHRASE,
    POSITIVE_PHRASE,
    Allowed,
    Flag,
    optional,
    parse_day,
    parse_positive_number,
    parse_start_url,
    read_value,
)
from vokcrawl.errors import UsageError

_Day = Annotated[str | None, BeforeValidator(optional(parse_day)), Allowed(DAY_PHRASE)]


class Arguments(CheckedModel):
    """The spider's arguments; all are optional."""

    start_url: Annotated[str | None, BeforeValidator(optional(parse_start_url)), Allowed("an http or https URL")] = (
        setting(None, "The start page, instead of `VOK_START_URLS`.")
    )
    since: _Day = setting(None, "Only entries that the site shows under this day or a later one.")
    until: _Day = setting(None, "Only entries that the site shows under this day or an earlier one.")
    max_pages: Annotated[int | None, BeforeValidator(optional(parse_positive_number)), Allowed(POSITIVE_PHRASE)] = (
        setting(None, "The maximum number of pages of each listing.")
    )
    full: Flag = setting(False, "With `1`, pagination continues to the end of the listing, even if it is known.")

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Validates all arguments. Raises `UsageError` that names the argument, its value and what is allowed."""
        return cls.parse(given)

    def conflicts(self) -> list[str]:
        """`since` must not be later than `until`."""
        return _range_errors(self.since, self.until, "")


def read_date_range(given: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The days given to a command with ``--since`` and ``--until``, both included. Raises `UsageError`."""
    since, until = (
        read_value(f"--{name}", optional(parse_day), given.get(name), DAY_PHRASE) for name in ("since", "until")
    )
    for error in _range_errors(since, until, "--"):
        raise UsageError(error)
    return since, until


def _range_errors(since: str | None, until: str | None, prefix: str) -> list[str]:
    if since and until and since > until:
        return [
            f"{prefix}since: {since!r} is later than {prefix}until: {until!r}; {prefix}since must be the earlier day"
        ]
    return []
