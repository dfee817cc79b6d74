"""Compression of an archive: one gzip member per record, so that each record can be read on its own."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Protocol, cast

from isal import isal_zlib

# ISA-L's level 2: files are slightly larger than zlib's, in a fraction of the time (docs/performance.md).
_LEVEL = 2
_GZIP = 31
_MAGIC = b"\x1f\x8b\x08"
# A header without optional fields. ISA-L does not check the flags of others.
_PLAIN_HEADER = _MAGIC + b"\x00"
# Its type stubs declare an instance.
_IsalError = cast("type[Exception]", isal_zlib.error)
# Bytes to read at a time: most members fit, and what follows them is copied only to find their end.
_CHUNK = 1 << 13
# Buffer size for files whose members are read one after the other.
READ_BYTES = 1 << 18
# Maximum size of a decompressed record; this project's records are much smaller.
MAX_UNPACKED = 1 << 27


def compress_member(record: bytes) -> bytes:
    """Compress a record to a gzip member."""
    packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
    return packer.compress(record) + packer.flush()


class _Decompressor(Protocol):
    """A decompressor of `zlib` or `isal_zlib`."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""

    @property
    def unused_data(self) -> bytes:
        """What follows the member in the data that was given."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return decompressed data, limited in size."""


class Member(NamedTuple):
    """A gzip member from `start` to `end` of its file: its data, or None and the `fault`."""

    start: int
    end: int
    data: bytes | None
    fault: str = ""


def members(file: BinaryIO, start: int = 0) -> Iterator[Member]:
    """Yield the members of a file from `start` on; after a damaged one, from the next gzip signature on."""
    while (member := read_member(file, start)) is not None:
        yield member
        start = member.end


def read_member(file: BinaryIO, start: int) -> Member | None:
    """Return the member at `start`; None at the end of the file."""
    file.seek(start)
    if file.read(len(_PLAIN_HEADER)) == _PLAIN_HEADER:
        try:
            return _read_member(file, start, isal_zlib.decompressobj(_GZIP))
        except _IsalError:
            # zlib decides whether a member is damaged, and its messages are the usual ones.
            pass
    try:
        return _read_member(file, start, zlib.decompressobj(_GZIP))
    except zlib.error as fault:
        return Member(start, _next(file, start + 1), None, f"invalid gzip member: {fault}")


def _read_member(file: BinaryIO, start: int, unpacker: _Decompressor) -> Member | None:
    """Read a member with a decompressor. Raises the error of its library if the member is damaged."""
    file.seek(start)
    found: list[bytes] = []
    size = read = 0
    while not unpacker.eof:
        chunk = file.read(_CHUNK)
        if not chunk:
            # A damaged head may ask for more than there is: others may follow.
            return Member(start, _next(file, start + 1), None, "the file ends within it") if read else None
        read += len(chunk)
        found.append(unpacker.decompress(chunk, MAX_UNPACKED + 1 - size))
        size += len(found[-1])
        if size > MAX_UNPACKED:
            return Member(start, _next(file, start + 1), None, f"it decompresses to more than {MAX_UNPACKED} bytes")
    return Member(start, start + read - len(unpacker.unused_data), b"".join(found))


def _next(file: BinaryIO, start: int) -> int:
    """Return the offset of the next gzip signature; without one, the end of the file."""
    place = find_bytes(file, _MAGIC, start)
    return file.seek(0, os.SEEK_END) if place is None else place


def find_bytes(file: BinaryIO, what: bytes, start: int) -> int | None:
    """Return the offset of the first occurrence of some bytes from `start` on, or None."""
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
