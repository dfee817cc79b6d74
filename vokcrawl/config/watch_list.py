"""The list of watched words and names (`VOK_WATCH`): a text file with one phrase per line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from vokcrawl.normalize import clean_text
from vokcrawl.utils.scripts import JOINED

_MAX_BYTES = 1_000_000
_MAX_PHRASES = 10_000
_MAX_PHRASE = 200
_JOINED_CHARACTER = re.compile(f"[{JOINED}]")
_LETTER = f"[^\\W{JOINED}]"


class WatchListError(ValueError):
    """The file cannot be used. The message gives the reason, and follows the file's name."""


class WatchList:
    """Phrases, each found where a text contains it, ignoring case, width and white space.

    In scripts with spaces between words a phrase must match whole words; Korean, Japanese and Chinese phrases match
    anywhere.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self.phrases = tuple(phrases)

    def found_in(self, texts: Iterable[str]) -> list[str]:
        """Return the phrases that occur in one of the texts, in the order of the list."""
        if not self.phrases:
            return []
        folded = [_folded(text) for text in texts]
        folded = [text for text in folded if self._any.search(text)]
        return [phrase for phrase, found in self._each if any(found.search(text) for text in folded)] if folded else []

    @cached_property
    def _each(self) -> list[tuple[str, re.Pattern[str]]]:
        return [(phrase, re.compile(_expression(phrase))) for phrase in self.phrases]

    @cached_property
    def _any(self) -> re.Pattern[str]:
        return re.compile("|".join(_expression(phrase) for phrase in self.phrases))


def read_watch_list(path: Path) -> WatchList:
    """Read a file. Blank lines, and lines that start with `#`, are ignored. Raises `WatchListError`."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise WatchListError(f"the file is larger than {_MAX_BYTES} bytes")
        content = path.read_bytes()
    except OSError as failure:
        raise WatchListError(f"cannot be read: {failure.strerror}") from failure
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        place = content.count(b"\n", 0, fault.start) + 1
        raise WatchListError(f"line {place} is not UTF-8; save the file in this encoding") from fault
    if "\0" in text:
        raise WatchListError("contains null characters; save the file as plain text in UTF-8")
    phrases = []
    for number, line in enumerate(text.splitlines(), 1):
        phrase = clean_text(line)
        if not phrase or phrase.startswith("#"):
            continue
        if len(phrase) > _MAX_PHRASE:
            raise WatchListError(f"line {number} has {len(phrase)} characters; the maximum is {_MAX_PHRASE}")
        if not any(map(str.isalnum, phrase)):
            raise WatchListError(f"line {number} contains no letter or digit: {phrase!r}")
        phrases.append(phrase)
    if not phrases:
        raise WatchListError("contains no phrase; write one per line")
    if len(phrases) > _MAX_PHRASES:
        raise WatchListError(f"has {len(phrases)} phrases; the maximum is {_MAX_PHRASES}")
    return WatchList(dict.fromkeys(phrases))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _expression(phrase: str) -> str:
    folded = _folded(phrase)
    before = f"(?<!{_LETTER})" if _is_letter(folded[0]) else ""
    after = f"(?!{_LETTER})" if _is_letter(folded[-1]) else ""
    return f"{before}{re.escape(folded)}{after}"


def _is_letter(character: str) -> bool:
    return character.isalnum() and not _JOINED_CHARACTER.match(character)
