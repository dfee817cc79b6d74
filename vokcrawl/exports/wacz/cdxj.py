"""The CDXJ index of captures: sorted lines in blocks of compressed data, and an index of these blocks.

Format: https://specs.webrecorder.net/cdxj/0.1.0/, with compressed blocks as `cdxj-indexer` and pywb write them.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import orjson

from vokcrawl.normalize import DEFAULT_PORTS

INDEX, BLOCK_INDEX = "index.cdx.gz", "index.idx"
_LINES = 1024
_WWW = re.compile(r"www\d*\.")


def search_key(url: str) -> str:
    """Return the key by which readers find a URL (SURT): host in reverse order, path and query, in lower case.

    For example `com,example)/newstream?a=1&b=2` for `https://www.example.com/Newstream/?b=2&a=1`. A URL of another
    scheme is its own key.
    """
    parts = urlsplit(url.lower())
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return url
    host = ",".join(reversed(_WWW.sub("", parts.hostname, count=1).split("."))) if _WWW.match(parts.hostname) else ""
    host = host or ",".join(reversed(parts.hostname.split(".")))
    port = f":{parts.port}" if parts.port not in (None, DEFAULT_PORTS[parts.scheme]) else ""
    path = parts.path.rstrip("/") or "/"
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return f"{host}{port}){path}{'?' if query else ''}{query}"


def index_line(key: str, timestamp: str, fields: dict[str, Any]) -> bytes:
    """Return a line of the index. `timestamp` has 14 digits."""
    return f"{key} {timestamp} ".encode() + orjson.dumps(fields) + b"\n"


def write_index(lines: Iterable[bytes], file: BinaryIO) -> Iterator[bytes]:
    """Write sorted lines to a file in compressed blocks, and yield the lines of the index of these blocks."""
    yield b"!meta 0 " + orjson.dumps({"format": "cdxj-gzip-1.0", "filename": INDEX}) + b"\n"
    offset = 0
    for block in _blocks(lines):
        data = gzip.compress(b"".join(block), mtime=0)
        file.write(data)
        digest = f"sha256:{sha256(data).hexdigest()}"
        place = {"offset": offset, "length": len(data), "digest": digest, "filename": INDEX}
        yield block[0].partition(b" {")[0] + b" " + orjson.dumps(place) + b"\n"
        offset += len(data)


def _blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    for line in lines:
        block.append(line)
        if len(block) == _LINES:
            yield block
            block = []
    if block:
        yield block
