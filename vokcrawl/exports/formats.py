"""The file formats of an export, selected by the extension of the target.

Each format is a `TableWriter`. Parquet and Excel have modules of their own, because they need optional dependencies.
"""

from __future__ import annotations

import csv
import re
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from typing_extensions import override

from vokcrawl.errors import StorageError, UsageError
from vokcrawl.exports.table_writer import (
    CSV,
    EXTENSIONS,
    JSONL,
    JSONL_ZST,
    PARQUET,
    SQLITE,
    XLSX,
    Tables,
    TableWriter,
    cut_to_cell,
    json_line,
)
from vokcrawl.search.index import TOKENIZER
from vokcrawl.storage.output_folder import close_as_is
from vokcrawl.utils.program import missing_package
from vokcrawl.utils.scripts import bigrams

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    # A dependency of Scrapy.
    from backports import zstd

if TYPE_CHECKING:
    from vokcrawl.exports.rows import Column

# Characters that a spreadsheet reads as the start of a formula, full-width forms included (OWASP, "CSV Injection"): at
# the start of a cell, and after a separator, because a spreadsheet may split cells at another one than a comma.
_FORMULA = re.compile(r"^(?=[=+\-@\t\r＝＋－＠])|(?<=[;\t\r\n])(?=\s*[=+\-@＝＋－＠])")
# The checksum lets a reader detect a damaged copy.
_ZSTD_OPTIONS: dict[int, int] = {
    zstd.CompressionParameter.compression_level: 9,
    zstd.CompressionParameter.checksum_flag: 1,
}
_SQL_TYPES = {"integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}
_INDEXES = (
    "CREATE INDEX articles_by_id ON articles (id, revision)",
    "CREATE INDEX articles_by_day ON articles (published_on)",
    "CREATE INDEX teasers_by_id ON teasers (id)",
    "CREATE INDEX removals_by_id ON removals (id)",
)
_VIEWS = (
    "CREATE VIEW current AS SELECT {current} FROM articles WHERE latest AND removed_at IS NULL",
    """CREATE VIEW revisions AS
SELECT later.id, later.url, later.published_on, later.revision, later.fetched_at, later.changed,
  before.title AS title_before, later.title, before.body AS body_before, later.body
FROM articles AS later
LEFT JOIN articles AS before ON before.id = later.id AND before.revision = later.revision - 1
WHERE later.revision > 1""",
    """CREATE VIEW removed AS
SELECT articles.id, articles.url, published_on, title, body, articles.revision, first_missing_at, removed_at, status
FROM articles
LEFT JOIN removals ON removals.id = articles.id AND removals.confirmed_at = articles.removed_at
WHERE latest AND removed_at IS NOT NULL""",
)
# Pairs of characters of Korean, Japanese and Chinese texts, without a copy of the text.
_PAIRS = f"CREATE VIRTUAL TABLE articles_pairs USING fts5(title, body, content='', tokenize=\"{TOKENIZER}\")"
# External content: the index refers to the text of the table instead of keeping a copy.
_FULL_TEXT = (
    "CREATE VIRTUAL TABLE articles_fts USING fts5(title, body, "
    f'content="articles", content_rowid="number", tokenize="{TOKENIZER}")',
    "INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')",
    "INSERT INTO articles_fts (articles_fts) VALUES ('optimize')",
)
_CACHE_KIB = 16_384
# Rows to insert at a time.
_ROWS = 500


class CsvWriter(TableWriter):
    """One table as CSV: a header line, UTF-8, commas, quotes where needed, null as an empty cell.

    With `spreadsheet`, what a spreadsheet would evaluate as a formula is prefixed with an apostrophe, a text is cut at
    the maximum length of a cell, and the file starts with a byte order mark, by which a spreadsheet recognises UTF-8.
    """

    def __init__(self, path: Path, tables: Tables, *, spreadsheet: bool = False) -> None:
        ((_, self._columns),) = tables.items()
        self._spreadsheet = spreadsheet
        self._file = path.open("w", encoding="utf-8-sig" if spreadsheet else "utf-8", newline="")
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow(column.name for column in self._columns)

    @override
    def write(self, table: str, row: Mapping[str, Any]) -> None:
        self._csv.writerow(self._cell(column, row[column.name]) for column in self._columns)

    def _cell(self, column: Column, value: Any) -> Any:
        if value is None:
            return ""
        if column.nested:
            value = orjson.dumps(value).decode()
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str) or not self._spreadsheet:
            return value
        escaped = _FORMULA.sub("'", value)
        kept = cut_to_cell(escaped)
        self.cut_cells[column.name] += kept is not escaped
        return kept

    @override
    def finish(self) -> None:
        self._file.close()

    @override
    def abandon(self) -> None:
        close_as_is(self._file)


class JsonlWriter(TableWriter):
    """One table as JSONL: the delivered records, plus the columns that the export adds."""

    def __init__(self, path: Path, tables: Tables) -> None:
        ((_, self._columns),) = tables.items()
        self._file = path.open("wb")

    @override
    def write(self, table: str, row: Mapping[str, Any]) -> None:
        self._file.write(json_line(self._columns, row))

    @override
    def finish(self) -> None:
        self._file.close()

    @override
    def abandon(self) -> None:
        close_as_is(self._file)


class CompressedJsonlWriter(TableWriter):
    """The same as `JsonlWriter`, compressed with Zstandard."""

    def __init__(self, path: Path, tables: Tables) -> None:
        ((_, self._columns),) = tables.items()
        self._compressor = zstd.ZstdCompressor(options=_ZSTD_OPTIONS)
        self._file = path.open("wb")

    @override
    def write(self, table: str, row: Mapping[str, Any]) -> None:
        self._file.write(self._compressor.compress(json_line(self._columns, row)))

    @override
    def finish(self) -> None:
        self._file.write(self._compressor.flush())
        self._file.close()

    @override
    def abandon(self) -> None:
        close_as_is(self._file)


class SqliteWriter(TableWriter):
    """All tables as SQLite, with views and a full-text index, ready for Datasette.

    All three tables are created, even if some stay empty; `number` is the row number.
    """

    default_tables = ("articles", "teasers", "removals")

    def __init__(self, path: Path, tables: Tables) -> None:
        # No journal and no locks: nobody else opens the partial file.
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?nolock=1", uri=True, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "page_size=4096", f"cache_size=-{_CACHE_KIB}"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("BEGIN")
        self._tables = tables
        for name, columns in tables.items():
            self._db.execute(_create_table(name, columns))
        self._inserts = {name: _insert(name, columns) for name, columns in tables.items()}
        self._nested = {name: [each.name for each in columns if each.nested] for name, columns in tables.items()}
        # Rows that are not inserted yet, all of one table.
        self._table, self._rows = "", list[Mapping[str, Any]]()

    @override
    def write(self, table: str, row: Mapping[str, Any]) -> None:
        if len(self._rows) >= _ROWS or table != self._table:
            self._flush()
        self._table = table
        nested = {name: orjson.dumps(row[name]).decode() for name in self._nested[table] if row[name] is not None}
        self._rows.append({**row, **nested})

    def _flush(self) -> None:
        if self._rows:
            self._db.executemany(self._inserts[self._table], self._rows)
            self._rows = []

    @override
    def finish(self) -> None:
        self._flush()
        current = ", ".join(each.name for each in self._tables["articles"] if each.name not in ("latest", "removed_at"))
        for statement in (*_INDEXES, *_VIEWS, *_FULL_TEXT):
            self._db.execute(statement.format(current=f"number, {current}"))
        self._index_pairs()
        self._db.execute("COMMIT")
        self._db.close()

    def _index_pairs(self) -> None:
        self._db.execute(_PAIRS)
        insert = "INSERT INTO articles_pairs (rowid, title, body) VALUES (?, ?, ?)"
        for number, title, body in self._db.execute("SELECT number, title, body FROM articles ORDER BY number"):
            pairs = bigrams(title), bigrams(body)
            if any(pairs):
                self._db.execute(insert, (number, *pairs))

    @override
    def abandon(self) -> None:
        self._db.close()


# Formats that are not part of the package, by their extension.
_REGISTERED: dict[str, type[TableWriter]] = {}


def register_format(extension: str, writer: type[TableWriter]) -> None:
    """Add a format of your own to `export`; call it in a settings module. `extension` begins with a dot."""
    _REGISTERED[extension] = writer


def extension_of(name: str) -> str:
    """Return the extension that selects the format. Raises `UsageError` if it is not supported."""
    supported = (*EXTENSIONS, *_REGISTERED)
    for extension in supported:
        if name.endswith(extension):
            return extension
    raise UsageError(f"--to: {name}: the extension must be one of {', '.join(supported)}")


def writer_for(extension: str) -> type[TableWriter]:
    """Return the writer of a format. Raises `UsageError` if a package is missing."""
    try:
        if extension == PARQUET:
            from vokcrawl.exports.parquet import ParquetWriter  # noqa: PLC0415  an optional dependency

            return ParquetWriter
        if extension == XLSX:
            from vokcrawl.exports.excel import ExcelWriter  # noqa: PLC0415  an optional dependency

            return ExcelWriter
    except ImportError as missing:
        raise UsageError(f"--to: {extension} needs {missing_package(missing.name, 'export')}") from missing
    writers: dict[str, type[TableWriter]] = {
        SQLITE: SqliteWriter,
        CSV: CsvWriter,
        JSONL: JsonlWriter,
        JSONL_ZST: CompressedJsonlWriter,
        **_REGISTERED,
    }
    return writers[extension]


@contextmanager
def translate_export_errors(target: Path) -> Iterator[None]:
    """Translate a failed read or write into a `StorageError` that names the target and leaves it unchanged."""
    try:
        yield
    except (OSError, sqlite3.Error) as failure:
        reason = getattr(failure, "strerror", None) or failure
        raise StorageError(
            f"{target}: {reason}; no file was written; free some space, or choose another location with --to"
        ) from failure


def _create_table(name: str, columns: Sequence[Column]) -> str:
    definitions = [
        f"{each.name} {_SQL_TYPES.get(each.schema['type'], 'TEXT')}{'' if each.nullable else ' NOT NULL'}"
        for each in columns
    ]
    return f"CREATE TABLE {name} (number INTEGER PRIMARY KEY, {', '.join(definitions)})"


def _insert(name: str, columns: Sequence[Column]) -> str:
    names = ", ".join(each.name for each in columns)
    values = ", ".join(f":{each.name}" for each in columns)
    return f"INSERT INTO {name} ({names}) VALUES ({values})"  # noqa: S608  our own names
