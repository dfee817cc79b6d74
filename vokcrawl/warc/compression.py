"""The decompressed content of a WARC file, with the places at which its gzip members or Zstandard frames begin."""

from __future__ import annotations

import re
import sys
import zlib
from collections import deque
from enum import Enum
from typing import BinaryIO, NamedTuple, Protocol

from vokcrawl.warc.gzip_members import find_bytes

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    # A dependency of Scrapy.
    from backports import zstd

_GZIP_MAGIC, _ZSTD_MAGIC, _ZIP_MAGIC = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
# Skippable frames; `.warc.zst` files may begin with one that holds the dictionary of all others.
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
_DICTIONARY_MAGIC = b"\x5d\x2a\x4d\x18"
_MAX_DICTIONARY = 1 << 26
# zlib: a gzip header is expected.
_GZIP_WINDOW = 31
# Bytes to read, and to decompress, at a time.
_CHUNK, _STEP = 1 << 16, 1 << 18
WARC_START, _ARC_START = b"WARC/", b"filedesc:"
CUT_OFF = "the file ends in the middle of this record"


class Compression(Enum):
    """How a file is compressed. A gzip member or a Zstandard frame may hold a record, several, or a part of one."""

    GZIP = "gzip member"
    ZSTD = "Zstandard frame"
    NONE = "not compressed"


class NotAnArchiveError(ValueError):
    """The file is not a WARC file. The message says what it seems to be."""


class Location(NamedTuple):
    """A place in the content: the offset of a member in the file, and the offset in the member's decompressed data.

    A file that is not compressed is one member.
    """

    offset: int
    inside: int = 0


class Damage(NamedTuple):
    """What ends the content before the end of the file: the offset of the damaged member, and the fault."""

    offset: int
    text: str
    is_cut_off: bool = False


class _Decompressor(Protocol):
    """One member. With `has_more`, it can return data without being fed."""

    eof: bool

    @property
    def has_more(self) -> bool:
        """Whether it holds data that it has not returned yet."""

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Return decompressed data, limited in size, and what is left of the compressed data."""


class _GzipMember:
    has_more = False

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(_GZIP_WINDOW)
        self.eof = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        found = self._unpacker.decompress(data, _STEP)
        self.eof = self._unpacker.eof
        return found, self._unpacker.unused_data if self.eof else self._unpacker.unconsumed_tail


class _ZstdFrame:
    def __init__(self, dictionary: zstd.ZstdDict | None) -> None:
        self._unpacker = zstd.ZstdDecompressor(zstd_dict=dictionary)
        self.eof = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        found = self._unpacker.decompress(data, _STEP)
        while not found and not self._unpacker.needs_input and not self._unpacker.eof:
            found = self._unpacker.decompress(b"", _STEP)
        self.eof = self._unpacker.eof
        # What it has not yet decompressed, it keeps itself.
        return found, self._unpacker.unused_data if self.eof else b""

    @property
    def has_more(self) -> bool:
        return not self._unpacker.needs_input and not self.eof


class _SkippableFrame:
    """A Zstandard frame without content."""

    has_more = False

    def __init__(self, header: bytes) -> None:
        self._left = 8 + int.from_bytes(header[4:8], "little")
        self.eof = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        skipped = min(self._left, len(data))
        self._left -= skipped
        self.eof = not self._left
        return b"", data[skipped:]


class Content:
    """The decompressed content of a file from a member on. Only what is peeked at is kept in memory.

    `damage` is set where the content ends early, because a member is damaged or cut off.
    """

    def __init__(self, file: BinaryIO, compression: Compression, start: Location) -> None:
        self.compression = compression
        self.damage: Damage | None = None
        self._file = file
        self._dictionary = _read_dictionary(file) if compression is Compression.ZSTD else None
        self._raw = b""
        # The file offset behind `_raw`.
        self._raw_end = start.offset
        self._member: _Decompressor | None = None
        # Decompressed bytes from `_position` on, which counts from the start.
        self._buffer = bytearray()
        self._position = 0
        # Position and file offset of each member that begins in the buffer, after the one of the current position.
        self._boundaries: deque[tuple[int, int]] = deque()
        self._current = (0, start.offset)
        self._ended = False
        file.seek(start.offset)
        self.skip(start.inside)

    @property
    def location(self) -> Location:
        """Where the next byte is."""
        if not self._buffer:
            self._fill(1)
        self._pass_boundaries()
        return Location(self._current[1], self._position - self._current[0])

    def peek(self, size: int) -> bytes:
        """Return the next bytes: `size` of them, or fewer at the end."""
        self._fill(size)
        return bytes(self._buffer[:size])

    def find(self, pattern: re.Pattern[bytes], within: int) -> re.Match[bytes] | None:
        """Search for a pattern in the next `within` bytes; positions in the match count from the next byte."""
        size = min(within, _CHUNK // 16)
        while True:
            self._fill(size)
            found = pattern.search(self._buffer, 0, within)
            if found is not None or size >= within or len(self._buffer) < size:
                return found
            size = min(within, size * 4)

    def skip(self, size: int) -> int:
        """Skip bytes, and return how many there were."""
        left = size
        while left:
            self._fill(1)
            if not self._buffer:
                break
            passed = min(left, len(self._buffer))
            del self._buffer[:passed]
            self._position += passed
            left -= passed
        self._pass_boundaries()
        return size - left

    def skip_blank(self) -> None:
        """Skip the ends of lines."""
        while self._fill(1) and self._buffer[0] in b"\r\n":
            self.skip(1)

    def boundary_with(self, start: bytes, within: int) -> int | None:
        """Return the distance to the first member in the next `within` bytes that begins with `start`, or None."""
        for position, _ in self._boundaries:
            distance = position - self._position
            if 0 < distance < within and self._buffer.startswith(start, distance):
                return distance
        return None

    def next_boundary(self) -> bool:
        """Go to the beginning of the next member; return False, at the end, if there is none."""
        begun = self._current
        while self._fill(1):
            self._pass_boundaries()
            if self._current != begun:
                return True
            ahead = self._boundaries[0][0] - self._position if self._boundaries else len(self._buffer)
            self.skip(ahead)
        return False

    def seek_text(self, text: bytes) -> bool:
        """Go to the next occurrence of a text after the next byte; return False, at the end, if there is none."""
        self.skip(1)
        while self._fill(len(text)) >= len(text):
            place = self._buffer.find(text)
            if place >= 0:
                self.skip(place)
                return True
            self.skip(len(self._buffer) - len(text) + 1)
            self._fill(len(self._buffer) + 1)
        return False

    def _pass_boundaries(self) -> None:
        while self._boundaries and self._boundaries[0][0] <= self._position:
            self._current = self._boundaries.popleft()

    def _fill(self, size: int) -> int:
        """Decompress until so many bytes are in the buffer, or the content ends; return how many there are."""
        while len(self._buffer) < size and not self._ended:
            self._more()
        return len(self._buffer)

    def _more(self) -> None:
        if self.compression is Compression.NONE:
            chunk = self._file.read(_CHUNK)
            self._ended = not chunk
            self._buffer += chunk
            return
        member = self._member or self._begin_member()
        if member is None:
            self._ended = True
            return
        if not self._raw and not member.has_more and not self._read():
            self._end_with(CUT_OFF, is_cut_off=True)
            return
        try:
            found, self._raw = member.feed(self._raw)
        except (zlib.error, zstd.ZstdError, MemoryError) as fault:
            self._end_with(f"invalid {self.compression.value}: {fault}")
            return
        self._buffer += found
        self._member = None if member.eof else member

    def _begin_member(self) -> _Decompressor | None:
        while len(self._raw) < 8 and self._read():
            pass
        if self.compression is Compression.GZIP and self._raw.startswith(b"\0"):
            self._skip_padding()
        if not self._raw:
            return None
        self._boundaries.append((self._position + len(self._buffer), self._raw_end - len(self._raw)))
        if self.compression is Compression.GZIP:
            return _GzipMember()
        if _SKIPPABLE.match(self._raw) and len(self._raw) >= 8:
            return _SkippableFrame(self._raw)
        return _ZstdFrame(self._dictionary)

    def _skip_padding(self) -> None:
        """Skip zero bytes between members or behind the last one, as gzip does."""
        while not (rest := self._raw.lstrip(b"\0")):
            self._raw = b""
            if not self._read():
                return
        self._raw = rest
        while len(self._raw) < 8 and self._read():
            pass

    def _read(self) -> bool:
        chunk = self._file.read(_CHUNK)
        self._raw += chunk
        self._raw_end += len(chunk)
        return bool(chunk)

    def _end_with(self, text: str, *, is_cut_off: bool = False) -> None:
        offset = self._boundaries[-1][1] if self._boundaries else self._current[1]
        self.damage = Damage(offset, text, is_cut_off)
        self._ended = True


def detect_compression(file: BinaryIO) -> Compression:
    """Return how a WARC file is compressed. Raises `NotAnArchiveError` if its beginning shows that it is none."""
    file.seek(0)
    start = file.read(len(_ARC_START))
    if not start:
        raise NotAnArchiveError("it is empty")
    if start.startswith(_ZIP_MAGIC):
        raise NotAnArchiveError("it is a ZIP file; of these, only WACZ files (*.wacz) can be read")
    compression = Compression.NONE
    if start.startswith(_GZIP_MAGIC):
        compression = Compression.GZIP
    elif start.startswith(_ZSTD_MAGIC) or _SKIPPABLE.match(start):
        compression = Compression.ZSTD
    content = Content(file, compression, Location(0))
    content.skip_blank()
    start = content.peek(len(_ARC_START))
    if start == _ARC_START:
        raise NotAnArchiveError("it is an ARC file, the format before WARC; convert it with `warcio recompress`")
    # A damaged first member says nothing about the others.
    if not start.startswith(WARC_START) and content.damage is None:
        is_plain = compression is Compression.NONE
        raise NotAnArchiveError("it is not a WARC file" if is_plain else "it is a compressed file without WARC records")
    return compression


def next_member(file: BinaryIO, compression: Compression, start: int) -> int | None:
    """Return the offset of the next signature of a member from `start` on; None at the end, or without members."""
    if compression is Compression.NONE:
        return None
    return find_bytes(file, _GZIP_MAGIC if compression is Compression.GZIP else _ZSTD_MAGIC, start)


def _read_dictionary(file: BinaryIO) -> zstd.ZstdDict | None:
    """Return the dictionary of a `.warc.zst` file, which may itself be compressed; None without one."""
    file.seek(0)
    header = file.read(8)
    size = int.from_bytes(header[4:8], "little")
    if not header.startswith(_DICTIONARY_MAGIC) or size > _MAX_DICTIONARY:
        return None
    data = file.read(size)
    try:
        if data.startswith(_ZSTD_MAGIC):
            data = zstd.ZstdDecompressor().decompress(data, _MAX_DICTIONARY)
        return zstd.ZstdDict(data)
    except (zstd.ZstdError, ValueError):
        return None
