"""Whether a file of an archive is whole, and whether a record stands where it is said to stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vokcrawl.errors import StorageError
from vokcrawl.normalize import canonical_url
from vokcrawl.storage.output_folder import ARCHIVE, PART, WARC, OutputFolder, translate_os_errors
from vokcrawl.warc.gzip_members import Member, members, read_member
from vokcrawl.warc.http_exchange import parted
from vokcrawl.warc.records import digest

_FILE = re.compile(rf"{ARCHIVE}/[\w.-]+{re.escape(WARC)}", re.ASCII)
_ANSWERS = ("response", "revisit")
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ArchivedRecord:
    """A record taken apart: its fields by their names in lower case, and its block."""

    fields: dict[str, str]
    block: bytes

    @property
    def kind(self) -> str:
        """The WARC-Type; empty if there is none."""
        return self.fields.get("warc-type", "")

    @property
    def payload_digest(self) -> str | None:
        """The WARC-Payload-Digest."""
        return self.fields.get("warc-payload-digest")


class NoRecord(ValueError):
    """A gzip member that holds no whole record; the message says what is wrong with it."""


class ArchiveCheck:
    """One look through a file. `flaws` gives what is wrong, each with its offset; then `records` and `end` are known.

    `end` is where the last whole record ends. With `length` only so many bytes are looked at.
    """

    def __init__(self, folder: OutputFolder, path: Path, length: int | None = None) -> None:
        self.records = 0
        self.end = 0
        self._folder = folder
        self._path = path
        self._length = length

    def flaws(self) -> Iterator[tuple[int, str]]:
        """Yields offset and description of each flaw."""
        with translate_os_errors(self._path), self._path.open("rb") as file:
            for member in members(file):
                if self._length is not None and member.start >= self._length:
                    return
                try:
                    record = taken_apart(member)
                except NoRecord as fault:
                    yield member.start, str(fault)
                    continue
                self.records += 1
                self.end = member.end
                yield from ((member.start, text) for text in self._wrong(record))

    def _wrong(self, record: ArchivedRecord) -> Iterator[str]:
        if record.fields.get("warc-block-digest") != digest(record.block):
            yield "its block is not what its digest says"
        if record.kind in ("response", "resource"):
            payload = parted(record.block)[1] if record.kind == "response" else record.block
            if record.payload_digest != digest(payload):
                yield "its payload is not what its digest says"
        elif record.kind == "revisit":
            fault = not_there(self._folder, _referred_to(record), record.fields.get("warc-refers-to-target-uri", ""))
            if fault is not None:
                yield f"it refers to another record, but {fault}"


def _referred_to(record: ArchivedRecord) -> dict[str, Any]:
    offset = bytes_in(record.fields.get("warc-refers-to-file-offset", ""))
    return {
        "file": f"{ARCHIVE}/{record.fields.get('warc-refers-to-filename')}",
        "offset": -1 if offset is None else offset,
        "digest": record.payload_digest,
    }


def answers(path: Path) -> Iterator[tuple[int, ArchivedRecord]]:
    """The whole answers of a file with a body of their own, and their offsets. Passes over what is no record."""
    with translate_os_errors(path), path.open("rb") as file:
        for member in members(file):
            try:
                record = taken_apart(member)
            except NoRecord:
                continue
            whole = "warc-truncated" not in record.fields and parted(record.block)[1]
            if record.kind == "response" and whole:
                yield member.start, record


def not_there(folder: OutputFolder, place: dict[str, Any], url: str) -> str | None:
    """What is wrong with a place where the answer of an address is said to stand; None when it stands there."""
    if _FILE.fullmatch(place["file"]) is None:
        return f"{place['file']}: no file of an archive is called so"
    path = folder.path / place["file"]
    if not path.exists():
        path = path.with_name(path.name + PART)
    try:
        with translate_os_errors(path), path.open("rb") as file:
            member = read_member(file, place["offset"]) if place["offset"] >= 0 else None
    except StorageError as failure:
        return str(failure)
    where = f"{place['file']} at {place['offset']}"
    try:
        if member is None:
            raise NoRecord("there is nothing there")
        record = taken_apart(member)
    except NoRecord as fault:
        return f"{where}: {fault}"
    if record.kind not in _ANSWERS or record.payload_digest != place["digest"]:
        return f"{where}: a {record.kind} record with {record.payload_digest}, not an answer with {place['digest']}"
    found = record.fields.get("warc-target-uri", "")
    if canonical_url(found) != canonical_url(url):
        return f"{where}: the answer of {found}, not of {url}"
    return None


def bytes_in(said: str) -> int | None:
    """A number of bytes that a header says; None for what is no number, or one that no file could have."""
    return int(said) if len(said) <= _MOST_DIGITS and said.isascii() and said.isdigit() else None


def taken_apart(member: Member) -> ArchivedRecord:
    """The one record that a member holds. Raises `NoRecord`."""
    if member.data is None:
        raise NoRecord(member.fault)
    head, _, rest = member.data.partition(b"\r\n\r\n")
    version, *lines = head.decode("utf-8", "replace").split("\r\n")
    if not version.startswith("WARC/1."):
        raise NoRecord("what it holds is no WARC record")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    said = fields.get("content-length", "")
    length = bytes_in(said)
    if length is None or rest[length:] != b"\r\n\r\n":
        raise NoRecord(f"its length is not the {said[:100] or 'missing'} that it says")
    return ArchivedRecord(fields, rest[:length])
