"""The source of a teaser or an article: by its name, or by the file name of its logo."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from posixpath import basename
from urllib.parse import urlsplit

from vokcrawl.normalize import LONGEST_URL, clean_text, language_of
from vokcrawl.pages.profile import site

_SUFFIX = re.compile(r"\s*\(\w+\)\s*$")


class Belongs(Enum):
    """Whether a teaser belongs to the configured source, by the teaser alone."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def same_source(one: str, other: str) -> bool:
    """Whether two names are the same source, ignoring case and white space."""
    return one == other or clean_text(one).casefold() == clean_text(other).casefold()


def is_source_line(text: str, named: Iterable[str]) -> bool:
    """Whether a line is only the name of a source, perhaps after "KCNA": one of `named`, or a known one."""
    line = clean_text(text).casefold()
    names = {line, line.removeprefix("kcna ")}
    return not names.isdisjoint(site().sources.all_names) or any(clean_text(each).casefold() in names for each in named)


def logo_stem(src: str) -> str | None:
    """The file name of a known logo, without extension and in lower case; None for another image.

    A size appended by WordPress (``-150x150``) is removed.
    """
    try:
        name = basename(urlsplit(src).path).lower()
    except ValueError:
        return None
    stem = re.sub(r"-\d+x\d+$", "", name.rpartition(".")[0])
    return stem if stem in site().sources.logos else None


def source_of_logo(src: str) -> str | None:
    """The name of a logo's source as the site writes it; None if unknown."""
    stem = logo_stem(src)
    return site().sources.logos[stem].name if stem else None


def logo_belongs(src: str, wanted: str) -> Belongs:
    """Whether the logo is that of the configured source; UNKNOWN for an unknown logo."""
    # A few logos occur on all pages.
    return (_kept_belongs if len(src) <= LONGEST_URL else _belongs)(src, wanted, site().digest)


def _belongs(src: str, wanted: str, _digest: str) -> Belongs:
    stem = logo_stem(src)
    if stem is None:
        return Belongs.UNKNOWN
    logo = site().sources.logos[stem]
    if logo.name is not None and same_source(logo.name, wanted):
        return Belongs.YES
    wanted_words = _SUFFIX.sub("", clean_text(wanted)).casefold()
    if not (wanted_words.startswith(logo.words) or logo.words.startswith(wanted_words)):
        return Belongs.NO
    wanted_language = language_of(wanted)
    if logo.language and wanted_language and logo.language != wanted_language:
        return Belongs.NO
    # The words match, but the full name of this logo is unknown: the article's "Source:" decides.
    return Belongs.UNKNOWN


_kept_belongs = lru_cache(maxsize=64)(_belongs)
