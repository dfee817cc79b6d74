"""Parquet: days as `date32`, times as UTC timestamps, lists and objects as nested types.

Imported on demand: pyarrow is an optional dependency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from typing_extensions import override

from vokcrawl.exports.formats import Tables, TableWriter

if TYPE_CHECKING:
    from vokcrawl.exports.rows import Column

# A row group is written after this many rows or characters of text, which bounds memory use.
_ROWS = 10_000
_CHARACTERS = 8_000_000
_PLAIN = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "string": pa.string()}
_FORMATS = {"date": pa.date32(), "date-time": pa.timestamp("ms", tz="UTC")}
_CONVERTERS: dict[str, Callable[[str], Any]] = {"date": date.fromisoformat, "date-time": datetime.fromisoformat}


class ParquetWriter(TableWriter):
    """Writes one table."""

    def __init__(self, path: Path, tables: Tables) -> None:
        ((_, self._columns),) = tables.items()
        self._schema = pa.schema(pa.field(each.name, _type(each.schema), each.nullable) for each in self._columns)
        self._file = path.open("wb")
        self._parquet = pq.ParquetWriter(self._file, self._schema, compression="zstd")
        self._start()

    def _start(self) -> None:
        self._values: list[list[Any]] = [[] for _ in self._columns]
        self._rows = self._characters = 0

    @override
    def write(self, table: str, row: Mapping[str, Any]) -> None:
        for column, values in zip(self._columns, self._values, strict=True):
            value = row[column.name]
            values.append(value if value is None else _convert(column, value))
        self._rows += 1
        self._characters += len(row.get("body") or "")
        if self._rows >= _ROWS or self._characters >= _CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        arrays = [pa.array(values, field.type) for values, field in zip(self._values, self._schema, strict=True)]
        self._parquet.write_table(pa.Table.from_arrays(arrays, schema=self._schema), row_group_size=self._rows or 1)
        self._start()

    @override
    def finish(self) -> None:
        if self._rows:
            self._flush()
        self._parquet.close()
        self._file.close()

    @override
    def abandon(self) -> None:
        try:
            self._parquet.close()
            self._file.close()
        except (OSError, pa.ArrowException):
            # The partial file is deleted anyway.
            return


def _type(schema: Mapping[str, Any]) -> pa.DataType:
    if schema["type"] == "array":
        return pa.list_(_type(schema["items"]))
    if schema["type"] == "object":
        return pa.struct([pa.field(name, _type(each)) for name, each in schema["properties"].items()])
    return _FORMATS.get(schema.get("format", "")) or _PLAIN[schema["type"]]


def _convert(column: Column, value: Any) -> Any:
    convert = _CONVERTERS.get(column.schema.get("format", ""))
    return convert(value) if convert else value
