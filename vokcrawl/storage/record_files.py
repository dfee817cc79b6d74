"""Reads the record files of an output directory, in the order of the runs."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson
from pydantic import ValidationError

from vokcrawl.errors import StorageError
from vokcrawl.items import KINDS, breaches, checked, is_whole
from vokcrawl.policy.outcome import CRASHED
from vokcrawl.storage.manifest import read_manifest
from vokcrawl.storage.output_folder import OutputFolder, digest, in_run_order, matching, translate_os_errors
from vokcrawl.utils.progress import NO_PROGRESS, Progress

_SCHEMAS = {kind: schema for schema, kind in KINDS.items()}
# How each record begins that this project wrote.
_BEGINNINGS = {
    kind: re.compile(rb'\{"schema":"%s","id":"([0-9]{10}-[0-9]{1,12})",' % re.escape(schema.encode()))
    for kind, schema in _SCHEMAS.items()
}
# A line end within a block that is not between two such records. It starts with a character, by which it is searched.
_BROKEN_BOUNDARIES = {
    kind: re.compile(rb"\n(?:(?<!\}\n)|(?!%s|\Z))" % beginning.pattern) for kind, beginning in _BEGINNINGS.items()
}
_BLOCK = 1 << 20
# Files shorter than this are validated again in any case.
LEAST_BYTES = 1 << 16


class Line(NamedTuple):
    """A line of a record file: its bytes, their offset, and the record, or None and the fault."""

    path: Path
    number: int
    offset: int
    raw: bytes
    record: dict[str, Any] | None
    fault: str | None = None

    def __str__(self) -> str:
        """File, line number and fault, for messages."""
        return f"{self.path}:{self.number}: {self.fault or 'no fault'}"


def read_file(path: Path, kind: str) -> Iterator[Line]:
    """The lines of a file, validated by the schema of their kind. Raises `StorageError` if it cannot be read."""
    for number, offset, line in _raw_lines(path):
        yield Line(path, number, offset, line, *_read_line(line, kind))


def read_unchanged(path: Path, kind: str) -> Iterator[Line]:
    """The lines of a file that is as it was written (`UnchangedFiles`), so each was validated.

    Raises `StorageError`.
    """
    for number, offset, line in _raw_lines(path):
        record = orjson.loads(line)
        yield Line(path, number, offset, line, record if is_whole(record) else checked(record))


def revised_lines(path: Path, identities: Container[str]) -> Iterator[dict[str, Any]]:
    """The article records of such a file that are later versions, or of one of these articles.

    Raises `StorageError`.
    """
    beginning = _BEGINNINGS["articles"]
    for _, _, line in _raw_lines(path):
        # Quotes in a text are escaped, so this is the field of the record.
        found = beginning.match(line) if b'"revision":1,' in line else None
        if found is None or found[1].decode() in identities:
            record: dict[str, Any] = orjson.loads(line)
            yield record if is_whole(record) else checked(record)


class UnchangedFiles:
    """Finds out which record files are as they were written, by the checksums in the manifests of their runs.

    A checksum is computed while a file is written, and each record is validated before. So the lines of a file whose
    SHA-256 is that of its manifest need not be validated again. The checksums of crashed runs were computed later, from
    the files, so they prove nothing. A short file is validated sooner than its manifest is read.
    """

    def __init__(self, folder: OutputFolder) -> None:
        self._folder = folder
        self._known: dict[Path, bool] = {}

    def __contains__(self, path: Path) -> bool:
        known = self._known.get(path)
        if known is None:
            with translate_os_errors(path):
                known = path.stat().st_size >= LEAST_BYTES and digest(path)[2] == self._checksum(path)
            self._known[path] = known
        return known

    def _checksum(self, path: Path) -> str | None:
        try:
            manifest, _ = read_manifest(self._folder.manifest(path.stem))
        except StorageError:
            return None
        if manifest.outcome == CRASHED:
            return None
        name = f"{path.parent.name}/{path.name}"
        return next((entry.sha256 for entry in manifest.files if entry.path == name), None)


def read_kind(folder: OutputFolder, kind: str) -> Iterator[Line]:
    """All lines of a kind (`articles`, `teasers`, `removals`), run by run."""
    for path in in_run_order(matching(folder.path / kind, ".jsonl")):
        yield from read_file(path, kind)


def read_article_lines(
    folder: OutputFolder, kind: str, identity: str, progress: Progress = NO_PROGRESS
) -> Iterator[Line]:
    """All lines of a kind that belong to one article, and all lines of which this is not known.

    Whole lines that begin as a record of another article and do not contain the id are skipped. Where a block consists
    of such lines, it is searched as a whole, which is faster.
    """
    beginning, boundary, wanted = _BEGINNINGS[kind], _BROKEN_BOUNDARIES[kind], identity.encode()
    for path in in_run_order(matching(folder.path / kind, ".jsonl")):
        for number, offset, block in blocks(path):
            progress.advance(len(block))
            if wanted not in block and beginning.match(block) and block.endswith(b"}\n") and not boundary.search(block):
                continue
            at = offset
            for place, line in enumerate(BytesIO(block), number):
                if wanted in line or not line.endswith(b"}\n") or not beginning.match(line):
                    yield Line(path, place, at, line, *_read_line(line, kind))
                at += len(line)


def blocks(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """The file in blocks of whole lines, each with the number of its first line and its offset."""
    number, offset = 1, 0
    with translate_os_errors(path), path.open("rb") as file:
        while block := file.read(_BLOCK) + file.readline():
            yield number, offset, block
            number += block.count(b"\n")
            offset += len(block)


def _raw_lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """The lines of a file, each with its number from 1 on and its offset."""
    offset = 0
    with translate_os_errors(path), path.open("rb") as file:
        for number, line in enumerate(file, 1):
            yield number, offset, line
            offset += len(line)


def _read_line(line: bytes, kind: str) -> tuple[dict[str, Any] | None, str | None]:
    """The record, or the fault of the line."""
    if not line.endswith(b"\n"):
        return None, "the line is torn: it does not end in a line end"
    try:
        record = orjson.loads(line)
        if not isinstance(record, dict) or record.get("schema") != _SCHEMAS[kind]:
            return None, f"the record's schema is not {_SCHEMAS[kind]}"
        return checked(record), None
    except orjson.JSONDecodeError as fault:
        return None, f"not JSON: {fault}"
    except ValidationError as fault:
        return None, breaches(fault)


def read_at(path: Path, offset: int, length: int, kind: str) -> Line:
    """The line with this offset and length in bytes; its number is 0. Raises `StorageError`."""
    with closing(LineReader()) as reader:
        raw = reader.read(path, offset, length)
    return Line(path, 0, offset, raw, *_read_line(raw, kind))


class LineReader:
    """Reads single lines again. The file of the last one stays open, because the next line is often in it, too."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    def read(self, path: Path, offset: int, length: int) -> bytes:
        """The bytes at a place, fewer where the file ends before. Raises `StorageError`."""
        with translate_os_errors(path):
            if self._file is None or path != self._path:
                self.close()
                self._path, self._file = path, path.open("rb")
            self._file.seek(offset)
            return self._file.read(length)

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
