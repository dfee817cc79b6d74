"""One request and the answer to it, as they went over the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

# A head ends at its first empty line. Some servers end their lines without the carriage return.
_HEAD_END = re.compile(rb"\n\r?\n")
_CHUNKED = re.compile(rb"^transfer-encoding[ \t]*:[ \t]*chunked[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
# With what may stand behind a size: white space, and extensions that nobody uses.
_CHUNK_SIZE = re.compile(rb"([0-9a-f]{1,8})[ \t]*(?:;.*)?$", re.IGNORECASE)
_BARE = re.compile(rb"(?<!\r)\n")
# "100 Continue" and "103 Early Hints" come before an answer, and are none.
_INTERIM = re.compile(rb"[^ \n]+ 1\d\d[ \r\n]")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was answered, if only in part.

    `began` is when it was sent (aware); `request` and `answer` are all that was sent and received, the answer's
    body in its chunks and with its compression; `ip` is the address of the server, None where it is not known (behind
    a proxy); `truncated` says why the answer is not all there, in the words of WARC-Truncated, and is None where
    it is.
    """

    url: str
    began: datetime
    request: bytes
    answer: bytes
    ip: str | None = None
    truncated: str | None = None


def parted(message: bytes) -> tuple[bytes, bytes]:
    """Head, with the empty line that ends it, and body of a message."""
    found = _HEAD_END.search(message)
    return (message, b"") if found is None else (message[: found.end()], message[found.end() :])


def well_ended(head: bytes) -> bytes:
    """A head whose lines all end as HTTP wants it. Readers of archives take one that ends otherwise for endless."""
    return head if head.count(b"\n") == head.count(b"\r\n") else _BARE.sub(b"\r\n", head)


def in_one_chunk(head: bytes, body: bytes) -> bytes:
    """The body of a message that came in chunks, as one chunk; that of any other as it is.

    Where one chunk ends and the next begins is the network's doing, and differs each time that the same page is sent.
    What has no sense as chunks is left as it is.
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


def without_interim(answer: bytes) -> bytes:
    """The final answer, without the interim ones that may stand before it."""
    while _INTERIM.match(answer) is not None:
        _, answer = parted(answer)
    return answer
