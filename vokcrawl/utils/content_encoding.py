"""Decompresses response bodies, with a size limit, and detects incomplete ones."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from typing import Any

from scrapy.exceptions import DownloadCancelledError, ResponseDataLossError

# The libraries that Scrapy uses for decompression.
from scrapy.utils._compression import brotli, zstd  # type: ignore[attr-defined]

# Maximum number of concatenated streams; each one costs a copy of the rest.
_MAX_STREAMS = 100
_OPENED = re.compile(rb"<html[\s>]", re.IGNORECASE)
_CLOSED = re.compile(rb"</(html|body)\s*>", re.IGNORECASE)
# Number of bytes at the end in which the end of a page is searched first.
_TAIL = 64


class CorruptBody(ResponseDataLossError):
    """The body cannot be decompressed. Raised by `decompress`; in a crawl Scrapy retries the request."""


def decompress(body: bytes, encodings: Iterable[bytes], most: int) -> bytes:
    """Decompress a body by its `Content-Encoding`; unknown encodings are left as they are.

    Raises `ResponseDataLossError` if the end is missing, `CorruptBody` if the data is invalid, and
    `DownloadCancelledError` if the result has more than `most` bytes.
    """
    names = [name.strip().lower() for value in encodings for name in value.split(b",")]
    for name in reversed(names):
        if name not in (b"gzip", b"x-gzip", b"deflate", b"br", b"zstd") or not body:
            return body
        try:
            body, whole = _unpack(body, name, most)
        except (zlib.error, brotli.error, zstd.ZstdError) as fault:
            raise CorruptBody(str(fault)) from fault
        if len(body) > most:
            raise DownloadCancelledError(f"it decompresses to more than {most} bytes")
        if not whole:
            raise ResponseDataLossError("the end of the compressed data is missing")
    return body


def _unpack(body: bytes, name: bytes, most: int) -> tuple[bytes, bool]:
    """Return slightly more than `most` bytes at most, and whether the stream was complete."""
    found = b""
    if name == b"br":
        brotlis = brotli.Decompressor()
        piece = brotlis.process(body, output_buffer_limit=most + 1)
        while piece and len(found) <= most:
            found += piece
            piece = b"" if brotlis.is_finished() else brotlis.process(b"", output_buffer_limit=most + 1)
        return found, brotlis.is_finished()
    for _ in range(_MAX_STREAMS):
        stream = _stream(body, name)
        found += stream.decompress(body, most + 1 - len(found))
        rest = stream.unused_data
        # Another stream may follow; anything else is padding.
        if len(found) > most or not stream.eof or name == b"deflate" or rest[:2] != body[:2]:
            return found, stream.eof
        body = rest
    raise CorruptBody(f"more than {_MAX_STREAMS} compressed streams in one body")


def _stream(body: bytes, name: bytes) -> Any:
    if name == b"zstd":
        return zstd.ZstdDecompressor()
    if name != b"deflate":
        return zlib.decompressobj(wbits=31)
    # Some servers omit the zlib header, which is a multiple of 31.
    return zlib.decompressobj(wbits=15 if int.from_bytes(body[:2]) % 31 == 0 and body[0] & 15 == 8 else -15)


def ends_as_page(body: bytes) -> bool | None:
    """Return whether an HTML page has an end tag; None if it has no ``<html>`` start tag."""
    if _OPENED.search(body, 0, 4096) is None:
        return None
    return _CLOSED.search(body, max(0, len(body) - _TAIL)) is not None or _CLOSED.search(body) is not None
