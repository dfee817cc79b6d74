"""What is not written into an archive: cookies and credentials. Whole header lines are left out, nothing is put in."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def _lines(names: bytes) -> re.Pattern[bytes]:
    """The header lines with such names, and what continues them on lines that begin with white space."""
    return re.compile(rb"^(?:" + names + rb")[ \t]*:.*(?:\n[ \t].*)*\n", re.IGNORECASE | re.MULTILINE)


# What an answer may give us to identify ourselves with.
_GIVEN = _lines(rb"set-cookie2?|(?:proxy-)?(?:authorization|authentication-info)")
# What we may have identified ourselves with, in whatever header a setting put it.
_SHOWN = _lines(rb"[\w-]*(?:cookie|auth|token|secret|api-?key|password|credential|session)[\w-]*")
# A user and a password in an address, such as that of a redirect.
_USER = re.compile(rb"(?<=://)[^/?#@\s\"'<>\\]*@")


def of_answer(head: bytes) -> bytes:
    """An answer's head without cookies and credentials; all other lines are as they were, in their order."""
    return _USER.sub(b"", _GIVEN.sub(b"", head))


def of_request(head: bytes) -> bytes:
    """The same of a request's head."""
    return _USER.sub(b"", _SHOWN.sub(b"", head))


def of_address(url: str) -> str:
    """A URL without user, password and fragment."""
    url = url.partition("#")[0]
    if "@" not in url:
        return url
    netloc = urlsplit(url).netloc
    return url.replace(netloc, netloc.rpartition("@")[2], 1)
