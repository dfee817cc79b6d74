"""Detects how the records of a WARC file are compressed."""

from __future__ import annotations

from enum import Enum
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator

_GZIP, _ZSTD, _ZSTD_SKIPPABLE, _ZIP = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18", b"PK\x03\x04"
_PLAIN = b"WARC/"


class Compression(Enum):
    """How the records of a file are compressed."""

    MEMBERS = "one gzip member per record"
    STREAM = "compressed as a whole"
    PLAIN = "not compressed"


class NotAnArchiveError(ValueError):
    """The file is not a WARC file. The message says what it seems to be."""


def detect_compression(file: BinaryIO) -> Compression:
    """Return how the records of a file are compressed. Raises `NotAnArchiveError`."""
    file.seek(0)
    start = file.read(len(_PLAIN))
    if not start:
        raise NotAnArchiveError("it is empty")
    if start.startswith(_ZIP):
        raise NotAnArchiveError("it is a ZIP file, perhaps a WACZ: extract it and name the WARC files in it")
    if start == _PLAIN:
        return Compression.PLAIN
    if not start.startswith((_GZIP, _ZSTD, _ZSTD_SKIPPABLE)):
        raise NotAnArchiveError("it is not a WARC file")
    if not start.startswith(_GZIP):
        return Compression.STREAM
    file.seek(0)
    try:
        iterator = iter(ArchiveIterator(file, parse_http=False))
        next(iterator)
        second = next(iterator, None)
    except StopIteration:
        raise NotAnArchiveError("it is a gzip file without WARC records") from None
    except OSError:
        # The first member is damaged; the reader examines each member.
        return Compression.MEMBERS
    if second is None:
        return Compression.MEMBERS
    file.seek(second.stream_pos)
    return Compression.MEMBERS if file.read(len(_GZIP)) == _GZIP else Compression.STREAM
