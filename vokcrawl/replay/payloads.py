"""Finds the records that revisit records refer to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from vokcrawl.normalize import utc
from vokcrawl.utils.temp_database import temporary_database, translate_database_errors
from vokcrawl.warc.files import file_size, is_file
from vokcrawl.warc.reader import CapturedRecord, Place, RefersTo, read_archive, read_at
from vokcrawl.warc.record_head import parse_date

# Maximum length of a file name on common systems.
LONGEST_NAME = 255
_TABLES = (
    "CREATE TABLE records (number INTEGER PRIMARY KEY, file TEXT, offset INTEGER, inside INTEGER)",
    "CREATE TABLE names (name TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID",
)


class Payloads:
    """Finds the record that a revisit refers to: by location, record id, digest of the payload, or URL and date.

    The names of records are kept in a temporary database, so memory is constant. `others` are the files that may refer
    to records by other names than locations. Raises `StorageError`.
    """

    def __init__(self, files: Iterable[Path], longest: int, others: Iterable[Path] = ()) -> None:
        # Those that were not read to their end.
        self._ahead = dict.fromkeys(others)
        self._files: dict[str, list[Path]] = {}
        for path in files:
            self._files.setdefault(path.name, []).append(path)
        self._longest = longest
        self._db = temporary_database(*_TABLES)

    def note(self, captured: CapturedRecord) -> None:
        """Store the location of a payload. This is not needed for archives whose revisits name locations."""
        capture = (captured.url, captured.at)
        with translate_database_errors():
            values = (str(captured.place.file), captured.place.offset, captured.place.inside)
            number = self._db.execute("INSERT INTO records VALUES (NULL, ?, ?, ?)", values).lastrowid
            for name in _names(captured.record_id, captured.payload_digest, capture):
                self._db.execute("INSERT OR IGNORE INTO names VALUES (?, ?)", (name, number))

    def file_read(self, path: Path) -> None:
        """All records of a file were read."""
        self._ahead.pop(path, None)

    def of(self, revisit: CapturedRecord) -> CapturedRecord | None:
        """Return the record with the payload of a revisit record; None if no archive contains it.

        The workers of a crawler write several files at once, so the record may be in one that is read later.
        """
        found = self._noted(revisit)
        if found is None and self._ahead:
            ahead, self._ahead = self._ahead, {}
            for path in ahead:
                for record in read_archive(path, self._longest):
                    if isinstance(record, CapturedRecord) and record.kind == "response":
                        self.note(record)
            found = self._noted(revisit)
        return found

    def _noted(self, revisit: CapturedRecord) -> CapturedRecord | None:
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
        url, written = refers_to.capture or ("", "")
        date = parse_date(written)
        capture = (url, date) if date is not None else None
        for name in _names(refers_to.record_id, revisit.payload_digest, capture):
            with translate_database_errors():
                query = "SELECT file, offset, inside FROM records JOIN names USING (number) WHERE name = ?"
                found = self._db.execute(query, (name,)).fetchone()
            if found is not None:
                yield Place(Path(found[0]), found[1], found[2])

    def close(self) -> None:
        """Closes the temporary database."""
        self._db.close()


def _names(record_id: str | None, digest: str | None, capture: tuple[str, datetime] | None) -> Iterator[str]:
    """Yield what a revisit can name a record by."""
    if record_id:
        yield f"id {record_id.strip('<>')}"
    if digest:
        yield f"digest {digest.lower()}"
    if capture is not None:
        # Some programs omit the fraction of the second.
        yield f"capture {utc(capture[1])} {capture[0]}"


def _agree(revisit: CapturedRecord, record: CapturedRecord) -> bool:
    """Return whether two records can have the same payload."""
    if revisit.payload_digest is None or record.payload_digest is None:
        return True
    return revisit.payload_digest.lower() == record.payload_digest.lower()
