"""The payloads that revisit records refer to, wherever among the archives they stand."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from vokcrawl.utils.temp_database import temporary_database, translate_database_errors
from vokcrawl.warc.http_exchange import split_message
from vokcrawl.warc.reader import CapturedRecord, Place, read_at

# No file of the usual systems has a longer name.
LONGEST_NAME = 255


class Payloads:
    """Finds the record that a revisit refers to: by the place that it names, or else by the payload's digest.

    Digests are kept on the disk: memory does not grow with the archives. Raises `StorageError`.
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
        """Remembers where a payload stands. One of an archive that says where its revisits lead need not be noted."""
        if captured.payload_digest is not None:
            place = (captured.payload_digest, str(captured.place.file), captured.place.offset)
            with translate_database_errors():
                self._db.execute("INSERT OR IGNORE INTO payloads VALUES (?, ?, ?)", place)

    def of(self, revisit: CapturedRecord) -> bytes | None:
        """The payload of a revisit record; None where the record that it refers to is in no archive at hand."""
        for place in self._places(revisit):
            # Those of a file that is compressed as a whole have one place.
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
            # A bare name, and one that a file can have: what an archive says must not lead to other folders.
            if Path(name).name == name and len(os.fsencode(name)) <= LONGEST_NAME:
                # Files of several crawls may have the same names: the one beside is meant.
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
