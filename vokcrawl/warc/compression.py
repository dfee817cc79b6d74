"""How the records of a file are packed, and whether it is an archive at all."""

from __future__ import annotations

from enum import Enum
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator

_GZIP, _ZSTD, _ZSTD_SKIPPABLE, _ZIP = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18", b"PK\x03\x04"
_PLAIN = b"WARC/"


class Packing(Enum):
    """How the records of a file are packed."""

    MEMBERS = "one gzip member a record"
    STREAM = "compressed as a whole"
    PLAIN = "not compressed"


class NotAnArchive(ValueError):
    """A file that is no WARC file at all; the message says what it seems to be."""


def packing_of(file: BinaryIO) -> Packing:
    """How the records of a file are packed. Raises `NotAnArchive`."""
    file.seek(0)
    start = file.read(len(_PLAIN))
    if not start:
        raise NotAnArchive("it is empty")
    if start.startswith(_ZIP):
        raise NotAnArchive("it is a ZIP, perhaps a WACZ: unpack it and name the WARC files in it")
    if start == _PLAIN:
        return Packing.PLAIN
    if not start.startswith((_GZIP, _ZSTD, _ZSTD_SKIPPABLE)):
        raise NotAnArchive("it is no WARC file")
    if not start.startswith(_GZIP):
        return Packing.STREAM
    file.seek(0)
    try:
        iterator = iter(ArchiveIterator(file, parse_http=False))
        next(iterator)
        second = next(iterator, None)
    except StopIteration:
        raise NotAnArchive("it is a gzip file, but holds no WARC record") from None
    except OSError:
        # Damaged early on: whether it is one at all is told by its members.
        return Packing.MEMBERS
    if second is None:
        return Packing.MEMBERS
    file.seek(second.stream_pos)
    return Packing.MEMBERS if file.read(len(_GZIP)) == _GZIP else Packing.STREAM
