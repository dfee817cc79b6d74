"""Checks an output directory: lines, checksums, manifest chain, revisions, archive, and the state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vokcrawl.errors import StorageError
from vokcrawl.integrity.archived_records import ArchivedRecords
from vokcrawl.integrity.consistency import ConsistencyCheck, Fault, Take
from vokcrawl.integrity.state_check import state_faults
from vokcrawl.storage.manifest import FileEntry
from vokcrawl.storage.manifest_chain import ChainNode, read_chain
from vokcrawl.storage.output_folder import ARCHIVE, PART, OutputFolder, digest
from vokcrawl.storage.record_files import Line, read_file
from vokcrawl.storage.state.factory import Opening, in_folder
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.sqlite import SqliteState
from vokcrawl.utils.progress import NO_PROGRESS, Progress
from vokcrawl.warc.validation import ArchiveCheck, ArchivedRecord, location_fault, same_page


class Verification:
    """One check of a directory. `faults` yields what is wrong; afterwards the counters say how much was checked.

    `consistency` checks the records; the directories of several workers share one.
    """

    def __init__(
        self,
        folder: OutputFolder,
        opening: Opening = in_folder,
        consistency: ConsistencyCheck | None = None,
        progress: Progress = NO_PROGRESS,
    ) -> None:
        self.folder = folder
        self._opening = opening
        self._progress = progress
        self._consistency = consistency or ConsistencyCheck()
        self.manifests = 0
        self.files = 0
        self.records = 0
        self.archived = 0
        # Whether the current run is a replay.
        self._replayed = False

    def faults(self, *, last: bool = True) -> Iterator[Fault]:
        """All faults. The directory must be locked, so that no run changes it meanwhile.

        `last`: all directories have been read now, so the records are compared with the state.
        """
        self._archived = ArchivedRecords()
        try:
            nodes, chain_errors = read_chain(self.folder)
            self.manifests = len(nodes)
            for each in chain_errors:
                yield Fault(each.path, None, each.message)
            size = sum(entry.bytes for node in nodes for entry in node.manifest.files)
            self._progress.begin("verifying files", size)
            named: set[Path] = set()
            for node in nodes:
                for entry in node.manifest.files:
                    path = self.folder.path / entry.path
                    named.add(path)
                    yield from self._file(path, entry)
                yield from self._records(node)
            files = (*self.folder.data_files(), *self.folder.archive_files())
            yield from self._state(nodes, [path for path in files if path not in named], last=last)
        finally:
            self._archived.close()
            if last:
                self._consistency.close()

    def _file(self, path: Path, entry: FileEntry) -> Iterator[Fault]:
        if not path.exists():
            yield Fault(path, None, "a manifest names this file, but it is missing")
            return
        self.files += 1
        if path.parent.name == ARCHIVE:
            check = self._archive_check(path)
            yield from _flaws(path, check)
            self._archived.files.add(entry.path)
            found = (check.records, check.bytes, check.sha256)
            self.archived += check.records
            self._progress.advance(entry.bytes)
        else:
            found = digest(path)
        for name, value in zip(("records", "bytes", "sha256"), found, strict=True):
            if value != (expected := getattr(entry, name)):
                yield Fault(path, None, f"{name}: {value}, but its manifest says {expected}")

    def _archive_check(self, path: Path, length: int | None = None) -> ArchiveCheck:
        name = f"{ARCHIVE}/{path.name.removesuffix(PART)}"

        def note(offset: int, record: ArchivedRecord) -> None:
            self._archived.add(name, offset, record)
            self._progress.advance(0)

        return ArchiveCheck(self.folder, path, length, note, self._location_fault)

    def _location_fault(self, place: dict[str, Any], url: str) -> str | None:
        """As `location_fault`, but without reading a record that was read before."""
        record = self._archived.get(place["file"], place["offset"])
        if record is not None and record.digest == place["digest"] and same_page(record.url, url):
            return None
        return location_fault(self.folder, place, url)

    def _records(self, node: ChainNode) -> Iterator[Fault]:
        self._replayed = node.manifest.replay is not None
        for kind, check in self._consistency.takes.items():
            path = self.folder.path / kind / f"{node.run_id}.jsonl"
            if not path.exists():
                continue
            for line in read_file(path, kind):
                self.records += 1
                self._progress.advance(len(line.raw))
                if line.record is None:
                    yield Fault(path, line.number, line.fault or "")
                    continue
                if line.record["run_id"] != node.run_id:
                    yield Fault(path, line.number, f"run_id: {line.record['run_id']}, but this is run {node.run_id}'s")
                yield from self._taken(check, line, line.record)

    def _taken(self, check: Take, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        yield from check(line, record)
        # The archives of a replay are in another directory.
        place = record.get("archived_as") if not self._replayed else None
        fault = self._location_fault(place, record["url"]) if place is not None else None
        if fault is not None:
            yield Fault(line.path, line.number, f"article {record['id']}: archived_as: {fault}")

    def _state(self, nodes: list[ChainNode], unnamed: list[Path], *, last: bool) -> Iterator[Fault]:
        """Compares the state with the files; `unnamed` are the files that no manifest names."""
        path: Path | str = self.folder.state
        if self._opening is in_folder and not (self.folder.state.exists() or self.folder.holds_records() or unnamed):
            # The first run was killed before it had a state.
            return
        try:
            read_only = self._opening is in_folder
            state = self._opening(self.folder, self.folder.holds_records(), read_only=read_only)
        except StorageError as failure:
            yield from map(_unnamed, unnamed)
            yield Fault(path, None, str(failure).removeprefix(f"{path}: "))
            return
        try:
            yield from self._open_state(state, nodes, unnamed, last=last)
        except StorageError as failure:
            # A value that cannot be read.
            yield Fault(state.where, None, str(failure).removeprefix(f"{state.where}: "))
        finally:
            state.close()

    def _open_state(self, state: State, nodes: list[ChainNode], unnamed: list[Path], *, last: bool) -> Iterator[Fault]:
        path = state.where
        self._progress.begin("checking the state")
        self._progress.advance(0)
        for text in state.check():
            yield Fault(path, None, text)
        if isinstance(state, SqliteState):
            for text in state_faults(state, self.folder, nodes, self._archived):
                yield Fault(path, None, text)
        # Crashed runs: the next run finishes their files and writes their manifests.
        crashed = {row.run_id for row in state.unfinished_runs()}
        left = {each for each in unnamed if each.name.partition(".")[0] in crashed}
        yield from (_unnamed(each) for each in unnamed if each not in left)
        yield from self._state_files(state, crashed, left)
        if last:
            yield from self._consistency.with_state(state)
        newest = next(((node.run_id, node.sha256) for node in reversed(nodes) if node.run_id not in crashed), None)
        known = state.last_manifest()
        if known is not None and newest is not None and known[0] == newest[0] and known[1] != newest[1]:
            yield Fault(self.folder.manifest(newest[0]), None, "its SHA-256 is not the one that the state recorded")
        elif known != newest:
            in_state, on_disk = (each[0] if each else "none" for each in (known, newest))
            yield Fault(
                path, None, f"its last manifest is that of run {in_state}, but the files have that of {on_disk}"
            )

    def _state_files(self, state: State, crashed: set[str], left: set[Path]) -> Iterator[Fault]:
        """`crashed` are run ids; `left` are files of those runs with their final names, but without a manifest."""
        for row in state.files():
            path = self.folder.path / row.path
            part = path.with_name(path.name + PART)
            if row.run_id in crashed and part.exists() and not path.exists():
                # The committed part must exist.
                yield from self._unfinished(part, path.parent.name, row.bytes)
            elif not path.exists():
                yield Fault(path, None, "the state knows this file, but it is missing")
            elif path.stat().st_size != row.bytes:
                yield Fault(path, None, f"{path.stat().st_size} bytes, but the state says {row.bytes}")
            elif path in left:
                yield from self._unfinished(path, path.parent.name, row.bytes)

    def _unfinished(self, part: Path, kind: str, length: int) -> Iterator[Fault]:
        if part.stat().st_size < length:
            yield Fault(part, None, f"{part.stat().st_size} bytes, but {length} were committed")
        if kind == ARCHIVE:
            yield from _flaws(part, self._archive_check(part, length))
        check = self._consistency.takes.get(kind)
        for line in read_file(part, kind) if check is not None else ():
            length -= len(line.raw)
            if length < 0 or check is None:
                return
            if line.record is None:
                yield Fault(part, line.number, line.fault or "")
            else:
                yield from self._taken(check, line, line.record)


def _flaws(path: Path, check: ArchiveCheck) -> Iterator[Fault]:
    return (Fault(path, None, f"offset {offset}: {text}") for offset, text in check.flaws())


def _unnamed(path: Path) -> Fault:
    return Fault(path, None, "no manifest names this file")
