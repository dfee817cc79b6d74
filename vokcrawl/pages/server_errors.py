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
    r"(?:\[\d{1,2}-[A-Z][a-z]{2}-\d{4} [\d:]{5,8}[^\]]{0,40}\] )?"
    rf"{_LEVELS}\s*:\s(?:(?!{_LEVELS}\s*:\s).){{1,2000}}?"
    r"\bin (?:/|[A-Za-z]:[\\/]|\\\\|phar://)[^\s:]{1,400}"
    r"(?:\(\d+\) : [\w ()']{1,80})?(?: on line |:)\d+(?: Stack trace: .{0,2000}? thrown in \S{1,400} on line \d+)?",
    re.DOTALL,
)
_DATABASE_MESSAGE = re.compile(
    r"WordPress database error:? \[.{1,500}?\](?: (?:SELECT|INSERT|UPDATE|SHOW|DESCRIBE) .{1,1000})?"
)
# Messages of Apache's includes and of MySQL.
_OTHER_MESSAGES = re.compile(
    r"\[an error occurred while processing (?:this|the) directive\]"
    r"|You have an error in your SQL syntax; check the manual that corresponds to your \w{1,20} server version for the "
    r"right syntax to use near .{0,1000}? at line \d+"
)
# Fragments, one of which is in each message.
_HINTS = (" on line ", "Stack trace", "database error", "[an error occurred", "SQL syntax;")
# The end of a page whose program failed.
_GIVEN_UP = re.compile(
    r"(?:there has been a critical error on (?:this|your) website\.?"
    r"|error establishing a (?:database|redis) connection\.?"
    r"|this site is experiencing technical difficulties\.?|the site is experiencing technical difficulties\.?"
    r"|(?:ha habido un error crítico en (?:esta web|este sitio)"
    r"|es gab einen kritischen fehler auf (?:deiner|ihrer|dieser) website"
    r"|il y a eu une erreur critique sur (?:ce|votre) site|이 사이트에 치명적인 오류가"
    r"|このサイトで重大なエラーが).{0,200}"
    r"|briefly unavailable for scheduled maintenance\.?"
    r"|the website encountered an unexpected error\.(?: try again later\.)?"
    r"(?: error: .{1,3000} \(line \d+ of .{1,400}\)\.)?"
    r"|whoops, looks like something went wrong\.?"
    r"|oops! an error occurred the server returned a \W?5\d\d [^.]{1,60}\..{0,300}"
    r"|error displaying the error page: .{1,500}"
    r"|(?:(?:5\d\d )?(?:internal server error|bad gateway|service (?:temporarily )?unavailable"
    r"|gateway time-?out)\s?){1,3}"
    r"(?:nginx|openresty|apache|cloudflare|litespeed|microsoft-azure|the server encountered an internal error|"
    r"the server is temporarily unable to service|proxy error).{0,900}"
    r"|(?:fatal|parse) error\s*:\s.{1,3000} on line \d+)"
    r"(?:[\s.]*(?:(?:please|if you continue)[^.]{1,200}\.?|this either means that .{1,1500}"
    r"|wordpress is unable to establish a connection to redis\. .{1,1500}|learn more about troubleshooting wordpress\.?"
    r"|check back in a minute\.?"
    r"|go back\.?|« back))*\s*",
    re.IGNORECASE | re.DOTALL,
)
_TAIL, _LONGEST_MESSAGE = 8_000, 4_000
_HIDDEN_TAIL = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
# The page of `wp_die`, which WordPress appends to what it has sent before.
_DIED = re.compile(r"<body\b[^>]{0,200}\sid\s{0,5}=\s{0,5}[\"']?error-page\b", re.IGNORECASE)
_BEGINNINGS = (
    "there has been a critical error", "error establishing a", "this site is experiencing", "the site is experiencing",
    "briefly unavailable", "the website encountered", "fatal error", "parse error",
    "whoops, looks", "oops! an error", "error displaying", "internal server error", "bad gateway", "unavailable",
    "gateway time", "ha habido un error", "es gab einen kritischen", "il y a eu une erreur", "이 사이트에 치명적인",
    "このサイトで重大な",
)  # fmt: skip
# Words and parts of words, one of which is in each of them: few pages have one.
_WORDS = tuple(
    word.encode()
    for word in (
        "err", "unavailable", "gateway", "experiencing", "encountered", "whoops", "kritischen", "치명적인", "重大な",
    )
)  # fmt: skip
_BEGINNING = re.compile(rf"(?:5\d\d )?(?:service (?:temporarily )?)?(?:{'|'.join(_BEGINNINGS)})", re.IGNORECASE)


def cut_server_errors(text: str) -> tuple[str, bool]:
    """Remove messages of PHP, the database and the web server from a text. Returns also whether there were any.

    >>> cut_server_errors("One. Warning: Undefined variable $a in /var/www/a.php on line 4 Two.")
    ('One. Two.', True)
    """
    # Fast path: nearly no text has any.
    if not any(hint in text for hint in _HINTS):
        return text, False
    kept = _OTHER_MESSAGES.sub(" ", _DATABASE_MESSAGE.sub(" ", _PHP_MESSAGE.sub(" ", text)))
    return (text, False) if kept == text else (" ".join(kept.split()), True)


def ends_in_server_error(markup: str) -> bool:
    """Whether a page ends in a fatal error of the CMS or of PHP."""
    tail = markup[-_TAIL:]
    if "error-page" in tail and _DIED.search(tail):
        return True
    # Bytes are converted to lower case several times as fast as text.
    lowered = tail.encode("utf-8", "replace").lower()
    if not any(word in lowered for word in _WORDS):
        return False
    # Nearly no page has one of these phrases, and the search for each alone is faster than that for all in one pattern.
    folded = tail.casefold()
    if not any(phrase in folded for phrase in _BEGINNINGS):
        return False
    text = " ".join(_TAG.sub(" ", _HIDDEN_TAIL.sub(" ", tail)).replace("&nbsp;", " ").split())
    return any(
        _GIVEN_UP.fullmatch(text, found.start()) is not None
        for found in _BEGINNING.finditer(text, max(0, len(text) - _LONGEST_MESSAGE))
    )
