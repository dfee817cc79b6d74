"""The captures in WARC files, in a temporary database that sorts them for the index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from vokcrawl.errors import StorageError
from vokcrawl.exports.wacz.cdxj import index_line, search_key
from vokcrawl.utils.temp_database import temporary_database, translate_database_errors
from vokcrawl.warc.compression import NotAnArchiveError
from vokcrawl.warc.files import file_size
from vokcrawl.warc.http_exchange import split_message
from vokcrawl.warc.reader import CapturedRecord, Flaw, read_archive

_INDEXED = ("response", "revisit", "resource")
_STATUS = re.compile(rb"HTTP/\S+ +(\d{3})\b")
_CONTENT_TYPE = re.compile(rb"^content-type[ \t]*:[ \t]*([^;\r\n]*)", re.IGNORECASE | re.MULTILINE)
# No record of this project is longer; `scrapy crawl` writes at most DOWNLOAD_MAXSIZE bytes and a head.
_LONGEST = 1 << 30


class Capture(NamedTuple):
    """URL and time (to the second, UTC) of a capture."""

    url: str
    at: str


class Captures:
    """The captures of WARC files with one record per gzip member. Memory is constant. Raises `StorageError`."""

    def __init__(self) -> None:
        self._db = temporary_database(
            "CREATE TABLE captures (file TEXT, offset INTEGER, url TEXT, at TEXT, key TEXT, line BLOB, "
            "PRIMARY KEY (file, offset)) WITHOUT ROWID"
        )

    def add(self, path: Path, advance: Callable[[int], None] = lambda size: None) -> set[str]:
        """Add the captures of a file, and return the names of other files that its revisits refer to.

        `advance` is called with numbers of bytes read. A damaged file is an error: an index would hide what is missing.
        """
        others: set[str] = set()
        before: CapturedRecord | None = None
        try:
            for record in read_archive(path, _LONGEST):
                if isinstance(record, Flaw):
                    raise StorageError(f"{record}; run `scrapy verify`, and repair the archive first")
                self._put(before, record.place.offset)
                advance(record.place.offset - (before.place.offset if before is not None else 0))
                before = record
                location = record.refers_to.location if record.refers_to is not None else None
                if location is not None:
                    others.add(location[0])
            self._put(before, file_size(path))
        except NotAnArchiveError as reason:
            raise StorageError(f"{path}: {reason}") from reason
        return others - {path.name}

    def at(self, file: str, offset: int) -> Capture | None:
        """Return the capture at a location, or None."""
        with translate_database_errors():
            query = "SELECT url, at FROM captures WHERE file = ? AND offset = ?"
            row = self._db.execute(query, (file, offset)).fetchone()
        return Capture(*row) if row is not None else None

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of the index in its order."""
        with translate_database_errors():
            for (line,) in self._db.execute("SELECT line FROM captures ORDER BY key, at, file, offset"):
                yield line

    def close(self) -> None:
        """Close the temporary database."""
        self._db.close()

    def _put(self, record: CapturedRecord | None, end: int) -> None:
        if record is None or record.kind not in _INDEXED:
            return
        place, at = record.place, record.at
        key = search_key(record.url)
        fields = {
            "url": record.url,
            **_http_fields(record),
            "digest": record.payload_digest or "-",
            "length": str(end - place.offset),
            "offset": str(place.offset),
            "filename": place.file.name,
        }
        line = index_line(key, f"{at:%Y%m%d%H%M%S}", fields)
        values = (place.file.name, place.offset, record.url, f"{at:%Y-%m-%dT%H:%M:%SZ}", key, line)
        with translate_database_errors():
            self._db.execute("INSERT INTO captures VALUES (?, ?, ?, ?, ?, ?)", values)


def _http_fields(record: CapturedRecord) -> dict[str, str]:
    """Return type and status of a capture, as far as they are known, as cdxj-indexer names them."""
    if record.kind == "resource":
        mime = record.content_type.partition(";")[0].strip()
        return {"mime": mime} if mime else {}
    head = split_message(record.block)[0]
    status, content_type = _STATUS.match(head), _CONTENT_TYPE.search(head)
    mime = content_type[1].decode("latin-1").strip() if content_type is not None else ""
    fields = {"mime": "warc/revisit" if record.kind == "revisit" else mime}
    return {name: value for name, value in fields.items() if value} | (
        {"status": status[1].decode()} if status is not None else {}
    )
