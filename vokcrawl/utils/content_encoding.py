"""The body of an answer as it came: taken out of its packing, within bounds, and whether it is all there."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from typing import Any

from scrapy.exceptions import DownloadCancelledError, ResponseDataLossError

# The libraries that Scrapy unpacks with.
from scrapy.utils._compression import brotli, zstd  # type: ignore[attr-defined]

# A page comes in one packed stream; each further one costs a copy of the rest.
_MOST_STREAMS = 100
_OPENED = re.compile(rb"<html[\s>]", re.IGNORECASE)
_CLOSED = re.compile(rb"</(html|body)\s*>", re.IGNORECASE)
# Where the end of a page is looked for first.
_TAIL = 64


class Corrupt(ResponseDataLossError):
    """The body cannot be unpacked. Raised by `unpacked`; in a crawl Scrapy asks again, then the errback gets it."""


def unpacked(body: bytes, encodings: Iterable[bytes], most: int) -> bytes:
    """A body without its `Content-Encoding`; what is not known here stays packed.

    Raises `ResponseDataLossError` when its end is missing, `Corrupt` when it is no such packing at all, and
    `DownloadCancelledError` when it holds more than `most` bytes.
    """
    names = [name.strip().lower() for value in encodings for name in value.split(b",")]
    for name in reversed(names):
        if name not in (b"gzip", b"x-gzip", b"deflate", b"br", b"zstd") or not body:
            return body
        try:
            body, whole = _unpack(body, name, most)
        except (zlib.error, brotli.error, zstd.ZstdError) as fault:
            raise Corrupt(str(fault)) from fault
        if len(body) > most:
            raise DownloadCancelledError(f"it unpacks to more than {most} bytes")
        if not whole:
            raise ResponseDataLossError("the end of what was packed is missing")
    return body


def _unpack(body: bytes, name: bytes, most: int) -> tuple[bytes, bool]:
    """Up to a little more than `most` bytes, and whether the end of the packed stream was there."""
    found = b""
    if name == b"br":
        brotlis = brotli.Decompressor()
        piece = brotlis.process(body, output_buffer_limit=most + 1)
        while piece and len(found) <= most:
            found += piece
            piece = b"" if brotlis.is_finished() else brotlis.process(b"", output_buffer_limit=most + 1)
        return found, brotlis.is_finished()
    for _ in range(_MOST_STREAMS):
        stream = _stream(body, name)
        found += stream.decompress(body, most + 1 - len(found))
        rest = stream.unused_data
        # Streams may follow each other; what is none behind the first one is padding.
        if len(found) > most or not stream.eof or name == b"deflate" or rest[:2] != body[:2]:
            return found, stream.eof
        body = rest
    raise Corrupt(f"more than {_MOST_STREAMS} packed streams in one body")


def _stream(body: bytes, name: bytes) -> Any:
    if name == b"zstd":
        return zstd.ZstdDecompressor()
    if name != b"deflate":
        return zlib.decompressobj(wbits=31)
    # Some servers send it without its header, which is a multiple of 31.
    return zlib.decompressobj(wbits=15 if int.from_bytes(body[:2]) % 31 == 0 and body[0] & 15 == 8 else -15)


def ends_as_page(body: bytes) -> bool | None:
    """Whether a page that opens has an end, too; None for what does not open as a page does."""
    if _OPENED.search(body, 0, 4096) is None:
        return None
    return _CLOSED.search(body, max(0, len(body) - _TAIL)) is not None or _CLOSED.search(body) is not None
