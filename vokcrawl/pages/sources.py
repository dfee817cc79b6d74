"""The source of a teaser or an article: by its name, or by the file name of its logo."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from posixpath import basename
from urllib.parse import urlsplit

from vokcrawl.normalize import LONGEST_URL, clean_text, language_of

# Logo file names without extension, in lower case, and their sources: the name if it was seen on the site, else None;
# the words and the language for comparison.
_LOGOS: dict[str, tuple[str | None, str, str | None]] = {
    "voice-of-korea-en": ("Voice of Korea (EN)", "voice of korea", "en"),
    "voice-of-korea-kr": (None, "voice of korea", "ko"),
    "kcna-korean": (None, "kcna", "ko"),
    "kcna-english": (None, "kcna", "en"),
    "kcnakorean": (None, "kcna", "ko"),
    "kcnaenglish": (None, "kcna", "en"),
    "rodong-korean": ("Rodong Sinmun (Kr)", "rodong", "ko"),
    "rodong-english": (None, "rodong", "en"),
    "py-times": (None, "pyongyang times", None),
    "uriminzokkiri-korean": (None, "uriminzokkiri", "ko"),
    "naenarakcnawtch": (None, "naenara", None),
    "dprk-today": (None, "dprk today", None),
    "ryugyong": (None, "ryugyong", None),
    "arirang-maeri": (None, "arirang", None),
    "mfa-english": (None, "mfa", "en"),
    "chongnyon-chonwi": (None, "chongnyon chonwi", None),
    "chongnyon-chonwi_en": (None, "chongnyon chonwi", "en"),
    "minju_choson_logo": (None, "minju choson", None),
}
# Names of sources, with and without language, in lower case.
_NAMES = frozenset(name.casefold() for name, _, _ in _LOGOS.values() if name) | {
    "kcna.kp", "voice of korea", "rodong sinmun", "pyongyang times", "naenara", "minju choson", "uriminzokkiri",
    "dprk today", "ryugyong", "arirang meari", "korean central news agency",
}  # fmt: skip
_SUFFIX = re.compile(r"\s*\(\w+\)\s*$")


class Belongs(Enum):
    """Whether a teaser belongs to the configured source, by the teaser alone."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def same_source(one: str, other: str) -> bool:
    """Whether two names are the same source, ignoring case and white space."""
    return clean_text(one).casefold() == clean_text(other).casefold()


def is_source_line(text: str, named: Iterable[str]) -> bool:
    """Whether a line is only the name of a source, perhaps after "KCNA": one of `named`, or a known one."""
    line = clean_text(text).casefold()
    names = {line, line.removeprefix("kcna ")}
    return not names.isdisjoint(_NAMES) or any(clean_text(each).casefold() in names for each in named)


def logo_stem(src: str) -> str | None:
    """The file name of a known logo, without extension and in lower case; None for another image.

    A size appended by WordPress (``-150x150``) is removed.
    """
    try:
        name = basename(urlsplit(src).path).lower()
    except ValueError:
        return None
    stem = re.sub(r"-\d+x\d+$", "", name.rpartition(".")[0])
    return stem if stem in _LOGOS else None


def source_of_logo(src: str) -> str | None:
    """The name of a logo's source as the site writes it; None if unknown."""
    stem = logo_stem(src)
    return _LOGOS[stem][0] if stem else None


def logo_belongs(src: str, wanted: str) -> Belongs:
    """Whether the logo is that of the configured source; UNKNOWN for an unknown logo."""
    # A few logos occur on all pages.
    return _kept_belongs(src, wanted) if len(src) <= LONGEST_URL else _belongs(src, wanted)


def _belongs(src: str, wanted: str) -> Belongs:
    stem = logo_stem(src)
    if stem is None:
        return Belongs.UNKNOWN
    name, words, language = _LOGOS[stem]
    if name is not None and same_source(name, wanted):
        return Belongs.YES
    wanted_words = _SUFFIX.sub("", clean_text(wanted)).casefold()
    if not (wanted_words.startswith(words) or words.startswith(wanted_words)):
        return Belongs.NO
    wanted_language = language_of(wanted)
    if language and wanted_language and language != wanted_language:
        return Belongs.NO
    # The words match, but the full name of this logo is unknown: the article's "Source:" decides.
    return Belongs.UNKNOWN


_kept_belongs = lru_cache(maxsize=64)(_belongs)
