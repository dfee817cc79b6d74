"""Part `archiving`: the cost of archiving a page with its request, compared with the writers of warcio and FastWARC."""

from __future__ import annotations

import io
import time
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType
from warcio.warcwriter import WARCWriter

from benchmarks.results import Measured, Result
from benchmarks.rounds import CPU_A_PAGE
from vokcrawl.sample.site import SampleSite
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.sqlite import SqliteState
from vokcrawl.warc import writer
from vokcrawl.warc.http_exchange import Exchange
from vokcrawl.warc.writer import Archive

SIZE = "archived kB/page"
OURS, WITH_ZLIB = "vokcrawl: records, state, file", "the same with zlib (level 6)"
WARCIO = "warcio: records and compression only"
FASTWARC = "FastWARC: records and compression only"
# The level at which its files are as large as ours.
_FASTWARC_LEVEL = 2
PAGES = 500
_REQUEST = (
    "GET {} HTTP/1.1\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en\r\nUser-Agent: vokcrawl/0.1\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Host: 127.0.0.1\r\n\r\n"
)


def measure_archiving(folder: Path, articles: int, rounds: int) -> Result:
    """Archive the pages of a sample site `rounds` times with each writer."""
    exchanges = _exchanges(min(articles, PAGES))
    writers: dict[str, Callable[[Path], int]] = {
        OURS: lambda place: _ours(place, exchanges),
        WITH_ZLIB: lambda place: _with_zlib(place, exchanges),
        WARCIO: lambda _: _warcio(exchanges),
        FASTWARC: lambda _: _fastwarc(exchanges),
    }
    times: dict[str, list[float]] = {name: [] for name in writers}
    sizes: dict[str, list[float]] = {name: [] for name in writers}
    for number in range(-1, rounds):
        for place, (name, write) in enumerate(writers.items()):
            output = folder / f"{number}-{place}"
            output.mkdir()
            began = time.process_time()
            size = write(output)
            taken = time.process_time() - began
            # The first round is not counted, because it imports modules.
            if number >= 0:
                times[name].append(1000 * taken / len(exchanges))
                sizes[name].append(size / 1000 / len(exchanges))
    measured = [Measured(name, {CPU_A_PAGE: times[name], SIZE: sizes[name]}) for name in writers]
    mean = sum(len(each.response) for each in exchanges) / len(exchanges) / 1000
    title = f"{len(exchanges)} articles' pages of {mean:.1f} kB, each with its request, {rounds} rounds"
    return Result("archiving", title, measured, WARCIO)


def _exchanges(articles: int) -> list[Exchange]:
    """Return the requests and responses of a crawl of the sample site."""
    site = SampleSite(articles, faults=())
    site.base_url = "http://127.0.0.1"
    found = []
    for record in site.truth()["articles"]:
        path = str(record["url"]).removeprefix(site.base_url)
        answer = site.answer("GET", path, {})
        lines = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
        head = f"HTTP/1.1 200 OK\r\n{lines}Server: sample\r\n\r\n"
        request = _REQUEST.format(path).encode()
        found.append(Exchange(record["url"], datetime.now(UTC), request, head.encode() + answer.body, "127.0.0.1"))
    return found


def _ours(output: Path, exchanges: Sequence[Exchange]) -> int:
    state = SqliteState.open(output / "state.sqlite3", expected=False)
    archive = Archive(OutputFolder(output), "20241210T060000Z", state, {}, 10**9)
    for exchange in exchanges:
        archive.add(exchange)
    for file in archive.files:
        file.finish()
    state.commit()
    state.close()
    return sum(file.bytes for file in archive.files)


def _with_zlib(output: Path, exchanges: Sequence[Exchange]) -> int:
    def packed(record: bytes) -> bytes:
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        return packer.compress(record) + packer.flush()

    with patch.object(writer, "compress_member", packed):
        return _ours(output, exchanges)


def _warcio(exchanges: Sequence[Exchange]) -> int:
    """Use warcio as documented, without lookup of earlier payloads, and in memory."""
    file = io.BytesIO()
    pairs = WARCWriter(file, gzip=True, warc_version="1.1")
    for exchange in exchanges:
        answer = pairs.create_warc_record(
            exchange.url, "response", payload=io.BytesIO(exchange.response), length=len(exchange.response)
        )
        request = pairs.create_warc_record(
            exchange.url, "request", payload=io.BytesIO(exchange.request), length=len(exchange.request)
        )
        pairs.write_request_response_pair(request, answer)
    return file.tell()


def _fastwarc(exchanges: Sequence[Exchange]) -> int:
    """Use FastWARC as documented, with its digests (SHA-1), without lookup of earlier payloads, and in memory."""
    file = io.BytesIO()
    for exchange in exchanges:
        for kind, block in ((WarcRecordType.response, exchange.response), (WarcRecordType.request, exchange.request)):
            record = WarcRecord()
            record.init_headers(kind)
            record.headers["WARC-Target-URI"] = exchange.url
            record.is_http = True
            record.set_bytes_content(block)
            member = GzipWriter(file, compression_level=_FASTWARC_LEVEL)
            record.write(member, checksum_data=True)
            member.finish()
    return file.tell()
