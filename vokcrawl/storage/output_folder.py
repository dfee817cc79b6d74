"""The output directory: where each file is, its lock, and how files are written atomically."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from vokcrawl.errors import FolderLockedError, StorageError

PART = ".part"
WARC = ".warc.gz"
RUN_ID = re.compile(r"\d{8}T\d{6}Z(-\d+)?", re.ASCII)
DELIVERED_KINDS = ("articles", "teasers", "removals")
DATA_KINDS = (*DELIVERED_KINDS, "rejected")
ARCHIVE = "archive"
# Timestamp tokens of manifests.
TIMESTAMP_ENDING = ".tsr"
# Bytes to read at a time.
_READ_BYTES = 1 << 18
# Partial files that belong to no known run. Until vokcrawl.run/2 the folder was named `aside`.
QUARANTINE, OLD_QUARANTINE = "quarantine", "aside"
# Errors of a directory or file system in which this user cannot write.
_NOT_WRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
# Errors of a file system that supports no locks, or no synchronisation to disk.
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_OTHER_FILE_SYSTEM = "set VOK_OUTPUT_DIR to a directory on a local disk; docs/operations.md names what is supported"
# What to do about an error of the system.
_HINTS = {
    errno.ENOSPC: "free space and run again; what was committed is safe",
    errno.EDQUOT: "free space and run again; what was committed is safe",
    errno.EACCES: "give this user the right to read and write there, or set VOK_OUTPUT_DIR",
    errno.EPERM: "give this user the right to read and write there, or set VOK_OUTPUT_DIR",
    errno.EROFS: "set VOK_OUTPUT_DIR to a directory that can be written",
}


def run_order(run_id: str) -> tuple[str, int]:
    """The sort key of run ids: runs that began in the same second differ in a number behind a hyphen.

    >>> sorted(["20241210T060000Z-10", "20241210T060000Z-2", "20241210T060000Z"], key=run_order)
    ['20241210T060000Z', '20241210T060000Z-2', '20241210T060000Z-10']
    """
    began, _, number = run_id.partition("-")
    return began, int(number) if number.isascii() and number.isdigit() else 1


def in_run_order(paths: Iterable[Path]) -> list[Path]:
    """Files that are named after their runs, in the order of the runs."""
    return sorted(paths, key=lambda path: run_order(path.name.partition(".")[0]))


def began_at(run_id: str) -> datetime | None:
    """When a run began, from its id; None if it is not the id of a run."""
    try:
        return datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def archive_name(run_id: str, number: int) -> str:
    """The name of an archive file, relative to the output directory. `number` counts the files of the run from 1.

    >>> archive_name("20241210T060000Z", 1), archive_name("20241210T060000Z", 2)
    ('archive/20241210T060000Z.warc.gz', 'archive/20241210T060000Z.00002.warc.gz')
    """
    # Behind a hyphen there would be the number of a run that began in the same second.
    return f"{ARCHIVE}/{run_id}{WARC}" if number == 1 else f"{ARCHIVE}/{run_id}.{number:05}{WARC}"


def archive_order(path: Path) -> tuple[tuple[str, int], int]:
    """The sort key of archive files: their run, and their number within it."""
    run_id, _, number = path.name.removesuffix(PART).removesuffix(WARC).partition(".")
    return run_order(run_id), int(number) if number.isascii() and number.isdigit() else 1


class translate_os_errors:
    """Translates `OSError` into a `StorageError` that names `what` and says what to do.

    A class instead of a generator, because it surrounds each record that is written.
    """

    def __init__(self, what: Path | str) -> None:
        self._what = what

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, failure: BaseException | None, trace: object) -> None:
        if isinstance(failure, OSError):
            hint = _HINTS.get(failure.errno or 0, "fix the cause and run again; what was committed is safe")
            raise StorageError(f"{self._what}: {failure.strerror or failure}; {hint}") from failure


def matching(folder: Path, ending: str) -> list[Path]:
    """The files of a directory whose names have this ending; none if the directory does not exist.

    Raises `StorageError` if it cannot be read. `Path.glob` would take it for an empty one.
    """
    with translate_os_errors(folder):
        try:
            return [folder / name for name in os.listdir(folder) if name.endswith(ending)]
        except (FileNotFoundError, NotADirectoryError):
            return []


class OutputFolder:
    """The directory of `VOK_OUTPUT_DIR`. Paths that are strings are relative to it."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock: FileLock | None = None

    @property
    def state(self) -> Path:
        """The SQLite file of the crawl state."""
        return self.path / "state.sqlite3"

    @property
    def _note(self) -> Path:
        """The file that says which process holds the lock."""
        return self.path / ".holder.json"

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
        """The archive files, in the order in which they were written."""
        yield from sorted(matching(self.path / ARCHIVE, WARC), key=archive_order)

    def parts(self) -> Iterator[Path]:
        """The partial files."""
        for kind in (*DATA_KINDS, ARCHIVE, "runs"):
            yield from sorted(matching(self.path / kind, PART))

    def holds_records(self) -> bool:
        """Whether runs have left files here with which a state would have to agree."""
        if any(True for _ in (*self.data_files(), *self.archive_files())) or matching(self.runs, ".json"):
            return True
        # A run that crashed had registered itself in the state before it wrote, so a state is expected here, too.
        parts = (part for part in self.parts() if RUN_ID.fullmatch(part.name.partition(".")[0]))
        return any(part.parent.name in (*DATA_KINDS, ARCHIVE) and part.stat().st_size for part in parts)

    def take(self, holder: str, *, read_only: bool = False) -> None:
        """Locks the directory for this process; it is created if it is missing. A process that dies loses its lock.

        `holder` describes the process for others. With `read_only` the lock is not needed where nothing can be written.
        Raises `FolderLockedError` naming the holder, or `StorageError`.
        """
        try:
            self._take(holder, sync=not read_only)
        except StorageError as error:
            cause = error.__cause__
            if not (read_only and isinstance(cause, OSError) and cause.errno in _NOT_WRITABLE):
                raise
            if self.is_held():
                raise self._locked() from None

    def _take(self, holder: str, *, sync: bool) -> None:
        with translate_os_errors(self.path):
            make_folder(self.path)
        self._lock = self._acquired()
        try:
            if sync:
                self._check_sync()
            note = {"holder": holder, "pid": os.getpid(), "host": socket.gethostname()}
            with translate_os_errors(self._note):
                self._note.write_text(json.dumps(note), encoding="utf-8")
        except BaseException:
            self.release(after_failure=True)
            raise

    def _acquired(self) -> FileLock:
        """The lock. Raises `StorageError` where locks do not work: two runs would write the same files."""
        path = self.path / ".lock"
        lock = FileLock(path, fallback_to_soft=False)
        with translate_os_errors(self.path):
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise self._locked() from None
            except OSError as failure:
                if failure.errno in _NO_LOCKS:
                    raise StorageError(
                        f"{self.path}: this file system does not support locks ({failure.strerror}); "
                        f"{_OTHER_FILE_SYSTEM}"
                    ) from failure
                raise
            if not _is_exclusive(path):
                lock.release()
                raise StorageError(
                    f"{self.path}: locks have no effect on this file system, so two runs could write at once; "
                    f"{_OTHER_FILE_SYSTEM}"
                )
        return lock

    def _check_sync(self) -> None:
        """Raises `StorageError` where files or directories cannot be synced: a committed record could be lost."""
        with translate_os_errors(self.path):
            for path in (self.path / ".lock", self.path):
                try:
                    sync_folder(path)
                except OSError as failure:
                    if failure.errno not in _NO_SYNC:
                        raise
                    raise StorageError(
                        f"{self.path}: this file system cannot sync files to disk ({failure.strerror}); "
                        f"{_OTHER_FILE_SYSTEM}"
                    ) from failure

    def _locked(self) -> FolderLockedError:
        return FolderLockedError(
            f"{self.path}: another run holds this output directory ({self._holder()}); "
            "wait for it to end, or set another VOK_OUTPUT_DIR"
        )

    def release(self, *, after_failure: bool = False) -> None:
        """Releases the lock.

        Raises `StorageError` if the note about the holder cannot be deleted; the lock is released all the same. With
        `after_failure` that is ignored, so that it does not hide the earlier error.
        """
        if self._lock is None:
            return
        lock, self._lock = self._lock, None
        try:
            with translate_os_errors(self._note):
                self._note.unlink(missing_ok=True)
        except StorageError:
            if not after_failure:
                raise
        finally:
            # A process that ends loses its lock in any case.
            with suppress(OSError):
                lock.release()

    @contextmanager
    def locked(self, holder: str, *, read_only: bool = False) -> Iterator[None]:
        """Holds the lock during a block. Raises the errors of `take` and `release`, but none hides one of the block."""
        self.take(holder, read_only=read_only)
        try:
            yield
        except BaseException:
            self.release(after_failure=True)
            raise
        self.release()

    def is_held(self) -> bool | None:
        """Whether the process that holds the lock is alive; None if it is, or was, a process of another machine."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return is_alive(note["pid"]) if note["host"] == socket.gethostname() else None
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _holder(self) -> str:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return f"{note['holder']}, process {note['pid']} on {note['host']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "of an unknown process"


def is_alive(pid: int) -> bool:
    """Whether a process of this machine is alive."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        # A process of another user.
        return True
    except (OSError, OverflowError):
        return False
    return True


def _is_exclusive(path: Path) -> bool:
    """Whether the lock that this process holds on a file excludes others."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file atomically; nothing is left of one that could not be written. Raises `StorageError`."""
    part = path.with_name(path.name + PART)
    with translate_os_errors(path):
        make_folder(path.parent)
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Creates a directory and its parents, and syncs the new entries to disk. Raises `OSError`."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        sync_folder(each.parent)


def rename_synced(path: Path, target: Path) -> None:
    """Renames or moves a file, and syncs the entries of both directories to disk. Raises `OSError`."""
    make_folder(target.parent)
    os.replace(path, target)
    sync_folder(target.parent)
    if path.parent != target.parent:
        sync_folder(path.parent)


def close_as_is(file: IO[Any]) -> None:
    """Closes a file after a failure. Errors are ignored: what is not written yet is not needed."""
    with suppress(OSError):
        file.close()


def truncate_to(part: Path, length: int) -> None:
    """Truncates a partial file to its committed length, and syncs it to disk. Raises `StorageError`."""
    with translate_os_errors(part), part.open("r+b") as file:
        file.truncate(length)
        file.flush()
        os.fsync(file.fileno())


def digest(path: Path) -> tuple[int, int, str]:
    """Records (lines), size in bytes, and SHA-256 of a file. Raises `StorageError`."""
    lines = size = 0
    sha256 = hashlib.sha256()
    # One buffer for all parts of the file is faster.
    buffer = bytearray(_READ_BYTES)
    view = memoryview(buffer)
    with translate_os_errors(path), path.open("rb", buffering=0) as file:
        while number := file.readinto(buffer):
            lines += buffer.count(b"\n", 0, number)
            size += number
            sha256.update(view[:number])
    return lines, size, sha256.hexdigest()


def sync_folder(path: Path) -> None:
    """Syncs the entries of a directory (a new or a renamed file) to disk. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
