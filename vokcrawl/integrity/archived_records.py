"""The contents of valid archive records, collected while a file is checked, so that it is decompressed only once.

A match proves that a reference is right. Without a match, the archive itself is read to say what is wrong.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from vokcrawl.normalize import article_id
from vokcrawl.storage.output_folder import PART, OutputFolder
from vokcrawl.utils.temp_database import temporary_database, translate_database_errors
from vokcrawl.warc.validation import ArchivedRecord, responses

# Records are inserted so many at a time. Of the last ones, as many are kept in memory.
_BATCH = 500
_KEPT = 20_000
_VALIDATOR = re.compile(rb"^[ \t]*(?:etag|last-modified)[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)


class Archived(NamedTuple):
    """Type, payload digest, URL and date of a record. `whole` is set if it is complete and has a body."""

    kind: str
    digest: str | None
    url: str
    date: str | None
    whole: bool


class ArchivedRecords:
    """The responses of archive files, by file and offset, in a temporary database.

    `files` are the files that were read. Each method may raise `StorageError`.
    """

    def __init__(self) -> None:
        self.files: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._kept: dict[tuple[int, int], Archived] = {}
        self._pending: list[tuple[int, int, str, str | None, str, str | None, bool]] = []
        self._db = temporary_database(
            "CREATE TABLE records (file INTEGER, offset INTEGER, kind TEXT, digest TEXT, url TEXT, date TEXT, "
            "whole INTEGER, PRIMARY KEY (file, offset)) WITHOUT ROWID",
            "CREATE TABLE validators (page TEXT, value TEXT, PRIMARY KEY (page, value)) WITHOUT ROWID",
        )

    def add(self, file: str, offset: int, record: ArchivedRecord) -> None:
        """Note a record; only responses are referred to."""
        if not record.is_response:
            return
        fields = record.fields
        url = fields.get("warc-target-uri", "")
        number = self._numbers.setdefault(file, len(self._numbers))
        found = Archived(record.kind, record.payload_digest, url, fields.get("warc-date"), record.is_whole)
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[number, offset] = found
        self._pending.append((number, offset, *found))
        if len(self._pending) >= _BATCH:
            self._insert()
        validators = _VALIDATOR.findall(record.block, 0, record.body_start)
        if validators:
            self._add_validators(url, validators)

    def add_file(self, folder: OutputFolder, name: str) -> None:
        """Read a file, finished or not, and note its valid records."""
        path = folder.path / name
        if not path.exists():
            path = path.with_name(path.name + PART)
        for offset, record in responses(path):
            self.add(name, offset, record)
        self.files.add(name)

    def _add_validators(self, url: str, values: list[bytes]) -> None:
        page = article_id(url) or url
        rows = [(page, value.strip().decode("latin-1")) for value in values]
        with translate_database_errors():
            self._db.executemany("INSERT OR IGNORE INTO validators VALUES (?, ?)", rows)

    def _insert(self) -> None:
        rows, self._pending = self._pending, []
        with translate_database_errors():
            self._db.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def get(self, file: str, offset: int) -> Archived | None:
        """Return the record at a location, if it was noted."""
        number = self._numbers.get(file)
        if number is None:
            return None
        kept = self._kept.get((number, offset))
        if kept is not None:
            return kept
        if self._pending:
            self._insert()
        with translate_database_errors():
            query = "SELECT kind, digest, url, date, whole FROM records WHERE file = ? AND offset = ?"
            row = self._db.execute(query, (number, offset)).fetchone()
        return Archived(*row) if row else None

    def validators(self, page: str) -> set[str]:
        """Return the ETags and dates of modification of the responses for an article id, or the URL of another page."""
        with translate_database_errors():
            rows = self._db.execute("SELECT value FROM validators WHERE page = ?", (page,)).fetchall()
        return {value for (value,) in rows}

    def close(self) -> None:
        """Closes the temporary database."""
        self._db.close()
