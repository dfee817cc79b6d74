"""One request and the answer to it, as they went over the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

# A head ends at its first empty line. Some servers end their lines without the carriage return.
_HEAD_END = re.compile(rb"\n\r?\n")
# "100 Continue" and "103 Early Hints" come before an answer, and are none.
_INTERIM = re.compile(rb"[^ \n]+ 1\d\d[ \r\n]")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was answered, if only in part.

    `began` is when it was sent (aware); `request` and `answer` are all that was sent and received, the answer's
    body with its chunks and its compression; `ip` is the address of the server, None where it is not known (behind
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


def without_interim(answer: bytes) -> bytes:
    """The final answer, without the interim ones that may stand before it."""
    while _INTERIM.match(answer) is not None:
        _, answer = parted(answer)
    return answer
