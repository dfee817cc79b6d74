"""Partial files: a file gets its final name when it is complete, and uncommitted data can be removed from it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Container
from typing import Any

from vokcrawl.storage.output_folder import (
    PART,
    OutputFolder,
    close_as_is,
    make_folder,
    sync_folder,
    translate_os_errors,
)


class PartFile:
    """A file while it is written: `<name>.part`, renamed by `finish`.

    `name` is relative to the output directory. `records` and `bytes` count everything written; it counts as delivered
    after `sync` and the commit of the state.
    """

    def __init__(self, folder: OutputFolder, name: str) -> None:
        self.name = name
        self.path = folder.path / name
        self.part = self.path.with_name(self.path.name + PART)
        self.records = 0
        self.bytes = 0
        self._sha256 = hashlib.sha256()
        self._written = False
        self.mark()
        with translate_os_errors(self.part):
            make_folder(self.part.parent)
            self._file = self.part.open("xb")
            sync_folder(self.part.parent)

    def write(self, data: bytes, records: int = 1) -> None:
        """Appends complete records, as bytes."""
        with translate_os_errors(self.part):
            self._file.write(data)
        self._sha256.update(data)
        self.records += records
        self.bytes += len(data)
        self._written = True

    def sync(self) -> bool:
        """Syncs the file to disk; returns whether anything was written since the last time."""
        if not self._written:
            return False
        with translate_os_errors(self.part):
            self._file.flush()
            os.fsync(self._file.fileno())
        self._written = False
        return True

    def mark(self) -> None:
        """Marks everything written so far as committed."""
        self._committed = (self.bytes, self.records, self._sha256.copy())

    def finish(self) -> None:
        """Closes the file and gives it its final name; an empty one is deleted."""
        self.sync()
        with translate_os_errors(self.path):
            self._file.close()
            if self.records:
                os.replace(self.part, self.path)
            else:
                self.part.unlink()
            sync_folder(self.path.parent)

    def abandon(self) -> None:
        """Closes the file as it is; the next run truncates it to its committed length."""
        # Data that could not be flushed was not committed either.
        close_as_is(self._file)

    def sha256(self) -> str:
        """The SHA-256 of the file so far, in hexadecimal digits."""
        return self._sha256.hexdigest()


class RecordFile(PartFile):
    """A file with one JSON record per line."""

    def append(self, line: bytes) -> None:
        """Appends a record; `line` is its JSON without a line end."""
        self.write(line + b"\n")

    def remove_records(self, ids: Container[str]) -> list[dict[str, Any]]:
        """Removes the uncommitted records with these ids, and returns them."""
        with translate_os_errors(self.part):
            self._file.flush()
            with self.part.open("rb") as written:
                written.seek(self._committed[0])
                lines = written.read().splitlines()
            self._file.seek(self._committed[0])
            self._file.truncate()
        self.bytes, self.records, sha256 = self._committed
        self._sha256 = sha256.copy()
        taken = []
        for line in lines:
            record = json.loads(line)
            if record["id"] in ids:
                taken.append(record)
            else:
                self.append(line)
        self._written = True
        return taken
