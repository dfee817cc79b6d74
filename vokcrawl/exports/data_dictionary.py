"""The data dictionary of an exported file: a Data Package (https://datapackage.org/, version 2) beside it.

The descriptions and types of the columns are those of the record models.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from vokcrawl.exports.table_writer import CSV, JSONL, JSONL_ZST, PARQUET, SQLITE, XLSX, Tables

if TYPE_CHECKING:
    from vokcrawl.exports.rows import Column

_PROFILES = "https://datapackage.org/profiles/2.0/"
_SUFFIX = ".datapackage.json"
_TABLES = {
    "current": "The latest version of each article that was not removed.",
    "articles": "All versions of all articles.",
    "teasers": "Teasers of articles in listings and other pages.",
    "removals": "Articles that the site removed.",
}
# Properties of the file, by the extension of its format.
_FORMATS: dict[str, dict[str, Any]] = {
    PARQUET: {"format": "parquet", "mediatype": "application/vnd.apache.parquet"},
    SQLITE: {"format": "sqlite", "mediatype": "application/vnd.sqlite3"},
    CSV: {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"},
    XLSX: {"format": "xlsx", "mediatype": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    JSONL: {"format": "jsonl", "mediatype": "application/jsonl", "encoding": "utf-8"},
    JSONL_ZST: {"format": "jsonl", "mediatype": "application/zstd", "encoding": "utf-8", "compression": "zst"},
}
_TYPES = {"date": "date", "date-time": "datetime"}
# The row number of each table in SQLite.
_NUMBER = {"name": "number", "type": "integer", "description": "Row number.", "constraints": {"required": True}}


def dictionary_name(target: str) -> str:
    """Return the name of the data dictionary of a file.

    >>> dictionary_name("exports/current.csv")
    'exports/current.csv.datapackage.json'
    """
    return target + _SUFFIX


def data_dictionary(target: Path, part: Path, extension: str, tables: Tables, *, spreadsheet: bool) -> bytes:
    """Return the data dictionary of the file `target`, which is complete in `part`.

    `tables` are its tables and their columns; `spreadsheet` is the option of a CSV file. Raises `OSError`.
    """
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    known = {"bytes": part.stat().st_size, "hash": f"sha256:{digest}"}
    # A registered format has no entry.
    form = _FORMATS.get(extension) or {"format": extension.removeprefix(".")}
    cells = extension == XLSX or spreadsheet
    empty_is_null = extension in (CSV, XLSX)
    resources = [
        {
            "$schema": f"{_PROFILES}dataresource.json",
            "name": name,
            "description": _TABLES[name],
            "type": "table",
            "path": target.name,
            **form,
            **known,
            **_dialect(extension, name),
            "schema": _schema(extension, name, columns, cells=cells, empty_is_null=empty_is_null),
        }
        for name, columns in tables.items()
    ]
    package = {"$schema": f"{_PROFILES}datapackage.json", "resources": resources}
    return orjson.dumps(package, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _dialect(extension: str, table: str) -> dict[str, Any]:
    described: dict[str, dict[str, Any]] = {
        CSV: {"header": True, "delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True},
        XLSX: {"header": True, "sheetName": table},
        SQLITE: {"table": table},
    }
    if extension not in described:
        return {}
    return {"dialect": {"$schema": f"{_PROFILES}tabledialect.json", **described[extension]}}


def _schema(
    extension: str, table: str, columns: Sequence[Column], *, cells: bool, empty_is_null: bool
) -> dict[str, Any]:
    fields = [_field(column, cells=cells, empty_is_null=empty_is_null) for column in columns]
    schema: dict[str, Any] = {"$schema": f"{_PROFILES}tableschema.json", "fields": fields}
    if not empty_is_null:
        # By default, readers take an empty text for a missing value.
        schema["missingValues"] = []
    if extension == SQLITE:
        return {**schema, "fields": [_NUMBER, *fields], "primaryKey": ["number"]}
    return {**schema, "primaryKey": ["id"]} if table == "current" else schema


def _field(column: Column, *, cells: bool, empty_is_null: bool) -> dict[str, Any]:
    """Return the description of a column. Lists and objects are plain text in `cells`, where they may be cut."""
    schema = column.schema
    if column.nested and cells:
        return {"name": column.name, "type": "string", "description": f"JSON text. {column.description}"}
    kind = _TYPES.get(schema.get("format", ""), schema["type"])
    constraints = _constraints(kind, schema)
    if not column.nullable and not (empty_is_null and _may_be_empty(schema)):
        constraints = {"required": True, **constraints}
    field = {"name": column.name, "type": kind, "description": column.description}
    if constraints:
        field["constraints"] = constraints
    if column.nested:
        # Not a constraint: most readers know only those of version 1.
        field["jsonSchema"] = column.json_schema
    return field


def _constraints(kind: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    if "const" in schema:
        return {"enum": [schema["const"]]}
    # Days and times have a pattern, too, but are no texts in each format.
    names = {"string": ("enum", "pattern", "maxLength"), "integer": ("enum", "minimum", "maximum")}
    return {name: schema[name] for name in names.get(kind, ()) if name in schema}


def _may_be_empty(schema: Mapping[str, Any]) -> bool:
    return schema["type"] == "string" and not any(each in schema for each in ("const", "enum", "format", "pattern"))
