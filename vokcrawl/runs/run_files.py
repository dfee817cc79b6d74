"""The files that one run writes: its records, a file for each kind, and its archive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from vokcrawl.storage.manifest import file_entry
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.part_files import PartFile, RecordFile
from vokcrawl.storage.state.protocol import Lost
from vokcrawl.storage.state.rows import FileRow
from vokcrawl.warc.writer import Archive


class RunFiles:
    """The files of the run of this id. `archive` is None where nothing is archived."""

    def __init__(self, folder: OutputFolder, run_id: str) -> None:
        self.archive: Archive | None = None
        self._folder = folder
        self._run_id = run_id
        self._records: dict[str, RecordFile] = {}

    def all(self) -> list[PartFile]:
        """The archive comes first: what a record was read from is there before the record."""
        return [*(self.archive.files if self.archive is not None else ()), *self._records.values()]

    def append(self, kind: str, record: Any) -> None:
        """Adds a record to the file of its kind. Raises `StorageError`."""
        if kind not in self._records:
            self._records[kind] = RecordFile(self._folder, f"{kind}/{self._run_id}.jsonl")
        self._records[kind].append(orjson.dumps(record))

    def sync(self) -> list[FileRow]:
        """Brings all to the disk; gives the files that have grown. Raises `StorageError`."""
        return [self._row(file) for file in self.all() if file.sync()]

    def mark(self) -> None:
        """What was written so far is committed."""
        for file in self._records.values():
            file.mark()

    def remove_records(self, lost: Lost) -> Iterator[tuple[str, dict[str, Any]]]:
        """Takes records that another worker has delivered first out of the files, and gives them with their kinds."""
        for kind, ids in (("articles", lost.articles), ("removals", lost.articles), ("teasers", lost.teasers)):
            if ids and kind in self._records:
                yield from ((kind, record) for record in self._records[kind].remove_records(ids))

    def finish(self) -> list[str]:
        """Gives the files their names; those that hold nothing go, and are named here. Raises `StorageError`."""
        for file in self.all():
            file.finish()
        gone = [kind for kind, file in self._records.items() if not file.records]
        return [self._records.pop(kind).name for kind in gone]

    def abandon(self) -> None:
        """Leaves them as they are: the next run cuts them back to what was committed."""
        for file in self.all():
            file.abandon()

    def to_dict(self) -> list[dict[str, Any]]:
        """As they stand in the manifest."""
        return [file_entry(self._row(file), file.sha256()) for file in self.all()]

    def _row(self, file: PartFile) -> FileRow:
        return FileRow(file.name, self._run_id, file.bytes, file.records)
