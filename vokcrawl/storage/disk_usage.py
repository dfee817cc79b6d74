"""How much room an output folder takes, by what is in it."""

from __future__ import annotations

from pathlib import Path

from vokcrawl.storage.output_folder import DATA_KINDS, OutputFolder, translate_os_errors

# The folders of an output folder, as the design names them; what is in none of them counts as `other`.
_FOLDERS = (*DATA_KINDS, "archive", "runs", "aside")


def disk_use(folder: OutputFolder) -> dict[str, int]:
    """Bytes by folder, of the state (`state`), of all else (`other`), and in all (`total`).

    Raises `StorageError` when the folder cannot be read; what a run renames meanwhile is not missed by much.
    """
    used = dict.fromkeys((*_FOLDERS, "state", "other"), 0)
    with translate_os_errors(folder.path):
        for path in folder.path.iterdir():
            name = path.name if path.name in _FOLDERS else "other"
            # With its log and its index.
            used["state" if path.name.startswith(folder.state.name) else name] += _bytes_of(path)
    return {**used, "total": sum(used.values())}


def _bytes_of(path: Path) -> int:
    try:
        if path.is_dir() and not path.is_symlink():
            return sum(map(_bytes_of, path.iterdir()))
        return path.lstat().st_size
    except FileNotFoundError:
        # Renamed since it was listed.
        return 0
