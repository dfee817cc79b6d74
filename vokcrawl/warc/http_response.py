"""An archived answer, made out of the bytes of its record: status, headers, and the body as a crawl gets to see it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from scrapy.exceptions import DownloadCancelledError, ResponseDataLossError

from vokcrawl.utils.content_encoding import Corrupt, unpacked
from vokcrawl.warc.http_exchange import parted

# What an answer that cannot be read is called; the same names as a crawl has for them.
CORRUPT, CUT_OFF, TOO_LARGE, NOT_HTTP = "corrupt", "cut_off", "too_large", "not_http"
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})\b")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_MARKUP = re.compile(rb"\s*<(!doctype|html|[a-z]{1,10}[\s>])", re.IGNORECASE)


class Unreadable(ValueError):
    """An answer that cannot be read. `name` is the reason's name in the manifest; the message says more."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


@dataclass(frozen=True, slots=True)
class Answer:
    """What the site answered. Header names are in lower case; of a repeated header the last value counts."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def answer_of(block: bytes, largest: int, payload: bytes | None = None) -> Answer:
    """The answer that a record's block is; `payload` is its body where that stands in another record (a revisit).

    Raises `Unreadable`; of a body no more than `largest` bytes are unpacked.
    """
    head, body = parted(block)
    status = _STATUS.match(head)
    if status is None:
        raise Unreadable(NOT_HTTP, f"it does not begin as an HTTP answer does, but with {head[:40]!r}")
    headers = dict(_headers(head))
    if payload is not None:
        body = payload
    code = int(status[1])
    if 300 <= code < 400:
        return Answer(code, headers)
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _joined(body)
    else:
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and len(body) < int(length):
            raise Unreadable(CUT_OFF, f"its body has {len(body)} of the {length} bytes that it says")
    return Answer(code, headers, _unpacked(body, headers.get("content-encoding", ""), largest))


def _headers(head: bytes) -> Iterable[tuple[str, str]]:
    for line in head.split(b"\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            yield name.strip().decode("latin-1").lower(), value.strip().decode("latin-1")


def _joined(body: bytes) -> bytes:
    """A body out of its chunks; as it is where it has none, for some archives hold it joined. Raises `Unreadable`."""
    chunks: list[bytes] = []
    at = 0
    while True:
        size = _CHUNK_SIZE.match(body, at)
        if size is None:
            if not chunks:
                return body
            raise Unreadable(CUT_OFF, "its chunks break off")
        length, start = int(size[1], 16), size.end()
        if length == 0:
            return b"".join(chunks)
        if start + length > len(body):
            raise Unreadable(CUT_OFF, "its chunks break off")
        chunks.append(body[start : start + length])
        at = start + length
        at += 2 if body.startswith(b"\r\n", at) else body.startswith(b"\n", at)


def _unpacked(body: bytes, encodings: str, largest: int) -> bytes:
    if encodings and not _is_markup(body):
        try:
            body = unpacked(body, [encodings.encode("latin-1")], largest)
        except Corrupt as fault:
            raise Unreadable(CORRUPT, f"its body is not the {encodings[:40]!r} that it says: {fault}") from fault
        except ResponseDataLossError as fault:
            raise Unreadable(CUT_OFF, str(fault)) from fault
        except DownloadCancelledError as fault:
            raise Unreadable(TOO_LARGE, str(fault)) from fault
    if len(body) > largest:
        raise Unreadable(TOO_LARGE, f"its body has {len(body)} bytes, more than {largest}")
    return body


def _is_markup(body: bytes) -> bool:
    """Whether a body is a page already: some archives hold it unpacked, under the headers of the packed one."""
    return _MARKUP.match(body) is not None
