"""Error output in pages: PHP warnings, and pages that end in an error of the CMS."""

from __future__ import annotations

import re

__all__ = ["cut_server_errors", "ends_in_server_error"]

_LEVELS = (
    r"(?:PHP )?(?:Fatal error|Parse error|Warning|Notice|Deprecated|Strict Standards|Recoverable fatal error|"
    r"Catchable fatal error|User (?:Error|Warning|Notice|Deprecated))"
)
# A message of PHP has a file and a line, unlike a sentence that starts with "Warning:".
_PHP_MESSAGE = re.compile(
    rf"{_LEVELS}\s*:\s(?:(?!{_LEVELS}\s*:\s).){{1,2000}}?\bin (?:/|[A-Za-z]:[\\/])[^\s:]{{1,400}}"
    r"(?:\(\d+\) : [\w ()']{1,80})?(?: on line |:)\d+(?: Stack trace: .{0,2000}? thrown in \S{1,400} on line \d+)?",
    re.DOTALL,
)
_DATABASE_MESSAGE = re.compile(
    r"WordPress database error:? \[.{1,500}?\](?: (?:SELECT|INSERT|UPDATE|SHOW|DESCRIBE) .{1,1000})?"
)
# The end of a page whose program failed.
_GIVEN_UP = re.compile(
    r"(?:there has been a critical error on (?:this|your) website\.?"
    r"|error establishing a (?:database|redis) connection\.?"
    r"|this site is experiencing technical difficulties\.?|the site is experiencing technical difficulties\.?"
    r"|briefly unavailable for scheduled maintenance\.?"
    r"|the website encountered an unexpected error\."
    r"|(?:fatal|parse) error\s*:\s.{1,3000} on line \d+)"
    r"(?:[\s.]*(?:please (?:check|try|contact)[^.]{1,200}\.?|learn more about troubleshooting wordpress\.?"
    r"|check back in a minute\.?"
    r"|go back\.?|« back))*\s*",
    re.IGNORECASE | re.DOTALL,
)
_TAIL, _LONGEST_MESSAGE = 8_000, 4_000
_HIDDEN_TAIL = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_BEGINNINGS = (
    "there has been a critical error", "error establishing a", "this site is experiencing", "the site is experiencing",
    "briefly unavailable", "the website encountered", "fatal error", "parse error",
)  # fmt: skip
_BEGINNING = re.compile("|".join(_BEGINNINGS), re.IGNORECASE)


def cut_server_errors(text: str) -> tuple[str, bool]:
    """Remove messages of PHP and the database from a text. Returns also whether there were any.

    >>> cut_server_errors("One. Warning: Undefined variable $a in /var/www/a.php on line 4 Two.")
    ('One. Two.', True)
    """
    # Fast path: nearly no text has any.
    if " on line " not in text and "Stack trace" not in text and "database error" not in text:
        return text, False
    kept = _DATABASE_MESSAGE.sub(" ", _PHP_MESSAGE.sub(" ", text))
    return (text, False) if kept == text else (" ".join(kept.split()), True)


def ends_in_server_error(markup: str) -> bool:
    """Whether a page ends in a fatal error of the CMS or of PHP."""
    tail = markup[-_TAIL:]
    # Nearly no page has one of these phrases, and the search for each alone is faster than that for all in one pattern.
    folded = tail.casefold()
    if not any(phrase in folded for phrase in _BEGINNINGS):
        return False
    text = " ".join(_TAG.sub(" ", _HIDDEN_TAIL.sub(" ", tail)).replace("&nbsp;", " ").split())
    return any(
        _GIVEN_UP.fullmatch(text, found.start()) is not None
        for found in _BEGINNING.finditer(text, max(0, len(text) - _LONGEST_MESSAGE))
    )
