"""Where the memory of an output folder is, and how it is opened."""

from __future__ import annotations

from typing import Protocol

from vokcrawl.files import OutputFolder
from vokcrawl.state.interface import State
from vokcrawl.state.sqlite import SqliteState


class Opening(Protocol):
    """How the memory of a folder is opened."""

    def __call__(self, folder: OutputFolder, expected: bool, *, read_only: bool = False) -> State:
        """Makes it where none is `expected`: where the folder holds no records that it would have to agree with.

        Raises `StateUnusable` or `StorageFailed`.
        """


def in_folder(folder: OutputFolder, expected: bool, *, read_only: bool = False) -> State:
    """The memory in the folder's own SQLite file."""
    return SqliteState.open(folder.state, expected, read_only)
