"""Conditional requests: ETag and Last-Modified (RFC 9110, sections 8.8 and 13)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from email.utils import format_datetime, parsedate_to_datetime


def marks(tag: str, changed_at: datetime.datetime) -> list[tuple[str, str]]:
    """The validators of a page. *changed_at* is UTC, to the second."""
    return [("ETag", f'"{tag}"'), ("Last-Modified", format_datetime(changed_at, usegmt=True))]


def is_unchanged(headers: Mapping[str, str], tag: str, changed_at: datetime.datetime) -> bool:
    """Whether the client has this version, by the request's conditions.

    If-None-Match takes precedence over If-Modified-Since; an invalid date is ignored.
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
