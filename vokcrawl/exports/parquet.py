"""Parquet: days as `date32`, times as UTC timestamps, lists and objects as nested types.

Imported on demand: pyarrow is an optional dependency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from typing_extensions import override

from vokcrawl.exports.formats import Tables, TableWriter

if TYPE_CHECKING:
    pass

# A row group is written after this many rows or characters of text, which bounds memory use.
_ROWS = 10_000
_CHARACTERS = 8_000_000
_PLAIN = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "string": pa.string()}
_FORMATS = {"date": pa.date32(), "date-time": pa.timestamp("ms", tz="UTC")}


class ParquetWriter(TableWriter):
    """Writes one table."""

    def __init__(self, path: Path, tables: Tables) -> None:
        ((_, self._columns),) = tables.items()
        self._schema = pa.schema(pa.field(each.name, _type(each.schema), each.nullable) for each in self._columns)
        self._file = path.open("wb")
        self._parquet = pq.ParquetWriter(self._file, self._schema, compression="zstd")
        self._start()

    def _start(self) -> None:
        self._rows: list[Mapping[str, Any]] = []
        self._characters = 0

    @override
    def write(self, table: str, row: Mapping[str, Any]) -> None:
        self._rows.append(row)
        self._characters += len(row.get("body") or "")
        if len(self._rows) >= _ROWS or self._characters >= _CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        arrays = [_array([row[field.name] for row in self._rows], field.type) for field in self._schema]
        table = pa.Table.from_arrays(arrays, schema=self._schema)
        self._parquet.write_table(table, row_group_size=len(self._rows))
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


def _array(values: Sequence[Any], of: pa.DataType) -> pa.Array:
    if of in _FORMATS.values():
        # Arrow parses days and times much faster than Python does.
        return pa.array(values, pa.string()).cast(of)
    return pa.array(values, of)
