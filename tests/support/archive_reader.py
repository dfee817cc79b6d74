"""Reads archives with FastWARC, which checks the digests of each record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastwarc.warc import ArchiveIterator

from vokcrawl.normalize import canonical_url
from vokcrawl.storage.output_folder import OutputFolder


@dataclass(frozen=True)
class WarcRecord:
    """A record: the offset of its gzip member, its WARC headers (names in lower case), and its block."""

    file: str
    offset: int
    headers: dict[str, str]
    block: bytes

    @property
    def kind(self) -> str:
        return self.headers["warc-type"]

    @property
    def url(self) -> str:
        return self.headers["warc-target-uri"]

    @property
    def head(self) -> bytes:
        return self.block.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    @property
    def payload(self) -> bytes:
        return self.block.partition(b"\r\n\r\n")[2]


def read(path: Path) -> list[WarcRecord]:
    """All records of a file. Fails if a digest is wrong or missing."""
    return list(_read(path))


def _read(path: Path) -> Iterator[WarcRecord]:
    with path.open("rb") as file:
        for found in ArchiveIterator(file, parse_http=False):
            headers = {name.lower(): value for name, value in found.headers.to_tuples()}
            assert found.verify_block_digest(), headers
            yield WarcRecord(path.name, found.stream_pos, headers, found.reader.read())
    with path.open("rb") as file:
        for found in ArchiveIterator(file, parse_http=True):
            if found.headers.get("WARC-Type") == "response":
                assert found.verify_payload_digest(), found.headers.to_dict()


def archive(output: Path) -> list[WarcRecord]:
    """The records of all files, in the order in which they were written."""
    return [rec for path in OutputFolder(output).archive_files() for rec in read(path)]


def of_kind(records: list[WarcRecord], *kinds: str) -> list[WarcRecord]:
    return [rec for rec in records if rec.kind in kinds]


def pairs(records: list[WarcRecord]) -> list[tuple[WarcRecord, WarcRecord]]:
    """Each response with its request."""
    answers = {rec.headers["warc-record-id"]: rec for rec in of_kind(records, "response", "revisit")}
    found = [(answers.pop(rec.headers["warc-concurrent-to"]), rec) for rec in of_kind(records, "request")]
    assert answers == {}
    return found


def at(output: Path, place: dict[str, Any]) -> WarcRecord:
    """The record at an offset."""
    with (output / place["file"]).open("rb") as file:
        file.seek(place["offset"])
        found = next(iter(ArchiveIterator(file, parse_http=False)))
        headers = {name.lower(): value for name, value in found.headers.to_tuples()}
        return WarcRecord(place["file"], place["offset"], headers, found.reader.read())


def sent(output: Path, answer: WarcRecord) -> bytes:
    """All bytes that the site sent: for a revisit, its own head and the body of the record that it refers to."""
    if answer.kind == "response":
        return answer.block
    offset = int(answer.headers["warc-refers-to-file-offset"])
    earlier = at(output, {"file": f"archive/{answer.headers['warc-refers-to-filename']}", "offset": offset})
    assert earlier.kind == "response"
    assert earlier.url == answer.headers["warc-refers-to-target-uri"]
    assert earlier.headers["warc-date"] == answer.headers["warc-refers-to-date"]
    assert earlier.headers["warc-payload-digest"] == answer.headers["warc-payload-digest"]
    return answer.block + earlier.payload


def assert_places_hold(output: Path, articles: Iterable[dict[str, Any]]) -> None:
    """Each article's `archived_as` leads to the complete response with the article's URL, in a file of its run."""
    for article in articles:
        place = article["archived_as"]
        assert place["file"].startswith(f"archive/{article['run_id']}.")
        answer = at(output, place)
        assert answer.kind in ("response", "revisit")
        assert answer.headers["warc-payload-digest"] == place["digest"]
        assert canonical_url(answer.url) == article["url"]
        assert sent(output, answer).startswith(b"HTTP/1.1 200")
