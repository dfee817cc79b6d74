"""The target file of an export or report: where it may be, and how it is published atomically."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vokcrawl.errors import FolderLockedError, UsageError
from vokcrawl.exports.formats import translate_export_errors
from vokcrawl.storage.output_folder import DATA_KINDS, OLD_QUARANTINE, PART, QUARANTINE, OutputFolder, sync_folder

# Folders of the output directory that only the crawl may write to.
_OWN_FOLDERS = (*DATA_KINDS, "archive", QUARANTINE, OLD_QUARANTINE, "runs")


def checked_target(name: str, folder: OutputFolder, *, overwrite: bool) -> Path:
    """Return the target as a path. Raises `UsageError` if it is not allowed, `StorageError` if it is inaccessible."""
    target = Path(name)
    with translate_export_errors(target):
        return _check(target, name, folder, overwrite=overwrite)


def _check(target: Path, name: str, folder: OutputFolder, *, overwrite: bool) -> Path:
    parent = target.resolve().parent
    if not parent.is_dir():
        raise UsageError(f"--to: {name}: the directory {parent} does not exist; create it first")
    if target.is_dir():
        raise UsageError(f"--to: {name}: is a directory; give a file name")
    own = folder.path.resolve()
    if any(parent.is_relative_to(own / each) for each in _OWN_FOLDERS):
        raise UsageError(f"--to: {name}: this directory belongs to the crawl; choose another location")
    _refuse_existing(target, overwrite=overwrite)
    return target


@contextmanager
def replacing(target: Path, *, overwrite: bool, reported_as: Path | None = None) -> Iterator[Path]:
    """Yield the path of an empty partial file; rename it to the target on success, delete it after a failure.

    The partial file of a killed export is overwritten. A `StorageError` names `reported_as`, by default the target.
    Raises `FolderLockedError` while another export writes the same target.
    """
    part = target.with_name(target.name + PART)
    reported = reported_as or target
    with translate_export_errors(reported):
        descriptor = _open_locked(part)
    try:
        with translate_export_errors(reported):
            os.truncate(descriptor, 0)
        yield part
        with translate_export_errors(reported):
            os.fsync(descriptor)
            _refuse_existing(target, overwrite=overwrite)
            os.replace(part, target)
            sync_folder(target.resolve().parent)
            os.close(descriptor)
    except BaseException:
        # Errors of the clean-up must not hide the first one.
        with suppress(OSError):
            part.unlink()
        with suppress(OSError):
            os.close(descriptor)
        raise


def _refuse_existing(target: Path, *, overwrite: bool) -> None:
    if target.exists() and not overwrite:
        raise UsageError(f"--to: {target}: already exists; choose another file, or use --overwrite to replace it")


def _open_locked(part: Path) -> int:
    """Open and lock the file; the operating system releases the lock when the process ends."""
    while True:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Between opening and locking, another export may have renamed this very file to its target.
            if part.exists() and os.path.samestat(os.fstat(descriptor), part.stat()):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise FolderLockedError(
                f"{part}: another export is writing this file; wait until it ends, or choose another file"
            ) from None
        os.close(descriptor)
