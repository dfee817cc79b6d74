"""Reading archives of any make: one record after the other, as far as a damaged or hostile file lets it.

FastWARC reads what is whole. Where it fails, the file's gzip members are looked at one by one (`members`), the fault is
named with its offset, and reading goes on with the next member. A file in which more than one record shares a gzip
member, or none is compressed, is read too; its faults cannot be gone round as well.
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
from vokcrawl.warc.compression import Packing, packing_of
from vokcrawl.warc.gzip_members import member_end, members, place_of
from vokcrawl.warc.validation import NoRecord, bytes_in, taken_apart

# What may hold an answer, or says what the file is; the rest (requests, metadata) is passed over unread.
_NAMES = ("response", "revisit", "resource", "conversion", "continuation", "warcinfo")
_TYPES: tuple[WarcRecordType, ...] = tuple(getattr(WarcRecordType, name) for name in _NAMES)
_KINDS = dict(zip(map(int, _TYPES), _NAMES, strict=True))
_WANTED = reduce(or_, _TYPES)
# What a block holds that runs on into the next record.
_NEXT = b"\r\n\r\nWARC/1."
_HEAD = _NEXT.index(b"WARC")
_MOST_HEAD = 1 << 16
# Before it there was no web to capture.
FIRST_YEAR = 1990
_ENDS = "the file ends in the middle of this record"


class Place(NamedTuple):
    """Where a record begins: file and offset in bytes. Records of a file compressed as a whole have the offset 0."""

    file: Path
    offset: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """What could not be read, and why; `url` is the record's address where it is known."""

    place: Place
    text: str
    url: str = ""

    def __str__(self) -> str:
        return f"{self.place.file}: at {self.place.offset}: {self.text}"


class Captured(NamedTuple):
    """A record with its block. `at` is its WARC-Date (aware); addresses and digests are as the record has them.

    A tuple, for it goes from process to process: a dataclass is put together there field by field.
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


def read_archive(path: Path, longest: int) -> Iterator[Captured | Flaw]:
    """The records of a file that may hold an answer, and its flaws, in its order; `longest` bounds their blocks.

    Raises `NotAnArchive`, or `StorageError` when it cannot be read at all.
    """
    with translate_os_errors(path), path.open("rb") as file:
        yield from _Reading(path, file, packing_of(file), longest).records()


def read_at(place: Place, longest: int) -> Iterator[Captured | Flaw]:
    """The same from a record on."""
    with translate_os_errors(place.file), place.file.open("rb") as file:
        yield from _Reading(place.file, file, packing_of(file), longest).records(place.offset)


class _Wrong(Exception):
    """A record that cannot be taken as it is: its offset, what is wrong, and where to go on (None: nowhere)."""

    def __init__(self, offset: int, text: str, following: int | None, url: str = "") -> None:
        super().__init__(text)
        self.offset = offset
        self.text = text
        self.following = following
        self.url = url


class _Reading:
    """One file while it is read."""

    def __init__(self, path: Path, file: BinaryIO, packing: Packing, longest: int) -> None:
        self.path = path
        self.file = file
        self.packing = packing
        self.longest = longest

    def records(self, start: int = 0) -> Iterator[Captured | Flaw]:
        at: int | None = start
        while at is not None:
            try:
                yield from self._sound(at)
                return
            except _Wrong as wrong:
                yield Flaw(Place(self.path, wrong.offset), wrong.text, wrong.url)
                at = wrong.following if wrong.following is None or wrong.following > at else None

    def _sound(self, start: int) -> Iterator[Captured | Flaw]:
        """The records from `start` on, up to the first one that is wrong. Raises `_Wrong`.

        Each is given only when the reader has come past it: its checksum stands at its end.
        """
        self.file.seek(start)
        before: Captured | Flaw | None = None
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
        if self.packing is Packing.MEMBERS:
            # What ends in the middle of a head looks like the end of the file.
            yield from self._after(before, last, None)
        elif before is not None:
            yield before
            if self.packing is Packing.PLAIN:
                self._check_tail(last)

    def _offset(self, record: WarcRecord) -> int:
        return 0 if self.packing is Packing.STREAM else record.stream_pos

    def _read(self, record: WarcRecord, offset: int) -> Captured | Flaw:
        length = record.content_length
        if length > self.longest:
            text = f"a record of {length} bytes, which is more than {self.longest}: passed over"
            if self.packing is Packing.STREAM:
                return Flaw(Place(self.path, offset), text, _url(record))
            # Its length may be a lie: not it, but what really follows says where to go on.
            raise _Wrong(offset, text, self._behind(offset), _url(record))
        block = record.reader.read()
        if len(block) < length:
            raise _Wrong(offset, _ENDS, self._behind(offset))
        if self.packing is Packing.MEMBERS and _NEXT in block:
            self._check_length(offset)
        at = _moment(record)
        if at is None:
            return Flaw(Place(self.path, offset), f"no moment in its WARC-Date: {_date_as_written(record)!r}")
        kind = _KINDS[int(record.record_type)]
        return Captured(
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
        """Holds a record that seems to run on into the next one to its own gzip member. Raises `_Wrong`."""
        where = self.file.tell()
        member = next(members(self.file, offset))
        try:
            taken_apart(member)
        except NoRecord as fault:
            raise _Wrong(offset, str(fault), member.end) from fault
        finally:
            self.file.seek(where)

    def _behind(self, offset: int) -> int | None:
        """Where the next record begins, if the one at this offset cannot be trusted to say so; None at the end."""
        if self.packing is Packing.MEMBERS:
            return member_end(self.file, offset)
        if self.packing is Packing.PLAIN:
            return self._next_head(offset + len(_NEXT))
        return None

    def _next_head(self, start: int) -> int | None:
        """Where a record begins that follows a block's end at `start` or later, by what it looks like."""
        place = place_of(self.file, _NEXT, start)
        return None if place is None else place + _HEAD

    def _check_tail(self, last: int) -> None:
        """Raises `_Wrong` where the file ends in the middle of a head, behind the record at `last`."""
        start = self._next_head(last + len(_NEXT))
        while start is not None:
            self.file.seek(start)
            if b"\r\n\r\n" not in self.file.read(_MOST_HEAD):
                raise _Wrong(start, _ENDS, None)
            start = self._next_head(start + len(_NEXT))

    def _after(self, before: Captured | Flaw | None, last: int, failure: OSError | None) -> Iterator[Captured | Flaw]:
        """What is left to give when the reader has come to an end, or failed, somewhere behind the record at `last`.

        Raises `_Wrong`.
        """
        if self.packing is not Packing.MEMBERS:
            if before is not None:
                yield before
            plain = self.packing is Packing.PLAIN
            following = self._next_head(last + len(_NEXT)) if plain else None
            # In a plain file the next record that looks like one may be one that was read.
            raise _Wrong(last, f"what follows this record cannot be read: {failure}", following)
        for member in members(self.file, last):
            try:
                record = taken_apart(member)
            except NoRecord as fault:
                following = self._next_record(member.end)
                raise _Wrong(member.start, f"{fault}{self._gap(member.end, following)}", following) from failure
            if member.start == last and before is not None:
                yield before
            elif record.kind in _NAMES:
                raise _Wrong(member.start, str(failure), member.end) from failure

    def _gap(self, end: int, following: int | None) -> str:
        """What is said of a fault behind which no record begins where the next one should: it may have cost many."""
        last = self.file.seek(0, SEEK_END) if following is None else following
        return "" if last <= end else f"; nothing could be read from here to {last}: it may be more than one record"

    def _next_record(self, start: int) -> int | None:
        """The next member from `start` on that holds a whole record; what only looks like one is passed over."""
        for member in members(self.file, start):
            try:
                taken_apart(member)
            except NoRecord:
                continue
            return member.start
        return None


def _get(record: WarcRecord, name: WarcHeader | str) -> str | None:
    # By its name as text a header takes seven times as long to find.
    return record.headers.get(name)


def _refers_to(record: WarcRecord) -> tuple[str, int] | None:
    """The file and the offset that a revisit names, if it names both."""
    file = _get(record, "WARC-Refers-To-Filename")
    place = bytes_in(_get(record, "WARC-Refers-To-File-Offset") or "")
    return (file, place) if file and place is not None else None


def _moment(record: WarcRecord) -> datetime | None:
    """When it was captured; None where that is no moment, or none at which there was a web to capture."""
    at = record.record_date
    try:
        sound = at is not None and at.tzinfo is not None and at.year >= FIRST_YEAR
        return at.astimezone(UTC) if at is not None and sound else None
    except OverflowError:
        return None


def _url(record: WarcRecord) -> str:
    # WARC 1.0 has angle brackets around it.
    return (_get(record, WarcHeader.WARC_TARGET_URI) or "").removeprefix("<").removesuffix(">")


def _date_as_written(record: WarcRecord) -> str:
    return (_get(record, WarcHeader.WARC_DATE) or "")[:100]
