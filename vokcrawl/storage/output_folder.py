"""The output folder: where each file lies, and how one is written so that a reader never sees half of it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from vokcrawl.errors import FolderLockedError, StorageError

PART = ".part"
WARC = ".warc.gz"
RUN_ID = re.compile(r"\d{8}T\d{6}Z(-\d+)?", re.ASCII)
DATA_KINDS = ("articles", "teasers", "removals", "rejected")
ARCHIVE = "archive"
# Partial files that belong to no known run. Until vokcrawl.run/2 the folder was named `aside`.
QUARANTINE, OLD_QUARANTINE = "quarantine", "aside"
# Errors of a directory or file system in which this user cannot write.
_NOT_WRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
# What to do about an error of the system.
_HINTS = {
    errno.ENOSPC: "make room and run again; what was committed is safe",
    errno.EDQUOT: "make room and run again; what was committed is safe",
    errno.EACCES: "give this user the right to read and write there, or set VOK_OUTPUT_DIR",
    errno.EPERM: "give this user the right to read and write there, or set VOK_OUTPUT_DIR",
    errno.EROFS: "set VOK_OUTPUT_DIR to a folder that can be written",
}


def run_order(run_id: str) -> tuple[str, int]:
    """The sort key of run ids: runs that began in the same second differ in a number behind a hyphen.

    >>> sorted(["20241210T060000Z-10", "20241210T060000Z-2", "20241210T060000Z"], key=run_order)
    ['20241210T060000Z', '20241210T060000Z-2', '20241210T060000Z-10']
    """
    began, _, number = run_id.partition("-")
    return began, int(number) if number.isascii() and number.isdigit() else 1


def in_run_order(paths: Iterable[Path]) -> list[Path]:
    """Files that are named after their runs, in the order of those."""
    return sorted(paths, key=lambda path: run_order(path.name.partition(".")[0]))


def began_at(run_id: str) -> datetime | None:
    """When a run began, from its id; None where it is no run's."""
    try:
        return datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def archive_name(run_id: str, number: int) -> str:
    """The name of the so-manyth file of a run's archive, relative to the output folder.

    >>> archive_name("20241210T060000Z", 1), archive_name("20241210T060000Z", 2)
    ('archive/20241210T060000Z.warc.gz', 'archive/20241210T060000Z.00002.warc.gz')
    """
    # Behind a hyphen there would be the number of a run that began in the same second.
    return f"{ARCHIVE}/{run_id}{WARC}" if number == 1 else f"{ARCHIVE}/{run_id}.{number:05}{WARC}"


def archive_order(path: Path) -> tuple[tuple[str, int], int]:
    """What files of the archive are sorted by: their run, and their number within it."""
    run_id, _, number = path.name.removesuffix(PART).removesuffix(WARC).partition(".")
    return run_order(run_id), int(number) if number.isascii() and number.isdigit() else 1


class translate_os_errors:
    """Turns what the system says of a failed read or write into `StorageError` that names `what` and the way out.

    No generator: it stands around each record that is written.
    """

    def __init__(self, what: Path | str) -> None:
        self._what = what

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, failure: BaseException | None, trace: object) -> None:
        if isinstance(failure, OSError):
            hint = _HINTS.get(failure.errno or 0, "mend it and run again; what was committed is safe")
            raise StorageError(f"{self._what}: {failure.strerror or failure}; {hint}") from failure


def matching(folder: Path, ending: str) -> list[Path]:
    """The files of a folder whose names end so, none where there is no such folder.

    Raises `StorageError` when it cannot be read. `Path.glob` would take it for an empty one: a silent gap.
    """
    with translate_os_errors(folder):
        try:
            return [folder / name for name in os.listdir(folder) if name.endswith(ending)]
        except (FileNotFoundError, NotADirectoryError):
            return []


class OutputFolder:
    """The folder of `VOK_OUTPUT_DIR`. All paths that are given and taken as text are relative to it."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock: FileLock | None = None

    @property
    def state(self) -> Path:
        """The SQLite file of the crawl state."""
        return self.path / "state.sqlite3"

    @property
    def runs(self) -> Path:
        """The directory of the manifests."""
        return self.path / "runs"

    def manifest(self, run_id: str) -> Path:
        """The manifest of a run."""
        return self.runs / f"{run_id}.json"

    def data_files(self) -> Iterator[Path]:
        """The delivered record files, by kind and then by name."""
        for kind in DATA_KINDS:
            yield from in_run_order(matching(self.path / kind, ".jsonl"))

    def archive_files(self) -> Iterator[Path]:
        """The archive's files, in the order in which they were written."""
        yield from sorted(matching(self.path / ARCHIVE, WARC), key=archive_order)

    def parts(self) -> Iterator[Path]:
        """What a run left unfinished."""
        for kind in (*DATA_KINDS, ARCHIVE, "runs"):
            yield from sorted(matching(self.path / kind, PART))

    def holds_records(self) -> bool:
        """Whether runs have left anything here that a state would have to agree with."""
        if any(True for _ in (*self.data_files(), *self.archive_files())) or matching(self.runs, ".json"):
            return True
        # A run that died has registered itself in the state before it wrote: so a state is to be expected here too.
        parts = (part for part in self.parts() if RUN_ID.fullmatch(part.name.partition(".")[0]))
        return any(part.parent.name in (*DATA_KINDS, ARCHIVE) and part.stat().st_size for part in parts)

    def take(self, holder: str, *, read_only: bool = False) -> None:
        """Locks the directory for this process; it is created if it is missing. A process that dies loses its lock.

        `holder` describes the process for others. With `read_only` the lock is not needed where nothing can be written.
        Raises `FolderLockedError` naming the holder, or `StorageError`.
        """
        try:
            self._take(holder)
        except StorageError as error:
            cause = error.__cause__
            if not (read_only and isinstance(cause, OSError) and cause.errno in _NOT_WRITABLE):
                raise
            if self.is_held():
                raise self._locked() from None

    def _take(self, holder: str) -> None:
        with translate_os_errors(self.path):
            make_folder(self.path)
            lock = FileLock(self.path / ".lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise self._locked() from None
            self._lock = lock
            note = {"holder": holder, "pid": os.getpid(), "host": socket.gethostname()}
            (self.path / ".holder.json").write_text(json.dumps(note), encoding="utf-8")

    def _locked(self) -> FolderLockedError:
        return FolderLockedError(
            f"{self.path}: another run holds this output folder ({self._holder()}); "
            "wait for it to end, or set another VOK_OUTPUT_DIR"
        )

    def release(self) -> None:
        """Releases the lock."""
        if self._lock is not None:
            (self.path / ".holder.json").unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def is_held(self) -> bool | None:
        """Whether the process that holds it lives, without taking it; None where another machine's does, or did."""
        try:
            note = json.loads((self.path / ".holder.json").read_text(encoding="utf-8"))
            if note["host"] != socket.gethostname():
                return None
            os.kill(note["pid"], 0)
        except PermissionError:
            # Another user's process: it is there.
            return True
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return False
        return True

    def _holder(self) -> str:
        try:
            note = json.loads((self.path / ".holder.json").read_text(encoding="utf-8"))
            return f"{note['holder']}, process {note['pid']} on {note['host']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "it has not said who it is"


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that it is there whole or not at all. Raises `StorageError`."""
    part = path.with_name(path.name + PART)
    with translate_os_errors(path):
        make_folder(path.parent)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Creates a directory and its parents, and brings the new entries to the disk. Raises `OSError`."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        sync_folder(each.parent)


def rename_synced(path: Path, target: Path) -> None:
    """Moves a file to another directory, and brings both entries to the disk. Raises `OSError`."""
    make_folder(target.parent)
    os.replace(path, target)
    sync_folder(target.parent)
    sync_folder(path.parent)


def close_as_is(file: IO[Any]) -> None:
    """Closes a file after a failure, and raises nothing: what cannot be written out any more is not wanted."""
    with suppress(OSError):
        file.close()


def truncate_to(part: Path, length: int) -> None:
    """Cuts an unfinished file back to its committed length and brings that to the disk."""
    with translate_os_errors(part), part.open("r+b") as file:
        file.truncate(length)
        file.flush()
        os.fsync(file.fileno())


def digest(path: Path) -> tuple[int, int, str]:
    """Records (lines), bytes and sha256 of a file. Raises `StorageError`."""
    lines = size = 0
    sha256 = hashlib.sha256()
    with translate_os_errors(path), path.open("rb") as file:
        while chunk := file.read(1 << 20):
            lines += chunk.count(b"\n")
            size += len(chunk)
            sha256.update(chunk)
    return lines, size, sha256.hexdigest()


def sync_folder(path: Path) -> None:
    """Brings a folder's entries (a new name, a renamed file) to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
