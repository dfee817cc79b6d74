"""One request and its response, as sent and received."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from vokcrawl.warc.record_head import HEAD_END

_CHUNKED = re.compile(rb"^transfer-encoding[ \t]*:[ \t]*chunked[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
# White space and chunk extensions may follow the size.
_CHUNK_SIZE = re.compile(rb"([0-9a-f]{1,8})[ \t]*(?:;.*)?$", re.IGNORECASE)
_BARE = re.compile(rb"(?<!\r)\n")
# "100 Continue" and "103 Early Hints" precede the final response.
_INTERIM = re.compile(rb"[^ \n]+ 1\d\d[ \r\n]")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its response, which may be incomplete.

    `began` is when the request was sent (aware). `request` and `response` are the bytes sent and received, including
    chunks and compression. `ip` is the server's address, None if unknown (behind a proxy). `truncated` is the reason
    for an incomplete response, as defined for WARC-Truncated; None if it is complete. `requested_by` is the URL of
    the page that sent the request in a browser; None for a request of the crawl itself.
    """

    url: str
    began: datetime
    request: bytes
    response: bytes
    ip: str | None = None
    truncated: str | None = None
    requested_by: str | None = None


def head_length(message: bytes) -> int:
    """Return the length of a message's head, including the empty line; that of the message if it has no such line."""
    found = HEAD_END.search(message)
    return len(message) if found is None else found.end()


def split_message(message: bytes) -> tuple[bytes, bytes]:
    """Split a message into its head, including the empty line, and its body."""
    length = head_length(message)
    return message[:length], message[length:]


def with_crlf(head: bytes) -> bytes:
    """Return a head with CRLF at the end of every line; most readers find no body otherwise."""
    return head if head.count(b"\n") == head.count(b"\r\n") else _BARE.sub(b"\r\n", head)


def merge_chunks(head: bytes, body: bytes) -> bytes:
    """Merge the chunks of a chunked body into one; other bodies, and invalid chunks, are returned unchanged.

    Chunk boundaries depend on the network and differ each time the same page is sent.
    """
    if not body or _CHUNKED.search(head) is None:
        return body
    pieces = []
    start = 0
    while (end := body.find(b"\r\n", start)) >= 0:
        size = _CHUNK_SIZE.match(body, start, end)
        if size is None:
            return body
        length = int(size[1], 16)
        if not length:
            break
        pieces.append(body[end + 2 : end + 2 + length])
        start = end + 2 + length + 2
    whole = b"".join(pieces)
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(whole), whole) if whole else b"0\r\n\r\n"


def strip_interim(response: bytes) -> bytes:
    """Return the final response without the interim ones before it."""
    while _INTERIM.match(response) is not None:
        _, response = split_message(response)
    return response
