"""Which form a file has, by the ending of its name."""

from __future__ import annotations

from importlib import import_module

from vokcrawl.errors import UsageError
from vokcrawl.exports.writer import TableWriter

CSV = ".csv"
# The module and class of each; they are imported for their own form alone, for one needs what others do not.
_FORMS = {
    ".parquet": ("parquet_file", "ParquetFile"),
    ".sqlite": ("sqlite_file", "SqliteFile"),
    CSV: ("csv_file", "CsvFile"),
    ".jsonl.zst": ("jsonl_file", "JsonlFile"),
}
INSTALL = "pip install -r requirements/export.txt"


def result_of(name: str) -> str:
    """The ending that says the form. Raises `UsageError` where it is none of ours."""
    for ending in _FORMS:
        if name.endswith(ending):
            return ending
    raise UsageError(f"--to: {name}: its ending is none of {', '.join(_FORMS)}")


def writer_of(ending: str) -> type[TableWriter]:
    """What writes files of that ending. Raises `UsageError` where a package is missing."""
    module, name = _FORMS[ending]
    try:
        found: type[TableWriter] = getattr(import_module(f"vokcrawl.exports.{module}"), name)
    except ImportError as missing:
        raise UsageError(
            f"--to: {ending} needs the package {missing.name}, which is not installed: {INSTALL}"
        ) from missing
    return found
