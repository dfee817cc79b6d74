"""Files while they are written: nobody sees half of one under its name, and what is not committed can be taken back."""

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

    `name` is relative to the folder. `records` and `bytes` count what was written; nothing of it counts as
    delivered before `sync` and the state's commit.
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
        """Adds whole records as they are to stand in the file."""
        with translate_os_errors(self.part):
            self._file.write(data)
        self._sha256.update(data)
        self.records += records
        self.bytes += len(data)
        self._written = True

    def sync(self) -> bool:
        """Brings all that was written to the disk, and says whether there was anything."""
        if not self._written:
            return False
        with translate_os_errors(self.part):
            self._file.flush()
            os.fsync(self._file.fileno())
        self._written = False
        return True

    def mark(self) -> None:
        """What was written so far is committed, and stays."""
        self._committed = (self.bytes, self.records, self._sha256.copy())

    def finish(self) -> None:
        """Closes the file and gives it its own name; one without a record goes."""
        self.sync()
        with translate_os_errors(self.path):
            self._file.close()
            if self.records:
                os.replace(self.part, self.path)
            else:
                self.part.unlink()
            sync_folder(self.path.parent)

    def abandon(self) -> None:
        """Closes the file as it is: the next run cuts it back to what was committed."""
        # What could not be flushed was not committed either.
        close_as_is(self._file)

    def sha256(self) -> str:
        """The checksum of what was written, in hexadecimal digits."""
        return self._sha256.hexdigest()


class RecordFile(PartFile):
    """A file of JSON records, one a line."""

    def append(self, line: bytes) -> None:
        """Adds one record; `line` is its JSON without a line end."""
        self.write(line + b"\n")

    def remove_records(self, ids: Container[str]) -> list[dict[str, Any]]:
        """Takes the records of these ids out of what was written since the last commit, and gives them."""
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
