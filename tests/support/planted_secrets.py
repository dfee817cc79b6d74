"""Secrets that tests plant, and where they look for leaks."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

PLANTED = "planted-secret"


def texts(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All files of the directory, those in archives decompressed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield str(path.relative_to(folder)), gzip.decompress(content) if path.suffix == ".gz" else content


def leaks(folder: Path) -> list[str]:
    """The files of the directory, archives included, that contain a planted secret."""
    return [name for name, content in texts(folder) if PLANTED.encode() in content]
