"""The packing of an archive: one gzip member for each record, one after the other, so that each can be read alone."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from isal import isal_zlib

# What ISA-L calls level 2 gives files a little larger than zlib's, in a fraction of the time (docs/performance.md).
_LEVEL = 2
_GZIP = 31
_MAGIC = b"\x1f\x8b\x08"
_CHUNK = 1 << 16
# So much is unpacked at a time of what is not kept.
_STEP = 1 << 20
# No record of ours comes near it; one that unpacks to more is not held in memory.
MOST_UNPACKED = 1 << 27


def packed(record: bytes) -> bytes:
    """A record as a gzip member."""
    packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
    return packer.compress(record) + packer.flush()


@dataclass(frozen=True, slots=True)
class Member:
    """A gzip member from `start` up to `end` of its file: what it holds, or None and what is wrong with it."""

    start: int
    end: int
    data: bytes | None
    fault: str = ""


def members(file: BinaryIO, start: int = 0) -> Iterator[Member]:
    """The members of a file from `start` on; behind a damaged one it goes on with what looks like the next one."""
    while (member := read_member(file, start)) is not None:
        yield member
        start = member.end


def read_member(file: BinaryIO, start: int) -> Member | None:
    """The member that begins at `start`; None at the end of the file."""
    file.seek(start)
    unpacker = zlib.decompressobj(_GZIP)
    found: list[bytes] = []
    size = read = 0
    while not unpacker.eof:
        chunk = file.read(_CHUNK)
        if not chunk:
            return Member(start, start + read, None, "the file ends in the middle of it") if read else None
        read += len(chunk)
        try:
            found.append(unpacker.decompress(chunk, MOST_UNPACKED + 1 - size))
        except zlib.error as fault:
            return Member(start, _next(file, start + 1), None, f"no whole gzip member: {fault}")
        size += len(found[-1])
        if size > MOST_UNPACKED:
            return Member(start, _next(file, start + 1), None, f"it unpacks to more than {MOST_UNPACKED} bytes")
    return Member(start, start + read - len(unpacker.unused_data), b"".join(found))


def member_end(file: BinaryIO, start: int) -> int:
    """Where the member that begins at `start` ends, however much it holds; if damaged, where the next may begin."""
    file.seek(start)
    unpacker = zlib.decompressobj(_GZIP)
    read = 0
    while not unpacker.eof:
        chunk = unpacker.unconsumed_tail
        if not chunk:
            chunk = file.read(_CHUNK)
            read += len(chunk)
        try:
            unpacker.decompress(chunk, _STEP)
        except zlib.error:
            return _next(file, start + 1)
        if not chunk:
            break
    return start + read - len(unpacker.unused_data)


def _next(file: BinaryIO, start: int) -> int:
    """Where the next member may begin; the end of the file where there is none."""
    place = place_of(file, _MAGIC, start)
    return file.seek(0, os.SEEK_END) if place is None else place


def place_of(file: BinaryIO, what: bytes, start: int) -> int | None:
    """Where these bytes stand first in a file, from `start` on; None where they do not."""
    file.seek(start)
    before = b""
    while chunk := file.read(_CHUNK):
        text = before + chunk
        place = text.find(what)
        if place >= 0:
            return start - len(before) + place
        start += len(chunk)
        before = text[1 - len(what) :]
    return None
