"""Reads the heads of the records of an archive file whose checksum has proved that it is unchanged.

Such a file holds exactly what `warc.writer` wrote, so the digests of its records need not be computed again, and their
bodies need not be decompressed.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from vokcrawl.warc.http_exchange import head_length
from vokcrawl.warc.record_head import MAX_HEAD, parse_head, parse_size
from vokcrawl.warc.validation import EMPTY_LINE, ArchivedRecord, InvalidRecordError

# How each gzip member begins that this project has written: no flags, and no time.
_MEMBER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
_MEMBERS = re.compile(re.escape(_MEMBER))
_GZIP = 31
_CHUNK = 1 << 18
# Compressed bytes to read, and bytes to decompress, at a time: most heads fit.
_READ, _STEP = 1 << 10, 1 << 11
# The head of a response, as it is written in most cases: by far faster than reading any head.
_RESPONSE = re.compile(
    rb"WARC/1\.1\r\nWARC-Type: response\r\nWARC-Record-ID: [^\r\n]*\r\nWARC-Date: ([^\r\n]+)\r\n"
    rb"WARC-Target-URI: ([^\r\n]+)\r\n(?:WARC-IP-Address: [^\r\n]*\r\n)?WARC-Payload-Digest: ([^\r\n]+)\r\n"
    rb"WARC-Block-Digest: [^\r\n]*\r\nContent-Type: [^\r\n]*\r\nContent-Length: ([0-9]{1,18})\r\n\r\n"
)
_RESPONSE_FIELDS = ("warc-type", "warc-date", "warc-target-uri", "warc-payload-digest", "content-length")
# A record needs at least an HTTP head in addition to its own.
_MAX_HEADS = 4 * MAX_HEAD


class ScannedFile(NamedTuple):
    """Size in bytes and SHA-256 of a file, and the offsets at which a gzip member seems to begin."""

    bytes: int
    sha256: str
    members: Sequence[int]


def scan_file(file: BinaryIO, on_chunk: Callable[[], None]) -> ScannedFile:
    """Read a file once, from its beginning. `on_chunk` is called for each part. Raises `OSError`.

    Compressed data may look like the beginning of a member, so the number of members must be compared.
    """
    sha256 = hashlib.sha256()
    found: list[int] = []
    size = 0
    # Behind the end of the part before, because a member may begin there. One buffer for all parts is faster.
    kept = len(_MEMBER) - 1
    buffer = bytearray(kept + _CHUNK)
    view = memoryview(buffer)
    while number := file.readinto(view[kept:]):  # type: ignore[attr-defined]
        sha256.update(view[kept : kept + number])
        found.extend(size - kept + each.start() for each in _MEMBERS.finditer(view[: kept + number]))
        buffer[:kept] = buffer[number : number + kept]
        size += number
        on_chunk()
    return ScannedFile(size, sha256.hexdigest(), found)


def read_heads(file: BinaryIO, members: Sequence[int]) -> Iterator[tuple[int, ArchivedRecord]]:
    """Yield the records that begin at these offsets, with the HTTP heads of responses as their blocks.

    The request that the writer puts behind each response is left out. Raises `InvalidRecordError`, or `OSError`.
    """
    descriptor = file.fileno()
    follows_response = False
    for start in members:
        if follows_response:
            follows_response = False
            continue
        record = _read_head(descriptor, start)
        follows_response = record.is_response
        yield start, record


def _read_head(descriptor: int, start: int) -> ArchivedRecord:
    unpacker = zlib.decompressobj(_GZIP)
    data = b""
    at = start
    while not unpacker.eof and len(data) < _MAX_HEADS:
        compressed = unpacker.unconsumed_tail or os.pread(descriptor, _READ, at)
        if not unpacker.unconsumed_tail:
            at += len(compressed)
        try:
            data += unpacker.decompress(compressed, _STEP)
        except zlib.error as fault:
            raise InvalidRecordError(f"invalid gzip member: {fault}") from fault
        record = _parsed(data)
        if record is not None:
            return record
        if not compressed:
            break
    raise InvalidRecordError("its head has no end")


def _parsed(data: bytes) -> ArchivedRecord | None:
    """Parse the beginning of a record; None if it does not contain both heads. Raises `InvalidRecordError`."""
    common = _RESPONSE.match(data)
    if common is not None:
        values = common.group(1, 2, 3, 4)
        fields = dict(zip(_RESPONSE_FIELDS, ("response", *map(bytes.decode, values)), strict=True))
        start, length = common.end(), int(values[3])
    else:
        end = data.find(EMPTY_LINE)
        if end < 0:
            return None
        start = end + len(EMPTY_LINE)
        fields, length = _parsed_fields(data[:start])
    record = ArchivedRecord(fields, data[start : start + length], length)
    if record.is_response and len(record.block) < length and head_length(record.block) == len(record.block):
        return None
    return record


def _parsed_fields(head: bytes) -> tuple[dict[str, str], int]:
    fields = parse_head(head)
    length = parse_size(fields.get("content-length", "")) if fields is not None else None
    if fields is None or length is None:
        raise InvalidRecordError("not a WARC record")
    return fields, length
