"""The file that is to be written: where it may lie, and how it comes to be there whole or not at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vokcrawl.errors import FolderLockedError, UsageError
from vokcrawl.exports.writer import exporting
from vokcrawl.storage.output_folder import DATA_KINDS, PART, OutputFolder, sync_folder

# What the crawl keeps in the output folder, and nobody else may write to.
_OWN_FOLDERS = (*DATA_KINDS, "archive", "aside", "runs")


def checked_target(name: str, folder: OutputFolder, *, overwrite: bool) -> Path:
    """The target as a path. Raises `UsageError` for a place where none may be, `StorageError` where none can be."""
    target = Path(name)
    with exporting(target):
        return _checked(target, name, folder, overwrite=overwrite)


def _checked(target: Path, name: str, folder: OutputFolder, *, overwrite: bool) -> Path:
    parent = target.resolve().parent
    if not parent.is_dir():
        raise UsageError(f"--to: {name}: the folder {parent} does not exist; make it first")
    if target.is_dir():
        raise UsageError(f"--to: {name}: a folder; name a file in it")
    own = folder.path.resolve()
    if any(parent.is_relative_to(own / each) for each in _OWN_FOLDERS):
        raise UsageError(f"--to: {name}: it lies among the crawl's own files; name another place")
    _refuse_existing(target, overwrite=overwrite)
    return target


@contextmanager
def replacing(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Gives the path of an empty file to write to; at the end it becomes the target, after a failure it is gone.

    Overwrites what a killed export left. Raises `FolderLockedError` where another export writes to the same target.
    """
    part = target.with_name(target.name + PART)
    with exporting(target):
        descriptor = _locked(part)
    try:
        with exporting(target):
            os.truncate(descriptor, 0)
        yield part
        with exporting(target):
            os.fsync(descriptor)
            _refuse_existing(target, overwrite=overwrite)
            os.replace(part, target)
            sync_folder(target.resolve().parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _refuse_existing(target: Path, *, overwrite: bool) -> None:
    if target.exists() and not overwrite:
        raise UsageError(f"--to: {target}: it exists; name another file, or give --overwrite to replace it")


def _locked(part: Path) -> int:
    """The open file, locked: the system frees it when the process ends."""
    while True:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Between opening and locking, another export may have finished this very file and given it its name.
            if part.exists() and os.path.samestat(os.fstat(descriptor), part.stat()):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise FolderLockedError(
                f"{part}: another export is writing it; wait for it to end, or name another file"
            ) from None
        os.close(descriptor)
