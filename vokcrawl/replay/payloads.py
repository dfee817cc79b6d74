"""Finds the records that revisit records refer to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from vokcrawl.utils.temp_database import temporary_database, translate_database_errors
from vokcrawl.warc.files import file_size, is_file
from vokcrawl.warc.reader import CapturedRecord, Place, RefersTo, read_at
from vokcrawl.warc.record_head import parse_date

# Maximum length of a file name on common systems.
LONGEST_NAME = 255
_TABLES = (
    "CREATE TABLE records (number INTEGER PRIMARY KEY, file TEXT, offset INTEGER, inside INTEGER)",
    "CREATE TABLE names (name TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID",
)


class Payloads:
    """Finds the record that a revisit refers to: by location, record id, digest of the payload, or URL and date.

    The names of records are kept in a temporary database, so memory is constant. Raises `StorageError`.
    """

    def __init__(self, files: Iterable[Path], longest: int) -> None:
        self._files: dict[str, list[Path]] = {}
        for path in files:
            self._files.setdefault(path.name, []).append(path)
        self._longest = longest
        self._db = temporary_database(*_TABLES)

    def note(self, captured: CapturedRecord) -> None:
        """Store the location of a payload. This is not needed for archives whose revisits name locations."""
        capture = (captured.url, captured.at.isoformat())
        with translate_database_errors():
            values = (str(captured.place.file), captured.place.offset, captured.place.inside)
            number = self._db.execute("INSERT INTO records VALUES (NULL, ?, ?, ?)", values).lastrowid
            for name in _names(captured.record_id, captured.payload_digest, capture):
                self._db.execute("INSERT OR IGNORE INTO names VALUES (?, ?)", (name, number))

    def of(self, revisit: CapturedRecord) -> CapturedRecord | None:
        """Return the record with the payload of a revisit record; None if no archive contains it."""
        for place in self._places(revisit):
            for record in read_at(place, self._longest):
                if record.place != place:
                    break
                if isinstance(record, CapturedRecord) and record.kind == "response" and _agree(revisit, record):
                    return record
        return None

    def _places(self, revisit: CapturedRecord) -> Iterator[Place]:
        refers_to = revisit.refers_to or RefersTo()
        if refers_to.location is not None:
            name, offset = refers_to.location
            # Only a plain file name: an archive must not lead to other directories.
            if Path(name).name == name and len(os.fsencode(name)) <= LONGEST_NAME:
                # Several crawls may have files of the same name; the one in the same directory is meant.
                beside = revisit.place.file.with_name(name)
                for path in dict.fromkeys((beside, *self._files.get(name, ()))):
                    if is_file(path) and offset < file_size(path):
                        yield Place(path, offset)
        capture = refers_to.capture
        if capture is not None:
            date = parse_date(capture[1])
            capture = (capture[0], date.isoformat()) if date is not None else None
        for name in _names(refers_to.record_id, revisit.payload_digest, capture):
            with translate_database_errors():
                query = "SELECT file, offset, inside FROM records JOIN names USING (number) WHERE name = ?"
                found = self._db.execute(query, (name,)).fetchone()
            if found is not None:
                yield Place(Path(found[0]), found[1], found[2])

    def close(self) -> None:
        """Closes the temporary database."""
        self._db.close()


def _names(record_id: str | None, digest: str | None, capture: tuple[str, str] | None) -> Iterator[str]:
    """Yield what a revisit can name a record by."""
    if record_id:
        yield f"id {record_id.strip('<>')}"
    if digest:
        yield f"digest {digest.lower()}"
    if capture is not None:
        yield f"capture {capture[1]} {capture[0]}"


def _agree(revisit: CapturedRecord, record: CapturedRecord) -> bool:
    """Return whether two records can have the same payload."""
    if revisit.payload_digest is None or record.payload_digest is None:
        return True
    return revisit.payload_digest.lower() == record.payload_digest.lower()
