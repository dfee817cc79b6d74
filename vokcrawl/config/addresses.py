"""The checks of addresses: of pages, servers, mailboxes and files.

What may hold a secret is not shown in the error.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from vokcrawl.config.checks import LEAVE_AWAY
from vokcrawl.errors import UsageError
from vokcrawl.normalize import absolute_url, clean_text

_MAILBOX = re.compile(r"[^\s@,<>()\"]{1,64}@[^\s@,<>()\"]{1,255}", re.ASCII)
_MAIL_SERVER = re.compile(r"smtps?://([^\s@:/?#]+:[^\s@:/?#]+@)?[\w.-]+(:\d{1,5})?", re.ASCII)
# User and password, where there are some, end with the last @; then host, port and database.
_REDIS = re.compile(r"rediss?://([^\s/?#]*@)?([\w.-]+|\[[0-9a-fA-F:.]+\])(:(?P<port>\d{1,5}))?(/\d{0,4})?", re.ASCII)
_AS_REDIS = "write it as redis://127.0.0.1:6379/0, redis://user:password@host:6379/0, or rediss://… for one with TLS"
_HIDDEN = "(its value is not shown here, for it may be a secret)"


def urls(name: str, value: Any) -> tuple[str, ...]:
    # A comma may stand in an address too: only one before another address parts them.
    given = value if isinstance(value, (list, tuple)) else re.split(r",\s*(?=[a-z][a-z0-9+.-]*:|$)", str(value or ""))
    urls = [clean_text(str(each)) for each in given if clean_text(str(each))]
    if not urls:
        raise UsageError(f"{name}: it is empty, but must name a listing or an article page to start from; {LEAVE_AWAY}")
    for url in urls:
        if re.search(r"//[^/?#]*@", url):
            raise UsageError(f"{name}: it names a user or a password, which must not stand in an address")
        if absolute_url(url, url) is None or not urlsplit(url).scheme:
            raise UsageError(f"{name}: {url!r} is not an http or https URL, such as https://example.org/newstream/")
    return tuple(dict.fromkeys(urls))


def server(name: str, value: Any) -> str:
    """A server's address with a slash at its end; empty for none."""
    url = clean_text(str(value or ""))
    if not url:
        return ""
    parts = urlsplit(url) if absolute_url(url, url) is not None else None
    if parts is None or not parts.scheme or "@" in parts.netloc or parts.query or parts.fragment:
        # One with a user may name a password too.
        shown = f"{value!r}" if "@" not in url else "it"
        raise UsageError(f"{name}: {shown} is not the http or https URL of a server, such as http://127.0.0.1:8050")
    return url.rstrip("/") + "/"


def secret_url(name: str, value: Any) -> str:
    """An http or https URL that is a secret as a whole; empty for none."""
    url = clean_text(str(value or ""))
    if url and (absolute_url(url, url) is None or not urlsplit(url).scheme or not urlsplit(url).hostname):
        raise UsageError(f"{name}: it is not an http or https URL {_HIDDEN}")
    return url


def secret(name: str, value: Any) -> str:
    """A secret that stands in an address or a header; empty for none."""
    said = clean_text(str(value or ""))
    if not re.fullmatch(r"[!-~]{0,500}", said, re.ASCII) or "/" in said:
        raise UsageError(f"{name}: it is not a token of printed ASCII characters without slashes {_HIDDEN}")
    return said


def mail_server(name: str, value: Any) -> str:
    """``smtp://user:password@host:port`` or ``smtps://…``, a secret as a whole; empty for none."""
    url = clean_text(str(value or ""))
    if not url:
        return ""
    port = urlsplit(url).netloc.rpartition("@")[2].partition(":")[2] if _MAIL_SERVER.fullmatch(url) else None
    if port is None or int(port or 25) > 65535:
        raise UsageError(f"{name}: it is not like smtp://host:25 or smtps://user:password@host:465 {_HIDDEN}")
    return url


def redis_server(name: str, value: Any) -> str:
    """``redis://user:password@host:port/database`` or ``rediss://…`` (TLS), a secret as a whole."""
    url = clean_text(str(value or ""))
    if not url:
        raise UsageError(f"{name}: it is empty, but must name the Redis server of all workers; {_AS_REDIS}")
    read = _REDIS.fullmatch(url)
    if read is None or int(read["port"] or 6379) > 65535:
        raise UsageError(f"{name}: it is not the URL of a Redis server; {_AS_REDIS} {_HIDDEN}")
    return url


def mailboxes(name: str, value: Any) -> tuple[str, ...]:
    """Mail addresses, comma-separated or as a list; empty for none."""
    given = value if isinstance(value, (list, tuple)) else str(value or "").split(",")
    found = tuple(dict.fromkeys(clean_text(str(each)) for each in given if clean_text(str(each))))
    for each in found:
        if not _MAILBOX.fullmatch(each):
            raise UsageError(f"{name}: {each!r} is not a mail address, such as desk@example.org")
    return found


def textfile(name: str, value: Any) -> str:
    """A file for node_exporter's textfile collector, which reads none with another ending; empty for none."""
    path = clean_text(str(value or ""))
    if path and not re.search(r"[^/]\.prom$", path):
        raise UsageError(f"{name}: {value!r} does not end in .prom, and node_exporter reads only what does")
    return path
