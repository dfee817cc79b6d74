"""Checks an output directory: lines, checksums, manifest chain, revisions, archive, and the state.

A checksum is computed while a file is written. So a file whose SHA-256 is that of its manifest holds exactly what was
written, and the digests of its archived records need not be computed again. Only their heads are read then, unless
everything is to be read in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vokcrawl.errors import StorageError
from vokcrawl.integrity.archived_records import ArchivedRecords
from vokcrawl.integrity.consistency import ConsistencyCheck, Fault, Take
from vokcrawl.integrity.state_check import state_faults
from vokcrawl.policy.outcome import CRASHED
from vokcrawl.storage.manifest import FileEntry
from vokcrawl.storage.manifest_chain import ChainError, ChainNode, read_chain
from vokcrawl.storage.output_folder import ARCHIVE, PART, OutputFolder, digest, translate_os_errors
from vokcrawl.storage.record_files import Line, read_file
from vokcrawl.storage.state.factory import Opening, in_folder
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.sqlite import SqliteState
from vokcrawl.utils.progress import NO_PROGRESS, Progress
from vokcrawl.warc.record_heads import read_heads, scan_file
from vokcrawl.warc.validation import (
    ArchiveCheck,
    ArchivedRecord,
    InvalidRecordError,
    location_fault,
    revisit_fault,
    same_page,
)


class Verification:
    """One check of a directory. `faults` yields what is wrong; afterwards the counters say how much was checked.

    `consistency` checks the records; the directories of several workers share one. With `full`, every archived record
    is decompressed and its digests are computed, even where the checksum of the file is right.
    """

    def __init__(
        self,
        folder: OutputFolder,
        opening: Opening = in_folder,
        consistency: ConsistencyCheck | None = None,
        progress: Progress = NO_PROGRESS,
        *,
        full: bool = False,
    ) -> None:
        self._full = full
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
        state: State | None = None
        try:
            nodes, chain_errors = read_chain(self.folder)
            self.manifests = len(nodes)
            for each in chain_errors:
                yield Fault(each.path, None, each.message)
            named = {self.folder.path / entry.path for node in nodes for entry in node.manifest.files}
            files = (*self.folder.data_files(), *self.folder.archive_files())
            unnamed = [path for path in files if path not in named]
            state, unreadable = self._open_state(unnamed)
            confirmed = set() if self._full else _confirmed(nodes, chain_errors, state)
            size = sum(entry.bytes for node in nodes for entry in node.manifest.files)
            self._progress.begin("verifying files", size)
            for node in nodes:
                for entry in node.manifest.files:
                    yield from self._file(self.folder.path / entry.path, entry, confirmed=node.run_id in confirmed)
                yield from self._records(node)
            if state is not None:
                yield from self._state(state, nodes, unnamed, last=last)
            elif unreadable is not None:
                yield from map(_unnamed, unnamed)
                yield unreadable
        finally:
            if state is not None:
                state.close()
            self._archived.close()
            if last:
                self._consistency.close()

    def _file(self, path: Path, entry: FileEntry, *, confirmed: bool) -> Iterator[Fault]:
        """`confirmed`: the manifest with this entry is the one that its run wrote."""
        if not path.exists():
            yield Fault(path, None, "a manifest names this file, but it is missing")
            return
        self.files += 1
        if path.parent.name == ARCHIVE:
            yield from self._archive_file(path, entry, confirmed=confirmed)
        else:
            yield from _differences(path, entry, digest(path))

    def _archive_file(self, path: Path, entry: FileEntry, *, confirmed: bool) -> Iterator[Fault]:
        faults = self._unchanged(path, entry) if confirmed else None
        if faults is not None:
            yield from faults
            self.archived += entry.records
        else:
            check = self._archive_check(path)
            yield from _flaws(path, check)
            yield from _differences(path, entry, (check.records, check.bytes, check.sha256))
            self.archived += check.records
        self._archived.files.add(entry.path)
        self._progress.advance(entry.bytes)

    def _unchanged(self, path: Path, entry: FileEntry) -> list[Fault] | None:
        """Read the heads of the records of an archive file, and return the faults in it.

        Return None if it is not the file of its manifest, or not as it is written by this version: then it must be read
        in full, which names what is wrong.
        """
        faults = []
        try:
            with translate_os_errors(path), path.open("rb", buffering=0) as file:
                scanned = scan_file(file, lambda: self._progress.advance(0))
                if (scanned.bytes, scanned.sha256, len(scanned.members)) != (entry.bytes, entry.sha256, entry.records):
                    return None
                for offset, record in read_heads(file, scanned.members):
                    self._archived.add(entry.path, offset, record)
                    fault = revisit_fault(record, self._location_fault)
                    if fault is not None:
                        faults.append(Fault(path, None, f"offset {offset}: {fault}"))
        except InvalidRecordError:
            return None
        return faults

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

    def _open_state(self, unnamed: list[Path]) -> tuple[State | None, Fault | None]:
        """The state, or why it cannot be opened. `unnamed` are the files that no manifest names."""
        path: Path = self.folder.state
        if self._opening is in_folder and not (path.exists() or self.folder.holds_records() or unnamed):
            # The first run was killed before it had a state.
            return None, None
        try:
            read_only = self._opening is in_folder
            return self._opening(self.folder, self.folder.holds_records(), read_only=read_only), None
        except StorageError as failure:
            return None, Fault(path, None, str(failure).removeprefix(f"{path}: "))

    def _state(self, state: State, nodes: list[ChainNode], unnamed: list[Path], *, last: bool) -> Iterator[Fault]:
        """Compares the state with the files."""
        try:
            yield from self._compared(state, nodes, unnamed, last=last)
        except StorageError as failure:
            # A value that cannot be read.
            yield Fault(state.where, None, str(failure).removeprefix(f"{state.where}: "))

    def _compared(self, state: State, nodes: list[ChainNode], unnamed: list[Path], *, last: bool) -> Iterator[Fault]:
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


def _confirmed(nodes: list[ChainNode], errors: list[ChainError], state: State | None) -> set[str]:
    """The runs whose manifests are as they were written: the next manifest, or the state, has their SHA-256.

    Without those of crashed runs: their checksums were computed later, from the files.
    """
    try:
        newest = state.last_manifest() if state is not None else None
    except StorageError:
        newest = None
    recorded = {before.run_id: before.sha256 for node in nodes if (before := node.manifest.previous_manifest)}
    if newest is not None:
        recorded.setdefault(*newest)
    wrong = {error.path for error in errors}
    return {
        node.run_id
        for node in nodes
        if node.path not in wrong and node.manifest.outcome != CRASHED and recorded.get(node.run_id) == node.sha256
    }


def _differences(path: Path, entry: FileEntry, found: tuple[int, int, str]) -> Iterator[Fault]:
    """Compare records, bytes and SHA-256 of a file with its manifest."""
    for name, value in zip(("records", "bytes", "sha256"), found, strict=True):
        if value != (expected := getattr(entry, name)):
            yield Fault(path, None, f"{name}: {value}, but its manifest says {expected}")


def _flaws(path: Path, check: ArchiveCheck) -> Iterator[Fault]:
    return (Fault(path, None, f"offset {offset}: {text}") for offset, text in check.flaws())


def _unnamed(path: Path) -> Fault:
    return Fault(path, None, "no manifest names this file")
