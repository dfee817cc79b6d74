"""Parquet: days as `date32`, times as UTC timestamps, lists and objects as nested types.

Imported on demand: pyarrow is an optional dependency. Rows pass to it as JSON, because it would import pandas, if that
is installed, to convert Python objects; pandas takes longer to import than ten thousand articles to export.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq
from typing_extensions import override

from vokcrawl.exports.table_writer import Tables, TableWriter, json_line

# A row group is written after this many rows or bytes of JSON, which bounds memory use.
# JSON is converted in smaller parts.
_ROWS = 10_000
_BYTES = 12_000_000
_CONVERTED_BYTES = 1_000_000
_PLAIN = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "string": pa.string()}
_FORMATS = {"date": pa.date32(), "date-time": pa.timestamp("ms", tz="UTC")}


# Columns of articles that the records themselves do not have.
_ADDED = ("latest", "removed_at")


class ParquetWriter(TableWriter):
    """Writes one table."""

    takes_lines = True

    def __init__(self, path: Path, tables: Tables) -> None:
        ((_, self._columns),) = tables.items()
        self._schema = pa.schema(pa.field(each.name, _type(each.schema), each.nullable) for each in self._columns)
        self._lines_schema = pa.schema([field for field in self._schema if field.name not in _ADDED])
        self._added_schema = pa.schema([field for field in self._schema if field.name in _ADDED])
        self._file = path.open("wb")
        self._parquet = pq.ParquetWriter(self._file, self._schema, compression="zstd")
        self._start()

    def _start(self) -> None:
        self._lines: list[bytes] = []
        self._tables: list[pa.Table] = []
        self._rows = self._bytes = self._pending = 0

    @override
    def write(self, table: str, row: Mapping[str, Any]) -> None:
        line = json_line(self._columns, row)
        self._lines.append(line)
        self._rows += 1
        self._pending += len(line)
        if self._pending >= _CONVERTED_BYTES:
            self._convert()
        if self._rows >= _ROWS or self._bytes >= _BYTES:
            self._flush()

    @override
    def write_lines(self, table: str, lines: bytes, added_to: Callable[[list[str], list[int]], bytes]) -> int | None:
        try:
            records = _read(lines, self._lines_schema)
        except pa.ArrowInvalid:
            return None
        if any(records[field.name].null_count for field in self._lines_schema if not field.nullable):
            return None
        added = _read(added_to(records["id"].to_pylist(), records["revision"].to_pylist()), self._added_schema)
        columns = [(added if each.name in _ADDED else records)[each.name] for each in self._schema]
        if self._lines:
            self._convert()
        self._tables.append(pa.Table.from_arrays(columns, schema=self._schema))
        self._rows += len(records)
        self._bytes += len(lines)
        if self._rows >= _ROWS or self._bytes >= _BYTES:
            self._flush()
        return len(records)

    def _convert(self) -> None:
        self._tables.append(_read(b"".join(self._lines), self._schema))
        self._bytes += self._pending
        self._lines, self._pending = [], 0

    def _flush(self) -> None:
        if self._lines:
            self._convert()
        self._parquet.write_table(pa.concat_tables(self._tables), row_group_size=self._rows)
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


def _read(lines: bytes, schema: pa.Schema) -> pa.Table:
    """Convert lines of JSON. Raises `pa.ArrowInvalid`."""
    # One block, because a block cannot end within a line.
    options = pj.ReadOptions(use_threads=False, block_size=len(lines) + 1)
    table = pj.read_json(pa.BufferReader(lines), read_options=options, parse_options=_parsing(schema))
    columns = [table[field.name].cast(field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _parsing(schema: pa.Schema) -> pj.ParseOptions:
    # Arrow's JSON reader parses times, but not days.
    fields = (pa.field(each.name, pa.string() if each.type == pa.date32() else each.type) for each in schema)
    return pj.ParseOptions(explicit_schema=pa.schema(fields), unexpected_field_behavior="error")


def _type(schema: Mapping[str, Any]) -> pa.DataType:
    if schema["type"] == "array":
        return pa.list_(_type(schema["items"]))
    if schema["type"] == "object":
        return pa.struct([pa.field(name, _type(each)) for name, each in schema["properties"].items()])
    return _FORMATS.get(schema.get("format", "")) or _PLAIN[schema["type"]]
