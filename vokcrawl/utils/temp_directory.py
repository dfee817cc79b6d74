"""Temporary directories, which are deleted when they are no longer needed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from vokcrawl.errors import StorageError


@contextmanager
def temporary_directory(prefix: str) -> Iterator[Path]:
    """Yield a new directory and delete it at the end.

    Raises `StorageError` if it cannot be created or deleted; after an error of the block, that one is raised.
    """
    try:
        path = Path(mkdtemp(prefix=prefix))
    except OSError as failure:
        raise StorageError(
            f"temporary directory: {failure.strerror or failure}; free space there, or set TMPDIR to another one"
        ) from failure
    try:
        yield path
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
    try:
        shutil.rmtree(path)
    except OSError as failure:
        raise StorageError(f"{path}: this temporary directory cannot be deleted: {failure.strerror}") from failure
