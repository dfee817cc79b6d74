"""JSONL, compressed with Zstandard: one object a line, as the crawl delivers them, and what the export adds."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from vokcrawl.exports.writer import Tables, TableWriter
from vokcrawl.storage.output_folder import close_as_is

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    # Scrapy brings it along.
    from backports import zstd

# With a checksum, so that a damaged copy is known for one.
_OPTIONS: dict[int, int] = {zstd.CompressionParameter.compression_level: 9, zstd.CompressionParameter.checksum_flag: 1}


class JsonlFile(TableWriter):
    """One table."""

    def __init__(self, path: Path, tables: Tables) -> None:
        ((_, columns),) = tables.items()
        self._names = [column.name for column in columns]
        self._compressor = zstd.ZstdCompressor(options=_OPTIONS)
        self._file = path.open("wb")

    def write(self, table: str, row: Mapping[str, Any]) -> None:
        line = orjson.dumps({name: row[name] for name in self._names}, option=orjson.OPT_APPEND_NEWLINE)
        self._file.write(self._compressor.compress(line))

    def finish(self) -> None:
        self._file.write(self._compressor.flush())
        self._file.close()

    def abandon(self) -> None:
        close_as_is(self._file)
