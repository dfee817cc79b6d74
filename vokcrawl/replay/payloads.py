"""Finds the payloads of revisit records in the archives."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from vokcrawl.utils.temp_database import temporary_database, translate_database_errors
from vokcrawl.warc.http_exchange import split_message
from vokcrawl.warc.reader import CapturedRecord, Place, read_at

# Maximum length of a file name on common systems.
LONGEST_NAME = 255


class Payloads:
    """Finds the record that a revisit refers to, by its location, or else by the digest of its payload.

    Digests are kept in a temporary database, so memory is constant. Raises `StorageError`.
    """

    def __init__(self, files: Iterable[Path], longest: int) -> None:
        self._files: dict[str, list[Path]] = {}
        for path in files:
            self._files.setdefault(path.name, []).append(path)
        self._longest = longest
        self._db = temporary_database(
            "CREATE TABLE payloads (digest TEXT PRIMARY KEY, file TEXT, offset INTEGER) WITHOUT ROWID"
        )

    def note(self, captured: CapturedRecord) -> None:
        """Store the location of a payload. This is not needed for archives whose revisits name locations."""
        if captured.payload_digest is not None:
            place = (captured.payload_digest, str(captured.place.file), captured.place.offset)
            with translate_database_errors():
                self._db.execute("INSERT OR IGNORE INTO payloads VALUES (?, ?, ?)", place)

    def of(self, revisit: CapturedRecord) -> bytes | None:
        """Return the payload of a revisit record; None if no archive contains the record that it refers to."""
        for place in self._places(revisit):
            # All records of a file compressed as a whole have the same location.
            for record in read_at(place, self._longest):
                if (
                    isinstance(record, CapturedRecord)
                    and record.kind == "response"
                    and revisit.payload_digest in (None, record.payload_digest)
                ):
                    return split_message(record.block)[1]
                if place.offset:
                    break
        return None

    def _places(self, revisit: CapturedRecord) -> Iterable[Place]:
        if revisit.refers_to is not None:
            name, offset = revisit.refers_to
            # Only a plain file name: an archive must not lead to other directories.
            if Path(name).name == name and len(os.fsencode(name)) <= LONGEST_NAME:
                # Several crawls may have files of the same name; the one in the same directory is meant.
                beside = revisit.place.file.with_name(name)
                for path in dict.fromkeys((beside, *self._files.get(name, ()))):
                    if path.is_file():
                        yield Place(path, offset)
        with translate_database_errors():
            query = "SELECT file, offset FROM payloads WHERE digest = ?"
            found = self._db.execute(query, (revisit.payload_digest,)).fetchone()
        if found is not None:
            yield Place(Path(found[0]), found[1])

    def close(self) -> None:
        """Closes the temporary database."""
        self._db.close()
