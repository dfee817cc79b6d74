"""Formats numbers, sizes and durations for people."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB", "TB")


def pluralize(number: int, of: str, many: str | None = None) -> str:
    """Format a number with a noun; `many` is the plural if it is irregular.

    >>> pluralize(1, "article"), pluralize(1204, "article"), pluralize(2, "retry", "retries")
    ('1 article', '1,204 articles', '2 retries')
    """
    return f"{number:,} {of}" if number == 1 else f"{number:,} {many or of + 's'}"


def format_size(number: int) -> str:
    """Format a number of bytes in the largest decimal unit that gives at least one.

    >>> format_size(17), format_size(1_530_000)
    ('17 bytes', '1.5 MB')
    """
    if number < 1000:
        return pluralize(number, "byte")
    amount = float(number)
    for unit in _UNITS:
        amount /= 1000
        # A value that would be rounded to 1000 uses the next unit.
        if amount < 999.95 or unit == _UNITS[-1]:
            break
    return f"{amount:,.1f} {unit}"


def format_duration(seconds: float) -> str:
    """Format a duration in its two largest units.

    >>> format_duration(42), format_duration(612), format_duration(90_000)
    ('42 s', '10 min 12 s', '1 d 1 h')
    """
    left = round(seconds)
    parts = []
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        amount, left = divmod(left, length)
        if amount:
            parts.append(f"{amount:,} {unit}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts) or "0 s"
