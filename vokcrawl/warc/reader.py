"""Reads the records of any WARC file, including damaged and hostile ones.

One rule holds for every record: a head, a block of its length, and any number of empty lines; then the next record
or the end of the file. Where a file breaks this rule, the fault is reported with its offset, and reading continues
with the next gzip member or Zstandard frame, or in a file that is not compressed with the next text that looks like
a record. Libraries are stricter than the standard (lower-case field names, dates without a time, WARC 0.18), and do
not continue after a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO, NamedTuple

from vokcrawl.storage.output_folder import translate_os_errors
from vokcrawl.warc.compression import (
    CUT_OFF,
    WARC_START,
    Compression,
    Content,
    Location,
    detect_compression,
    next_member,
)
from vokcrawl.warc.files import open_file
from vokcrawl.warc.record_head import HEAD_END, MAX_HEAD, parse_date, parse_head, parse_size
from vokcrawl.warc.records import REQUESTED_BY

# Types of records whose blocks are never needed.
_UNREAD = ("request", "metadata")
# Types of records whose first segment alone would be taken for a whole page.
_SEGMENTED = ("response", "resource", "revisit")
# The end of a block followed by the next record, with either kind of line ends.
_NEXT = b"\n\r\nWARC/", b"\n\nWARC/"
_MAX_SHOWN = 100


class Place(NamedTuple):
    """Location of a record: the file, the offset of its gzip member or Zstandard frame, and the offset in that.

    In a file that is not compressed, `inside` is 0 and `offset` is that of the record.
    """

    file: Path
    offset: int
    inside: int = 0


@dataclass(frozen=True, slots=True)
class Flaw:
    """A fault: what could not be read, and why. `url` and `at` are those of the record if they are known."""

    place: Place
    text: str
    url: str = ""
    at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.place.file}: at {self.place.offset}: {self.text}"


class RefersTo(NamedTuple):
    """The reference of a revisit to the record with its payload: file and offset, the record's id, and URL and date."""

    location: tuple[str, int] | None = None
    record_id: str | None = None
    capture: tuple[str, str] | None = None


class CapturedRecord(NamedTuple):
    """A record with its block. `at` is its WARC-Date (aware); URLs and digests are those in the record.

    A named tuple, because it is passed between processes, and tuples unpickle faster than dataclasses. Requests and
    metadata have an empty block.
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
    record_id: str | None = None
    refers_to: RefersTo | None = None
    requested_by: str | None = None


def read_archive(path: Path, longest: int) -> Iterator[CapturedRecord | Flaw]:
    """Yield the records of a file, and its flaws, in file order.

    `longest` is the maximum length of a block. Raises `NotAnArchiveError`, or `StorageError` if unreadable.
    """
    with translate_os_errors(path), open_file(path) as file:
        yield from _Reader(path, file, detect_compression(file), longest).records(Location(0))


def read_at(place: Place, longest: int) -> Iterator[CapturedRecord | Flaw]:
    """Like `read_archive`, but start at a record."""
    with translate_os_errors(place.file), open_file(place.file) as file:
        start = Location(place.offset, place.inside)
        yield from _Reader(place.file, file, detect_compression(file), longest).records(start)


class _RecordError(Exception):
    """An invalid record."""

    def __init__(self, at: Location, text: str, fields: dict[str, str] | None = None, *, damaged: bool = False) -> None:
        super().__init__(text)
        self.at = at
        self.text = text
        self.fields = fields or {}
        # Whether the compressed data is damaged, so that nothing after it can be decompressed.
        self.damaged = damaged


class _Reader:
    """Reads one file."""

    def __init__(self, path: Path, file: BinaryIO, compression: Compression, longest: int) -> None:
        self.path = path
        self.file = file
        self.compression = compression
        self.longest = longest
        # Whether every record so far began with a member; then a damaged one costs its own record only.
        self._aligned = compression is not Compression.NONE

    def records(self, start: Location) -> Iterator[CapturedRecord | Flaw]:
        """Yield records and flaws from a location on."""
        content: Content | None = self._content(start)
        while content is not None:
            try:
                record = self._record(content)
            except _RecordError as wrong:
                following = self._recover(content, wrong)
                gap = self._gap(content, wrong, following)
                at = parse_date(wrong.fields.get("warc-date", ""))
                yield Flaw(self._place(wrong.at), f"{wrong.text}{gap}", _url(wrong.fields), at)
                content = following
                continue
            if record is None:
                return
            yield record

    def _content(self, start: Location) -> Content:
        if self.compression is Compression.NONE:
            start = Location(start.offset + start.inside)
        return Content(self.file, self.compression, start)

    def _place(self, at: Location) -> Place:
        return (
            Place(self.path, at.offset + at.inside) if self.compression is Compression.NONE else Place(self.path, *at)
        )

    def _record(self, content: Content) -> CapturedRecord | Flaw | None:
        """Return the next record; None at the end of the file. Raises `_RecordError`.

        A record is returned only after the data after it was read, because the checksum of a member is at its end.
        """
        content.skip_blank()
        at = content.location
        fields = self._head(content, at)
        if fields is None:
            return None
        self._aligned &= not at.inside
        kind = fields.get("warc-type", "").lower()
        written = fields.get("content-length", "")
        length = parse_size(written)
        wrong_length = f"its Content-Length is wrong: {written[:_MAX_SHOWN] or 'missing'}"
        if length is None:
            raise _RecordError(at, wrong_length, fields)
        if length > self.longest and kind not in _UNREAD:
            text = f"skipped a record of {length} bytes; the maximum is {self.longest}"
            raise _RecordError(at, text, fields)
        block = self._block(content, at, fields, length, read=kind not in _UNREAD)
        content.skip_blank()
        following = content.peek(len(WARC_START))
        damage = content.damage
        if not following and damage is not None and (damage.offset, at.inside) == (at.offset, 0):
            # The checksum of its member is wrong or missing.
            raise _RecordError(at, damage.text, fields, damaged=True)
        # A next member that does not begin with a record is a fault of its own.
        if following and following != WARC_START and content.location.inside:
            raise _RecordError(at, wrong_length, fields)
        return self._parsed(at, kind, fields, block)

    def _head(self, content: Content, at: Location) -> dict[str, str] | None:
        """Return the fields of the record at which the content is, and go to its block; None at the end."""
        start = content.peek(len(WARC_START))
        if len(start) < len(WARC_START) and content.damage is not None:
            damage = content.damage
            raise _RecordError(Location(damage.offset), damage.text, damaged=True)
        if not start:
            return None
        if start != WARC_START:
            raise _RecordError(at, CUT_OFF if WARC_START.startswith(start) else "not a WARC record")
        end = content.find(HEAD_END, MAX_HEAD)
        if end is None:
            cut = len(content.peek(MAX_HEAD)) < MAX_HEAD
            fault = content.damage.text if content.damage is not None else CUT_OFF if cut else "its head has no end"
            raise _RecordError(at, fault, damaged=content.damage is not None)
        if content.boundary_with(WARC_START, end.end()) is not None:
            raise _RecordError(at, "its head ends in the middle")
        fields = parse_head(content.peek(end.end()))
        if fields is None:
            raise _RecordError(at, "not a WARC record, or one of an unknown version")
        content.skip(end.end())
        return fields

    def _block(self, content: Content, at: Location, fields: dict[str, str], length: int, *, read: bool) -> bytes:
        """Read the block, or skip it. Raises `_RecordError` if it is incomplete or extends into the next record."""
        if not read:
            there = content.skip(length)
            block = b""
        else:
            block = content.peek(length)
            there = len(block)
            if content.boundary_with(WARC_START, there) is not None:
                raise _RecordError(at, f"its Content-Length is wrong: {length}", fields)
        if there < length:
            damage = content.damage
            raise _RecordError(at, damage.text if damage is not None else CUT_OFF, fields, damaged=damage is not None)
        if read:
            content.skip(length)
        return block

    def _parsed(self, at: Location, kind: str, fields: dict[str, str], block: bytes) -> CapturedRecord | Flaw:
        date = parse_date(fields.get("warc-date", ""))
        if date is None:
            text = f"invalid WARC-Date: {fields.get('warc-date', '')[:_MAX_SHOWN]!r}"
            return Flaw(self._place(at), text, _url(fields))
        if kind in _SEGMENTED and "warc-segment-number" in fields:
            # ISO 28500, 7: the rest is in `continuation` records, perhaps of another file.
            text = f"a {kind} in several segments is not supported; make the archive again with longer files"
            return Flaw(self._place(at), text, _url(fields), date)
        return CapturedRecord(
            self._place(at),
            kind,
            _url(fields),
            date,
            block,
            fields.get("content-type", ""),
            fields.get("warc-payload-digest"),
            fields.get("warc-block-digest"),
            fields.get("warc-truncated"),
            fields.get("warc-record-id"),
            _refers_to(fields) if kind == "revisit" else None,
            fields.get(REQUESTED_BY.lower()),
        )

    def _recover(self, content: Content, wrong: _RecordError) -> Content | None:
        """Return the content at the next record that can be read after an invalid one; None if there is none."""
        if wrong.damaged:
            return self._after_damage(content, wrong)
        if not self._aligned and content.damage is None:
            return self._next_text(self._content(wrong.at))
        searched = self._content(wrong.at)
        is_alone = wrong.at == (0, 0)
        while searched.next_boundary():
            is_alone = False
            if searched.peek(len(WARC_START)) == WARC_START:
                return searched
        if searched.damage is not None:
            return self._after_damage(searched, wrong)
        # The file is compressed as a whole.
        return self._next_text(self._content(wrong.at)) if is_alone else None

    def _after_damage(self, content: Content, wrong: _RecordError) -> Content | None:
        """Return the content at the first record after damaged compressed data."""
        damage = content.damage
        start = damage.offset if damage is not None else wrong.at.offset
        while (offset := next_member(self.file, self.compression, start + 1)) is not None:
            content = self._content(Location(offset))
            if content.peek(len(WARC_START)) == WARC_START and content.find(HEAD_END, MAX_HEAD) is not None:
                return content
            if not self._aligned and content.damage is None:
                return self._next_text(content)
            start = offset
        return None

    def _next_text(self, content: Content) -> Content | None:
        """Return the content at the next text that looks like a record after a block."""
        places = []
        for text in _NEXT:
            searched = self._content(content.location)
            if searched.seek_text(text):
                searched.skip(text.index(WARC_START))
                places.append(searched.location)
        return self._content(min(places)) if places else None

    def _gap(self, content: Content, wrong: _RecordError, following: Content | None) -> str:
        """Describe the range that could not be read, if the next record does not follow immediately."""
        if not wrong.damaged or not self._aligned or content.damage is None or content.damage.is_cut_off:
            return ""
        end = next_member(self.file, self.compression, content.damage.offset + 1)
        size = self.file.seek(0, SEEK_END)
        last = size if following is None else following.location.offset
        if last <= (size if end is None else end):
            return ""
        return f"; nothing could be read up to {last}, which may be more than one record"


def _refers_to(fields: dict[str, str]) -> RefersTo:
    file = fields.get("warc-refers-to-filename")
    offset = parse_size(fields.get("warc-refers-to-file-offset", ""))
    url, date = fields.get("warc-refers-to-target-uri"), fields.get("warc-refers-to-date")
    return RefersTo(
        (file, offset) if file and offset is not None else None,
        fields.get("warc-refers-to"),
        (_without_brackets(url), date) if url and date else None,
    )


def _url(fields: dict[str, str]) -> str:
    return _without_brackets(fields.get("warc-target-uri", ""))


def _without_brackets(url: str) -> str:
    # WARC 1.0 encloses it in angle brackets.
    return url.removeprefix("<").removesuffix(">")
