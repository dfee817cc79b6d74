"""Disk usage of an output directory."""

from __future__ import annotations

from pathlib import Path

from vokcrawl.storage.output_folder import (
    ARCHIVE,
    DATA_KINDS,
    OLD_QUARANTINE,
    QUARANTINE,
    OutputFolder,
    translate_os_errors,
)

_FOLDERS = (*DATA_KINDS, ARCHIVE, "runs", QUARANTINE)


def disk_use(folder: OutputFolder) -> dict[str, int]:
    """Size in bytes of each folder, of the state (`state`), of everything else (`other`), and in total (`total`).

    Beside a running crawl the result is approximate. Raises `StorageError` if the directory cannot be read.
    """
    used = dict.fromkeys((*_FOLDERS, "state", "other"), 0)
    with translate_os_errors(folder.path):
        for path in folder.path.iterdir():
            name = QUARANTINE if path.name == OLD_QUARANTINE else path.name if path.name in _FOLDERS else "other"
            # The state includes its write-ahead log.
            used["state" if path.name.startswith(folder.state.name) else name] += _bytes_of(path)
    return {**used, "total": sum(used.values())}


def _bytes_of(path: Path) -> int:
    try:
        if path.is_dir() and not path.is_symlink():
            return sum(map(_bytes_of, path.iterdir()))
        return path.lstat().st_size
    except FileNotFoundError:
        # Renamed since the directory was listed.
        return 0
