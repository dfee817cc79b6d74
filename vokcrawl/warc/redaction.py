"""Removes cookies and credentials from archived messages: complete header lines, without a replacement."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def _lines(names: bytes) -> re.Pattern[bytes]:
    """Return a pattern for header lines with these names, including continuation lines."""
    return re.compile(rb"^(?:" + names + rb")[ \t]*:.*(?:\n[ \t].*)*\n", re.IGNORECASE | re.MULTILINE)


# Headers of responses that contain credentials.
_GIVEN = _lines(rb"set-cookie2?|(?:proxy-)?(?:authorization|authentication-info)")
# Headers of requests that contain credentials, including those that settings add.
_SHOWN = _lines(rb"[\w-]*(?:cookie|auth|token|secret|api-?key|password|credential|session)[\w-]*")
# User name and password in a URL, for example of a redirect.
_USER = re.compile(rb"(?<=://)[^/?#@\s\"'<>\\]*@")


def redact_response(head: bytes) -> bytes:
    """Return the head of a response without cookies and credentials; all other lines are unchanged."""
    return _USER.sub(b"", _GIVEN.sub(b"", head))


def redact_request(head: bytes) -> bytes:
    """Return the head of a request without cookies and credentials; all other lines are unchanged."""
    return _USER.sub(b"", _SHOWN.sub(b"", head))


def redact_url(url: str) -> str:
    """Return a URL without user name, password and fragment."""
    url = url.partition("#")[0]
    if "@" not in url:
        return url
    netloc = urlsplit(url).netloc
    return url.replace(netloc, netloc.rpartition("@")[2], 1)
