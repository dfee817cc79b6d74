"""The interface of a table writer, and what several writers share. `formats` has the writers themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from vokcrawl.exports.rows import Column

PARQUET, SQLITE, CSV, XLSX, WACZ = ".parquet", ".sqlite", ".csv", ".xlsx", ".wacz"
JSONL, JSONL_ZST = ".jsonl", ".jsonl.zst"
EXTENSIONS = (PARQUET, SQLITE, CSV, XLSX, JSONL, JSONL_ZST, WACZ)

Tables = Mapping[str, Sequence["Column"]]
# Excel's maximum number of characters in a cell, in UTF-16 code units.
_MAX_CELL = 32_767


class TableWriter(ABC):
    """Writes tables of rows to a new file. `tables` maps the name of each table to its columns, in order."""

    # The tables of `selection.TABLES` that the file contains unless `--what` selects another.
    default_tables: tuple[str, ...] = ("current",)
    # Whether `write_lines` can be called.
    takes_lines = False

    @cached_property
    def cut_cells(self) -> Counter[str]:
        """Number of texts that were cut because the format limits their length, by column."""
        return Counter()

    @abstractmethod
    def __init__(self, path: Path, tables: Tables) -> None: ...

    @abstractmethod
    def write(self, table: str, row: Mapping[str, Any]) -> None:
        """Append a row, which has a value for each column. Tables are written one after the other."""

    def write_lines(self, table: str, lines: bytes, added_to: Callable[[list[str], list[int]], bytes]) -> int | None:
        """Append the records of these lines of a record file, and return their number.

        `added_to` returns further columns by ids and revisions, as lines of JSON. Returns None if the records lack keys
        that a row must have; then nothing was written.
        """
        raise NotImplementedError

    @abstractmethod
    def finish(self) -> None:
        """Write buffered rows and close the file."""

    @abstractmethod
    def abandon(self) -> None:
        """Close the file as it is, after a failure. Never raises."""


def json_line(columns: Sequence[Column], row: Mapping[str, Any]) -> bytes:
    """Return a row as a line of JSON."""
    return orjson.dumps({each.name: row[each.name] for each in columns}, option=orjson.OPT_APPEND_NEWLINE)


def cut_to_cell(text: str) -> str:
    """Return the text itself if it fits into a cell of Excel, or else its beginning and how much is omitted."""
    if len(text) <= _MAX_CELL // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * _MAX_CELL:
        return text
    # Leaves space for the number of any text. A half of a character at the end is ignored.
    kept = units[: 2 * (_MAX_CELL - 40)].decode("utf-16-le", "ignore")
    return f"{kept}… ({len(text) - len(kept):,} characters omitted)"
