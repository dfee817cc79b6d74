"""Conditional requests: ETag and Last-Modified (RFC 9110, sections 8.8 and 13)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from email.utils import format_datetime, parsedate_to_datetime


def marks(tag: str, changed_at: datetime.datetime) -> list[tuple[str, str]]:
    """The headers that tell a page's version. *changed_at* is UTC, to the second."""
    return [("ETag", f'"{tag}"'), ("Last-Modified", format_datetime(changed_at, usegmt=True))]


def is_unchanged(headers: Mapping[str, str], tag: str, changed_at: datetime.datetime) -> bool:
    """True if the request's conditions say that the client has this very version.

    If-None-Match wins over If-Modified-Since; a date that cannot be read counts as none.
    """
    if not headers:
        return False
    lower = {name.lower(): value for name, value in headers.items()}
    if (tags := lower.get("if-none-match")) is not None:
        known = {each.strip().removeprefix("W/").strip('"') for each in tags.split(",")}
        return tag in known or "*" in known
    if (since := lower.get("if-modified-since")) is not None:
        try:
            return changed_at <= parsedate_to_datetime(since)
        except (ValueError, TypeError):
            return False
    return False
