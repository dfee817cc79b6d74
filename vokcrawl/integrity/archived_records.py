"""What valid archive records hold, noted while a file is checked, so that it is decompressed only once.

A match proves that a reference is right. Without a match, the archive itself is read to say what is wrong.
"""

from __future__ import annotations

from typing import NamedTuple

from vokcrawl.utils.temp_database import temporary_database, translate_database_errors
from vokcrawl.warc.validation import ArchivedRecord


class Archived(NamedTuple):
    """Type, payload digest, URL and date of a record. `whole` is set if it is complete and has a body."""

    kind: str
    digest: str | None
    url: str
    date: str | None
    whole: bool


class ArchivedRecords:
    """Records by file and offset, in a temporary database. Each method may raise `StorageError`."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._db = temporary_database(
            "CREATE TABLE records (file INTEGER, offset INTEGER, kind TEXT, digest TEXT, url TEXT, date TEXT, "
            "whole INTEGER, PRIMARY KEY (file, offset)) WITHOUT ROWID"
        )

    def add(self, file: str, offset: int, record: ArchivedRecord) -> None:
        """Note a record; only responses are referred to."""
        if not record.is_response:
            return
        fields = record.fields
        number = self._files.setdefault(file, len(self._files))
        values = (record.kind, record.payload_digest, fields.get("warc-target-uri", ""), fields.get("warc-date"))
        with translate_database_errors():
            self._db.execute(
                "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, offset, *values, record.is_whole),
            )

    def get(self, file: str, offset: int) -> Archived | None:
        """Return the record at a location, if it was noted."""
        number = self._files.get(file)
        if number is None:
            return None
        with translate_database_errors():
            query = "SELECT kind, digest, url, date, whole FROM records WHERE file = ? AND offset = ?"
            row = self._db.execute(query, (number, offset)).fetchone()
        return Archived(*row) if row else None

    def close(self) -> None:
        """Closes the temporary database."""
        self._db.close()
