"""How the site formats texts: excerpts, slugs, dates."""

from __future__ import annotations

import datetime
import re
import unicodedata
from urllib.parse import quote

EXCERPT_COLUMNS = 130
# The real site's non-Latin slugs end at 194 to about 200 encoded characters; a Hangul syllable takes nine.
SLUG_LIMIT = 202
ZERO_WIDTH = "%e2%80%8b"
APOSTROPHE = "%e2%80%99"
METER_SENTENCE = "Upgrade to NK PRO today to get full access to this content except for users based in South Korea"
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def one_line(text: str) -> str:
    """*text* with every run of white space as one space, and none at the ends."""
    return " ".join(text.split())


def columns(text: str) -> int:
    """Display columns of *text*: wide characters count two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def excerpt(text: str, *, whole_words: bool) -> str:
    """The opening of *text*, at most 130 columns; cut between words if *whole_words*, else anywhere."""
    flat = one_line(text)
    if columns(flat) <= EXCERPT_COLUMNS:
        return flat
    cut = flat[:EXCERPT_COLUMNS]
    while columns(cut) > EXCERPT_COLUMNS:
        cut = cut[:-1]
    if whole_words and not flat[len(cut)].isspace():
        cut = cut.rpartition(" ")[0]
    return cut.rstrip()


def slug(title: str) -> str:
    """A WordPress slug: lower case, hyphens, other scripts percent-encoded, cut between characters."""
    words = re.sub(r"[\"'.,]", "", title.lower())
    dashed = re.sub(r"[\W_]+", "-", words).strip("-")
    if dashed.isascii():
        return dashed[:SLUG_LIMIT].strip("-")
    encoded = ""
    for char in dashed:
        piece = quote(char).lower()
        if len(encoded) + len(piece) > SLUG_LIMIT:
            break
        encoded += piece
    return encoded


def long_date(day: datetime.date) -> str:
    """``December 10, 2024``, independent of the locale."""
    return f"{MONTHS[day.month - 1]} {day.day:02d}, {day.year}"


def short_date(day: datetime.date) -> str:
    """``Dec 10, 2024``, independent of the locale."""
    return f"{MONTHS[day.month - 1][:3]} {day.day:02d}, {day.year}"


def with_breaks(text: str, every: int) -> str:
    """*text* with each *every*-th space turned into CR and LF, or the first one where there are fewer."""
    words = text.split(" ")
    pieces = [" ".join(words[at : at + every]) for at in range(0, len(words), every)]
    if len(pieces) == 1 and len(words) > 1:
        pieces = [words[0], " ".join(words[1:])]
    return "\r\n".join(pieces)
