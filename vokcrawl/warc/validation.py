"""Checks the files of an archive, and that a location in it contains the expected record."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from typing_extensions import Buffer, override

from vokcrawl.errors import StorageError
from vokcrawl.normalize import canonical_url
from vokcrawl.storage.output_folder import ARCHIVE, PART, WARC, OutputFolder, translate_os_errors
from vokcrawl.warc.gzip_members import READ_BYTES, Member, members, read_member
from vokcrawl.warc.http_exchange import head_length
from vokcrawl.warc.record_head import parse_head, parse_size
from vokcrawl.warc.records import digest

_FILE = re.compile(rf"{ARCHIVE}/[\w.-]+{re.escape(WARC)}", re.ASCII)
_RESPONSES = ("response", "revisit")
# Ends the head of a record; two line ends follow its block, too.
EMPTY_LINE = b"\r\n\r\n"


class ArchivedRecord:
    """A parsed record: its fields, with names in lower case, and its block. `kind` is its WARC-Type, or empty.

    If only its beginning was read, the block is shorter than its `length`.
    """

    __slots__ = ("_body_start", "block", "fields", "kind", "length")

    def __init__(self, fields: dict[str, str], block: bytes, length: int | None = None) -> None:
        self.fields = fields
        self.block = block
        self.length = len(block) if length is None else length
        self.kind = fields.get("warc-type", "")
        self._body_start: int | None = None

    @property
    def body_start(self) -> int:
        """Where the body begins in the block of a response; the end of the block if there is none."""
        if self._body_start is None:
            self._body_start = head_length(self.block)
        return self._body_start

    @property
    def is_response(self) -> bool:
        """Whether it is a response of the site, or refers to an earlier one with the same body."""
        return self.kind in _RESPONSES

    @property
    def is_whole(self) -> bool:
        """Whether it is a complete response with a body, to which later ones may refer."""
        return self.kind == "response" and "warc-truncated" not in self.fields and self.body_start < self.length

    @property
    def payload_digest(self) -> str | None:
        """The WARC-Payload-Digest."""
        return self.fields.get("warc-payload-digest")


class InvalidRecordError(ValueError):
    """A gzip member without a valid record. The message gives the reason."""


class _HashedFile(io.FileIO):
    """A file that computes its SHA-256 while it is read, so that it is read once. What is read again is not counted."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        self.hashed = 0
        self.sha256 = hashlib.sha256()

    @override
    def readinto(self, buffer: Buffer, /) -> int | None:
        start = self.seek(0, io.SEEK_CUR)
        size = super().readinto(buffer)
        if size and start <= self.hashed < start + size:
            self.sha256.update(memoryview(buffer)[self.hashed - start : size])
            self.hashed = start + size
        return size

    def finish(self) -> None:
        """Reads what was not read."""
        self.seek(self.hashed)
        buffer = bytearray(READ_BYTES)
        while self.readinto(buffer):
            pass


class ArchiveCheck:
    """A check of one file. Iterate over `flaws`, each with its offset; then the other attributes are set.

    `records` is the number of valid records, `end` the end of the last one. With `length`, only that many bytes are
    checked; without it, `bytes` and `sha256` are those of the whole file, which is read once for all of this. `note` is
    called with the offset of each valid record, and `fault_of` as `location_fault` is.
    """

    def __init__(
        self,
        folder: OutputFolder,
        path: Path,
        length: int | None = None,
        note: Callable[[int, ArchivedRecord], None] | None = None,
        fault_of: Callable[[dict[str, Any], str], str | None] | None = None,
    ) -> None:
        self.records = 0
        self.end = 0
        self.bytes = 0
        self.sha256 = ""
        self._path = path
        self._length = length
        self._note = note
        self._fault_of = fault_of or partial(location_fault, folder)

    def flaws(self) -> Iterator[tuple[int, str]]:
        """Yields offset and description of each flaw."""
        with (
            translate_os_errors(self._path),
            _HashedFile(self._path) as hashed,
            io.BufferedReader(hashed, READ_BYTES) as file,
        ):
            for member in members(file):
                if self._length is not None and member.start >= self._length:
                    return
                try:
                    record = parse_record(member)
                except InvalidRecordError as fault:
                    yield member.start, str(fault)
                    continue
                self.records += 1
                self.end = member.end
                if self._note is not None:
                    self._note(member.start, record)
                yield from ((member.start, text) for text in self._wrong(record))
            hashed.finish()
            self.bytes, self.sha256 = hashed.hashed, hashed.sha256.hexdigest()

    def _wrong(self, record: ArchivedRecord) -> Iterator[str]:
        if record.fields.get("warc-block-digest") != digest(record.block):
            yield "its block does not match its digest"
        if record.kind in ("response", "resource"):
            start = record.body_start if record.kind == "response" else 0
            if record.payload_digest != digest(memoryview(record.block)[start:]):
                yield "its payload does not match its digest"
        elif (fault := revisit_fault(record, self._fault_of)) is not None:
            yield fault


def revisit_fault(record: ArchivedRecord, fault_of: Callable[[dict[str, Any], str], str | None]) -> str | None:
    """Return why the record that a `revisit` refers to is missing; None if it is there, or for other records.

    `fault_of` is called as `location_fault`.
    """
    if record.kind != "revisit":
        return None
    fault = fault_of(_referred_to(record), record.fields.get("warc-refers-to-target-uri", ""))
    return None if fault is None else f"it refers to a missing record: {fault}"


def _referred_to(record: ArchivedRecord) -> dict[str, Any]:
    offset = parse_size(record.fields.get("warc-refers-to-file-offset", ""))
    return {
        "file": f"{ARCHIVE}/{record.fields.get('warc-refers-to-filename')}",
        "offset": -1 if offset is None else offset,
        "digest": record.payload_digest,
    }


def responses(path: Path) -> Iterator[tuple[int, ArchivedRecord]]:
    """Yield the responses of a file, `revisit` records included, with their offsets. Invalid records are skipped."""
    with translate_os_errors(path), path.open("rb") as file:
        for member in members(file):
            try:
                record = parse_record(member)
            except InvalidRecordError:
                continue
            if record.kind in _RESPONSES:
                yield member.start, record


def answers(path: Path) -> Iterator[tuple[int, ArchivedRecord]]:
    """Yield the complete responses of a file that have a body, with their offsets. Invalid records are skipped."""
    for offset, record in responses(path):
        if record.is_whole:
            yield offset, record


def archive_path(folder: OutputFolder, name: str) -> Path:
    """Return the path of an archive file by its name in a location: the partial file, if only that exists."""
    path = folder.path / name
    part = path.with_name(path.name + PART)
    return part if part.exists() and not path.exists() else path


def location_fault(folder: OutputFolder, place: dict[str, Any], url: str) -> str | None:
    """Return why a location does not contain the response for a URL; None if it does."""
    if _FILE.fullmatch(place["file"]) is None:
        return f"{place['file']}: not the name of an archive file"
    path = archive_path(folder, place["file"])
    try:
        with translate_os_errors(path), path.open("rb") as file:
            member = read_member(file, place["offset"]) if place["offset"] >= 0 else None
    except StorageError as failure:
        return str(failure)
    where = f"{place['file']} at {place['offset']}"
    try:
        if member is None:
            raise InvalidRecordError("nothing is stored there")
        record = parse_record(member)
    except InvalidRecordError as fault:
        return f"{where}: {fault}"
    if not record.is_response or record.payload_digest != place["digest"]:
        return f"{where}: a {record.kind} record with {record.payload_digest}, not a response with {place['digest']}"
    found = record.fields.get("warc-target-uri", "")
    if not same_page(found, url):
        return f"{where}: the response of {found}, not of {url}"
    return None


def same_page(one: str, other: str) -> bool:
    """Return whether two URLs are the same in canonical form."""
    return one == other or canonical_url(one) == canonical_url(other)


def parse_record(member: Member) -> ArchivedRecord:
    """Parse the record in a member. Raises `InvalidRecordError`."""
    if member.data is None:
        raise InvalidRecordError(member.fault)
    # Only the head and the block are copied, because a record may be large.
    end = member.data.find(EMPTY_LINE)
    start = len(member.data) if end < 0 else end + len(EMPTY_LINE)
    fields = parse_head(member.data[:start])
    if fields is None:
        raise InvalidRecordError("not a WARC record")
    value = fields.get("content-length", "")
    length = parse_size(value)
    if length is None or member.data[start + length :] != EMPTY_LINE:
        raise InvalidRecordError(f"its Content-Length is wrong: {value[:100] or 'missing'}")
    return ArchivedRecord(fields, member.data[start : start + length])
