"""Reads the records of any WARC file, including damaged and hostile ones.

FastWARC reads valid records. Where it fails, the gzip members of the file are examined one by one, the fault is
reported with its offset, and reading continues with the next member. Files that are not compressed, or compressed as a
whole, are read as well, but reading cannot always continue after a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO, NamedTuple

from fastwarc.warc import ArchiveIterator, WarcHeader, WarcRecord, WarcRecordType

from vokcrawl.storage.output_folder import translate_os_errors
from vokcrawl.warc.compression import Compression, detect_compression
from vokcrawl.warc.gzip_members import find_bytes, member_end, members
from vokcrawl.warc.validation import InvalidRecordError, parse_record, parse_size

# Types of records that may contain a response or describe the file; others (requests, metadata) are skipped.
_NAMES = ("response", "revisit", "resource", "conversion", "continuation", "warcinfo")
_TYPES: tuple[WarcRecordType, ...] = tuple(getattr(WarcRecordType, name) for name in _NAMES)
_KINDS = dict(zip(map(int, _TYPES), _NAMES, strict=True))
_WANTED = reduce(or_, _TYPES)
# The end of a block followed by the next record; a block that contains it has a wrong length.
_NEXT = b"\r\n\r\nWARC/1."
_HEAD = _NEXT.index(b"WARC")
_MAX_HEAD = 1 << 16
# There was no web before that year.
FIRST_YEAR = 1990
_ENDS = "the file ends within this record"


class Place(NamedTuple):
    """Location of a record: file and offset in bytes. In a file compressed as a whole, all offsets are 0."""

    file: Path
    offset: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """A fault: what could not be read, and why. `url` is the URL of the record if it is known."""

    place: Place
    text: str
    url: str = ""

    def __str__(self) -> str:
        return f"{self.place.file}: at {self.place.offset}: {self.text}"


class CapturedRecord(NamedTuple):
    """A record with its block. `at` is its WARC-Date (aware); URLs and digests are those in the record.

    A named tuple, because it is passed between processes, and tuples unpickle faster than dataclasses.
    """

    place: Place
    kind: str
    url: str
    at: datetime
    block: bytes
    content_type: str
    payload_digest: str | None = None
    block_digest: str | None = None
    truncated: str | None = None
    refers_to: tuple[str, int] | None = None


def read_archive(path: Path, longest: int) -> Iterator[CapturedRecord | Flaw]:
    """Yield the records of a file that may contain a response, and its flaws, in file order.

    `longest` is the maximum length of a block. Raises `NotAnArchiveError`, or `StorageError` if unreadable.
    """
    with translate_os_errors(path), path.open("rb") as file:
        yield from _Reader(path, file, detect_compression(file), longest).records()


def read_at(place: Place, longest: int) -> Iterator[CapturedRecord | Flaw]:
    """Like `read_archive`, but start at a record."""
    with translate_os_errors(place.file), place.file.open("rb") as file:
        yield from _Reader(place.file, file, detect_compression(file), longest).records(place.offset)


class _RecordError(Exception):
    """An invalid record: its offset, the fault, and the offset at which to continue (None: nowhere)."""

    def __init__(self, offset: int, text: str, following: int | None, url: str = "") -> None:
        super().__init__(text)
        self.offset = offset
        self.text = text
        self.following = following
        self.url = url


class _Reader:
    """Reads one file."""

    def __init__(self, path: Path, file: BinaryIO, compression: Compression, longest: int) -> None:
        self.path = path
        self.file = file
        self.compression = compression
        self.longest = longest

    def records(self, start: int = 0) -> Iterator[CapturedRecord | Flaw]:
        at: int | None = start
        while at is not None:
            try:
                yield from self._sound(at)
                return
            except _RecordError as wrong:
                yield Flaw(Place(self.path, wrong.offset), wrong.text, wrong.url)
                at = wrong.following if wrong.following is None or wrong.following > at else None

    def _sound(self, start: int) -> Iterator[CapturedRecord | Flaw]:
        """Yield the records from `start` on, up to the first invalid one. Raises `_RecordError`.

        A record is yielded only after the reader has passed it, because its checksum is at its end.
        """
        self.file.seek(start)
        before: CapturedRecord | Flaw | None = None
        last = start
        try:
            for record in ArchiveIterator(self.file, parse_http=False, record_types=_WANTED):
                if before is not None:
                    yield before
                    before = None
                last = self._offset(record)
                before = self._read(record, last)
        except OSError as failure:
            yield from self._after(before, last, failure)
            return
        if self.compression is Compression.MEMBERS:
            # A file that ends within a head looks complete to FastWARC.
            yield from self._after(before, last, None)
        elif before is not None:
            yield before
            if self.compression is Compression.PLAIN:
                self._check_tail(last)

    def _offset(self, record: WarcRecord) -> int:
        return 0 if self.compression is Compression.STREAM else record.stream_pos

    def _read(self, record: WarcRecord, offset: int) -> CapturedRecord | Flaw:
        length = record.content_length
        if length > self.longest:
            text = f"skipped a record of {length} bytes; the maximum is {self.longest}"
            if self.compression is Compression.STREAM:
                return Flaw(Place(self.path, offset), text, _url(record))
            # The length may be wrong, so search for the next record instead of skipping that many bytes.
            raise _RecordError(offset, text, self._behind(offset), _url(record))
        block = record.reader.read()
        if len(block) < length:
            raise _RecordError(offset, _ENDS, self._behind(offset))
        if self.compression is Compression.MEMBERS and _NEXT in block:
            self._check_length(offset)
        at = _moment(record)
        if at is None:
            return Flaw(Place(self.path, offset), f"invalid WARC-Date: {_date_as_written(record)!r}")
        kind = _KINDS[int(record.record_type)]
        return CapturedRecord(
            Place(self.path, offset),
            kind,
            _url(record),
            at,
            block,
            _get(record, WarcHeader.CONTENT_TYPE) or "",
            _get(record, WarcHeader.WARC_PAYLOAD_DIGEST),
            _get(record, WarcHeader.WARC_BLOCK_DIGEST),
            _get(record, WarcHeader.WARC_TRUNCATED),
            _refers_to(record) if kind == "revisit" else None,
        )

    def _check_length(self, offset: int) -> None:
        """Check a record that seems to extend into the next one against its gzip member. Raises `_RecordError`."""
        where = self.file.tell()
        member = next(members(self.file, offset))
        try:
            parse_record(member)
        except InvalidRecordError as fault:
            raise _RecordError(offset, str(fault), member.end) from fault
        finally:
            self.file.seek(where)

    def _behind(self, offset: int) -> int | None:
        """Return the offset of the next record without relying on the one at `offset`; None at the end."""
        if self.compression is Compression.MEMBERS:
            return member_end(self.file, offset)
        if self.compression is Compression.PLAIN:
            return self._next_head(offset + len(_NEXT))
        return None

    def _next_head(self, start: int) -> int | None:
        """Return the offset of the next text that looks like a record after a block, from `start` on."""
        place = find_bytes(self.file, _NEXT, start)
        return None if place is None else place + _HEAD

    def _check_tail(self, last: int) -> None:
        """Raise `_RecordError` if the file ends within a head after the record at `last`."""
        start = self._next_head(last + len(_NEXT))
        while start is not None:
            self.file.seek(start)
            if b"\r\n\r\n" not in self.file.read(_MAX_HEAD):
                raise _RecordError(start, _ENDS, None)
            start = self._next_head(start + len(_NEXT))

    def _after(
        self, before: CapturedRecord | Flaw | None, last: int, failure: OSError | None
    ) -> Iterator[CapturedRecord | Flaw]:
        """Yield the pending record after the reader has ended or failed somewhere after the record at `last`.

        Raises `_RecordError`.
        """
        if self.compression is not Compression.MEMBERS:
            if before is not None:
                yield before
            plain = self.compression is Compression.PLAIN
            following = self._next_head(last + len(_NEXT)) if plain else None
            # In an uncompressed file, that record may have been read already.
            raise _RecordError(last, f"the data after this record cannot be read: {failure}", following)
        for member in members(self.file, last):
            try:
                record = parse_record(member)
            except InvalidRecordError as fault:
                following = self._next_record(member.end)
                raise _RecordError(member.start, f"{fault}{self._gap(member.end, following)}", following) from failure
            if member.start == last and before is not None:
                yield before
            elif record.kind in _NAMES:
                raise _RecordError(member.start, str(failure), member.end) from failure

    def _gap(self, end: int, following: int | None) -> str:
        """Describe the range that could not be read, if the next record does not follow immediately."""
        last = self.file.seek(0, SEEK_END) if following is None else following
        return "" if last <= end else f"; nothing could be read up to {last}, which may be more than one record"

    def _next_record(self, start: int) -> int | None:
        """Return the offset of the next member from `start` on with a valid record, or None."""
        for member in members(self.file, start):
            try:
                parse_record(member)
            except InvalidRecordError:
                continue
            return member.start
        return None


def _get(record: WarcRecord, name: WarcHeader | str) -> str | None:
    # Lookup with a string takes seven times as long as with FastWARC's constants.
    return record.headers.get(name)


def _refers_to(record: WarcRecord) -> tuple[str, int] | None:
    """Return the file and the offset that a revisit names, or None if one is missing."""
    file = _get(record, "WARC-Refers-To-Filename")
    place = parse_size(_get(record, "WARC-Refers-To-File-Offset") or "")
    return (file, place) if file and place is not None else None


def _moment(record: WarcRecord) -> datetime | None:
    """Return the time of capture; None if it is invalid or before the web existed."""
    at = record.record_date
    try:
        sound = at is not None and at.tzinfo is not None and at.year >= FIRST_YEAR
        return at.astimezone(UTC) if at is not None and sound else None
    except OverflowError:
        return None


def _url(record: WarcRecord) -> str:
    # WARC 1.0 encloses it in angle brackets.
    return (_get(record, WarcHeader.WARC_TARGET_URI) or "").removeprefix("<").removesuffix(">")


def _date_as_written(record: WarcRecord) -> str:
    return (_get(record, WarcHeader.WARC_DATE) or "")[:100]
