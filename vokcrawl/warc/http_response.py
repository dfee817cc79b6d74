"""Parses archived responses: status, headers, and the decoded body."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from scrapy.exceptions import DownloadCancelledError, ResponseDataLossError

from vokcrawl.utils.content_encoding import CorruptBody, decompress
from vokcrawl.warc.http_exchange import split_message, strip_interim

# Reasons for which a response cannot be read, with the same names as in a crawl.
CORRUPT, CUT_OFF, TOO_LARGE, NOT_HTTP = "corrupt", "cut_off", "too_large", "not_http"
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})\b")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
# No compressed body begins so. A byte order mark, a declaration or a comment may come first.
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|!--|\?xml|html|[a-z]{1,10}[\s>])", re.IGNORECASE)


class Unreadable(ValueError):
    """The response cannot be read. `name` is the reason in the manifest; the message has details."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of the site. Header names are in lower case; a repeated header has its last value."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def answer_of(block: bytes, largest: int, payload: bytes | None = None) -> Answer:
    """Parse the block of a record. `payload` is the body of a revisit, from the record that it refers to.

    Some programs archive interim responses (100, 103) with the final one. `largest` is the maximum size of the decoded
    body in bytes. Raises `Unreadable`.
    """
    head, body = split_message(strip_interim(block))
    status = _STATUS.match(head)
    if status is None:
        raise Unreadable(NOT_HTTP, f"not an HTTP response; it starts with {head[:40]!r}")
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
            raise Unreadable(CUT_OFF, f"its body has {len(body)} bytes instead of {length}")
    return Answer(code, headers, _unpacked(body, headers.get("content-encoding", ""), largest))


def _headers(head: bytes) -> Iterable[tuple[str, str]]:
    for line in head.split(b"\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            yield name.strip().decode("latin-1").lower(), value.strip().decode("latin-1")


def _joined(body: bytes) -> bytes:
    """Join the chunks of a body. Some archives store it already joined; it is returned unchanged then.

    Raises `Unreadable`.
    """
    chunks: list[bytes] = []
    at = 0
    while True:
        size = _CHUNK_SIZE.match(body, at)
        if size is None:
            if not chunks:
                return body
            raise Unreadable(CUT_OFF, "its last chunk is incomplete")
        length, start = int(size[1], 16), size.end()
        if length == 0:
            return b"".join(chunks)
        if start + length > len(body):
            raise Unreadable(CUT_OFF, "its last chunk is incomplete")
        chunks.append(body[start : start + length])
        at = start + length
        at += 2 if body.startswith(b"\r\n", at) else body.startswith(b"\n", at)


def _unpacked(body: bytes, encodings: str, largest: int) -> bytes:
    if encodings and not _is_markup(body):
        try:
            body = decompress(body, [encodings.encode("latin-1")], largest)
        except CorruptBody as fault:
            raise Unreadable(CORRUPT, f"its body is not valid {encodings[:40]!r}: {fault}") from fault
        except ResponseDataLossError as fault:
            raise Unreadable(CUT_OFF, str(fault)) from fault
        except DownloadCancelledError as fault:
            raise Unreadable(TOO_LARGE, str(fault)) from fault
    if len(body) > largest:
        raise Unreadable(TOO_LARGE, f"its body has {len(body)} bytes; the maximum is {largest}")
    return body


def _is_markup(body: bytes) -> bool:
    """Return whether a body is already decoded: some archives store it so, with the original headers."""
    return _MARKUP.match(body) is not None
