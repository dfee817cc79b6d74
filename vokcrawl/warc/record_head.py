"""The head of a WARC record: its version and its named fields."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

# 0.17 and 0.18 are drafts of the standard, which Heritrix 1 wrote.
VERSION = re.compile(rb"WARC/(?:0\.1[78]|1\.\d{1,3})[ \t]*\r?\n")
# A head ends at its first empty line. Some programs omit the carriage returns.
HEAD_END = re.compile(rb"\n\r?\n")
MAX_HEAD = 1 << 16
# There was no web before that year.
FIRST_YEAR = 1990
_MAX_DIGITS = 18
# The usual spelling of usual fields, in lower case.
_LOWER = {
    name: name.lower()
    for name in (
        "WARC-Type",
        "WARC-Record-ID",
        "WARC-Date",
        "WARC-Target-URI",
        "WARC-IP-Address",
        "WARC-Concurrent-To",
        "WARC-Payload-Digest",
        "WARC-Block-Digest",
        "Content-Type",
        "Content-Length",
    )
}
# W3CDTF (ISO 28500, 5.4): a year, a month, a day, or a time to the minute, the second or a fraction of one.
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):(\d\d)))?)?)?", re.ASCII
)


def parse_head(head: bytes) -> dict[str, str] | None:
    """Return the fields of a head, with names in lower case; None if it does not begin with a known version.

    Names are case-insensitive, and lines that begin with white space continue the one before (ISO 28500, 4). A
    repeated field has its first value.
    """
    version = VERSION.match(head)
    if version is None:
        return None
    fields: dict[str, str] = {}
    name = ""
    for line in head[version.end() :].decode("utf-8", "replace").split("\n"):
        if line[:1] in (" ", "\t"):
            if name:
                fields[name] = f"{fields[name]} {line.strip()}".strip()
            continue
        key, colon, value = line.partition(":")
        name = _LOWER.get(key) or key.strip().lower()
        if not colon or name in fields:
            name = ""
            continue
        fields[name] = value.strip()
    return fields


def parse_size(value: str) -> int | None:
    """Parse a number of bytes in a header; None if it is not a number, or impossibly large."""
    return int(value) if len(value) <= _MAX_DIGITS and value.isascii() and value.isdigit() else None


def parse_date(value: str) -> datetime | None:
    """Parse a WARC-Date of any precision that the standard allows; None if it is invalid or before the web existed.

    A date without a time is taken as its first moment (UTC).
    """
    found = _DATE.fullmatch(value)
    if found is None or int(found[1]) < FIRST_YEAR:
        return None
    year, month, day, hour, minute, second = (int(each) for each in found.groups("1")[:3] + found.groups("0")[3:6])
    offset = timedelta(hours=int(found[9] or 0), minutes=int(found[10] or 0))
    zone = timezone(-offset if found[8] == "-" else offset) if offset < timedelta(days=1) else None
    if zone is None:
        return None
    microsecond = int((found[7] or "").ljust(6, "0")[:6])
    try:
        return datetime(year, month, day, hour, minute, second, microsecond, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
