"""CSV: a line of column names, then one for each row; UTF-8, commas, quotes where needed, null as an empty cell."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from vokcrawl.exports.columns import Column
from vokcrawl.exports.writer import Tables, TableWriter
from vokcrawl.storage.output_folder import close_as_is

# What a spreadsheet takes for the beginning of a formula, also in full width (OWASP, "CSV Injection").
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")


class CsvFile(TableWriter):
    """One table. With `spreadsheet`, cells that a spreadsheet would carry out begin with an apostrophe, and the file
    with the mark by which a spreadsheet knows UTF-8."""

    def __init__(self, path: Path, tables: Tables, *, spreadsheet: bool = False) -> None:
        ((_, self._columns),) = tables.items()
        self._text = _tame if spreadsheet else str
        self._file = path.open("w", encoding="utf-8-sig" if spreadsheet else "utf-8", newline="")
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow(column.name for column in self._columns)

    def write(self, table: str, row: Mapping[str, Any]) -> None:
        self._csv.writerow(_cell(column, row[column.name], self._text) for column in self._columns)

    def finish(self) -> None:
        self._file.close()

    def abandon(self) -> None:
        close_as_is(self._file)


def _cell(column: Column, value: Any, text: Callable[[str], str]) -> Any:
    if value is None:
        return ""
    if column.nested:
        return orjson.dumps(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value) if isinstance(value, str) else value


def _tame(value: str) -> str:
    return f"'{value}" if _FORMULA.match(value) else value
