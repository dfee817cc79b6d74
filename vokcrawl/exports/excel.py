"""Excel: one sheet of plain values. No formulas, no links; days and times are dates, times in UTC.

Imported on demand: XlsxWriter is an optional dependency.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Any

import orjson
import xlsxwriter
from typing_extensions import override
from xlsxwriter.exceptions import FileCreateError

from vokcrawl.errors import UsageError
from vokcrawl.exports.table_writer import XLSX, Tables, TableWriter, cut_to_cell

if TYPE_CHECKING:
    from vokcrawl.exports.rows import Column

# Excel's maximum number of rows in a sheet, the header included.
_MAX_ROWS = 1_048_576
# Excel counts a 29 February 1900 that did not exist, so earlier days are written as text.
_FIRST_DAY = date(1900, 3, 1)
_DAY, _MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
# Widths in characters of the default font.
_WIDTH, _WIDTHS = 20, {"title": 60, "body": 80, "excerpt": 80, "url": 40}
# A fixed time of creation, because the same archive gives the same bytes.
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  XlsxWriter takes it as UTC


class ExcelWriter(TableWriter):
    """One table as a sheet: a header row, lists and objects as JSON text, null as an empty cell.

    Rows are buffered in a temporary directory, which bounds memory use. A text longer than Excel's maximum is cut.
    Raises `UsageError` for more rows than a sheet may have.
    """

    def __init__(self, path: Path, tables: Tables) -> None:
        ((name, self._columns),) = tables.items()
        self._row = 0
        self._directory = TemporaryDirectory(prefix="vokcrawl-")
        self._file = _PartialFile(io.FileIO(path, "w"))
        self._book = xlsxwriter.Workbook(
            self._file, {"constant_memory": True, "tmpdir": self._directory.name, "use_zip64": True}
        )
        self._book.set_properties({"created": _CREATED})
        self._day, self._moment = (self._book.add_format({"num_format": each}) for each in (_DAY, _MOMENT))
        self._plain, head = self._book.add_format(), self._book.add_format({"bold": True})
        self._sheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            self._sheet.set_column(place, place, _WIDTHS.get(column.name, _WIDTH))
            self._sheet.write_string(0, place, column.name, head)

    @override
    def write(self, table: str, row: Mapping[str, Any]) -> None:
        self._row += 1
        if self._row >= _MAX_ROWS:
            raise UsageError(
                f"--to: {XLSX}: a sheet of Excel has at most {_MAX_ROWS:,} rows, the header included; select fewer "
                "records with --since and --until, or choose another format"
            )
        with _naming_the_temporary_directory():
            for place, column in enumerate(self._columns):
                self._write_cell(place, column, row[column.name])

    def _write_cell(self, place: int, column: Column, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            self._sheet.write_boolean(self._row, place, value)
        elif isinstance(value, (int, float)):
            self._sheet.write_number(self._row, place, value)
        elif column.nested:
            self._write_text(place, column, orjson.dumps(value).decode())
        elif (moment := _as_date(value, column.schema.get("format"))) is not None:
            shown = self._moment if isinstance(moment, datetime) else self._day
            self._sheet.write_datetime(self._row, place, moment, shown)
        else:
            self._write_text(place, column, value)

    def _write_text(self, place: int, column: Column, text: str) -> None:
        kept = cut_to_cell(text)
        self.cut_cells[column.name] += kept is not text
        if kept.startswith("<r>") and kept.endswith("</r>"):
            # XlsxWriter would take it for markup of its own and write it unescaped; in two pieces it is text.
            self._sheet.write_rich_string(self._row, place, kept[0], self._plain, kept[1:])
        else:
            self._sheet.write_string(self._row, place, kept)

    @override
    def finish(self) -> None:
        self._sheet.autofilter(0, 0, self._row, len(self._columns) - 1)
        try:
            self._book.close()
        except FileCreateError as failure:
            # Its only argument is the error of the operating system.
            raise failure.args[0] from failure
        self._file.close()
        self._directory.cleanup()

    @override
    def abandon(self) -> None:
        with suppress(OSError):
            # There is no public method that closes the temporary file without writing the workbook.
            self._sheet._opt_close()
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._directory.cleanup()


class _PartialFile(io.BufferedWriter):
    """Ignores what is written after it was closed, and counts the position only.

    After a failure, the garbage collector deletes XlsxWriter's `ZipFile`, which then writes the end of the ZIP file.
    """

    _position = 0

    @override
    def write(self, data: Any, /) -> int:
        if self.closed:
            self._position += len(data)
            return len(data)
        return super().write(data)

    @override
    def seek(self, target: int, whence: int = os.SEEK_SET, /) -> int:
        if self.closed:
            self._position = target
            return target
        return super().seek(target, whence)

    @override
    def tell(self) -> int:
        return self._position if self.closed else super().tell()

    @override
    def flush(self) -> None:
        if not self.closed:
            super().flush()


def _as_date(text: str, form: str | None) -> date | None:
    """Return a day or a time in UTC without a time zone, which Excel does not have; None for what is no date there."""
    if form == "date":
        day = date.fromisoformat(text)
        return day if day >= _FIRST_DAY else None
    if form == "date-time":
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
        return moment if moment.date() >= _FIRST_DAY else None
    return None


@contextmanager
def _naming_the_temporary_directory() -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        raise OSError(failure.errno, f"{failure.strerror} (temporary directory {gettempdir()})") from failure
