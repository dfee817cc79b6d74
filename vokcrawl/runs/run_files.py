"""The files that one run writes: a file for each kind of record, and the archive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from vokcrawl.storage.manifest import FileEntry
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.part_files import PartFile, RecordFile
from vokcrawl.storage.state.protocol import Lost
from vokcrawl.storage.state.rows import FileRow
from vokcrawl.warc.writer import Archive


class RunFiles:
    """The files of the run with this id. `archive` is None if archiving is off."""

    def __init__(self, folder: OutputFolder, run_id: str) -> None:
        self.archive: Archive | None = None
        self._folder = folder
        self._run_id = run_id
        self._records: dict[str, RecordFile] = {}

    def all(self) -> list[PartFile]:
        """All files. The archive comes first: it is on disk before the records extracted from it."""
        return [*(self.archive.files if self.archive is not None else ()), *self._records.values()]

    def append(self, kind: str, record: Any) -> None:
        """Appends a record to the file of its kind. Raises `StorageError`."""
        if kind not in self._records:
            self._records[kind] = RecordFile(self._folder, f"{kind}/{self._run_id}.jsonl")
        self._records[kind].append(orjson.dumps(record))

    def sync(self) -> list[FileRow]:
        """Syncs all files to disk; returns those that have grown. Raises `StorageError`."""
        return [self._row(file) for file in self.all() if file.sync()]

    def mark(self) -> None:
        """Marks everything written so far as committed."""
        for file in self._records.values():
            file.mark()

    def remove_records(self, lost: Lost) -> Iterator[tuple[str, dict[str, Any]]]:
        """Removes the records that another worker delivered first, and yields them with their kinds."""
        for kind, ids in (("articles", lost.articles), ("removals", lost.articles), ("teasers", lost.teasers)):
            if ids and kind in self._records:
                yield from ((kind, record) for record in self._records[kind].remove_records(ids))

    def finish(self) -> list[str]:
        """Gives the files their final names, and returns the names of empty ones, which are deleted.

        Raises `StorageError`.
        """
        for file in self.all():
            file.finish()
        empty = [kind for kind, file in self._records.items() if not file.records]
        return [self._records.pop(kind).name for kind in empty]

    def abandon(self) -> None:
        """Closes them as they are: the next run truncates them to what was committed."""
        for file in self.all():
            file.abandon()

    def entries(self) -> list[FileEntry]:
        """The files as the manifest has them."""
        return [FileEntry.of(self._row(file), file.sha256()) for file in self.all()]

    def _row(self, file: PartFile) -> FileRow:
        return FileRow(file.name, self._run_id, file.bytes, file.records)
