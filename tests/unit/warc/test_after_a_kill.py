"""Other tools accept the archive of a killed run: what the next run leaves of it, over a roll-over."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cdxj_indexer.main import CDXJIndexer
from fastwarc.warc import ArchiveIterator, WarcRecordType
from scrapy.settings import Settings
from warcio.checker import Checker

from vokcrawl.runs.recovery import recover
from vokcrawl.runs.run import Run
from vokcrawl.settings import base
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.factory import in_folder
from vokcrawl.warc.http_exchange import Exchange
from vokcrawl.warc.writer import Archive

BEGAN = datetime(2024, 12, 10, 6, tzinfo=UTC)
COMMITTED = 7


def exchange(number: int) -> Exchange:
    # Every third page is one that was sent before, so that it is a revisit.
    body = f"<p>page {number // 3 if number % 3 else 0}</p>".encode() * 100
    request = f"GET /{number} HTTP/1.1\r\nHost: site.test\r\n\r\n".encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    moment = BEGAN + timedelta(seconds=number)
    return Exchange(f"http://site.test/{number}", moment, request, head + body, "127.0.0.1")


def killed_run(folder: OutputFolder) -> None:
    """A run that was killed after a commit, in the middle of the next record."""
    state = in_folder(folder, False)
    run = Run.begin(folder, state, "vok", BEGAN, {}, Settings(vars(base)))
    archive = run.files.archive = Archive(folder, run.id, state, {}, 1500)
    for number in range(COMMITTED):
        run.begin_transaction()
        archive.add(exchange(number))
    run.commit()
    run.begin_transaction()
    archive.add(exchange(COMMITTED))
    for file in archive.files:
        file.sync()
        file.abandon()
    with archive.files[-1].part.open("ab") as part:
        part.write(b"\x1f\x8b\x08\x00half a member")
    state.close()


def test_warcio_fastwarc_and_cdxj_indexer_accept_the_archive_of_a_killed_run(tmp_path: Path) -> None:
    folder = OutputFolder(str(tmp_path / "output"))
    with folder.locked("a test"):
        killed_run(folder)
        state = in_folder(folder, True)
        recover(folder, state, BEGAN + timedelta(days=1))
        state.close()
    files = [str(path) for path in folder.archive_files()]
    assert len(files) > 1
    wanted = WarcRecordType.response | WarcRecordType.revisit
    kinds = [
        record.record_type
        for file in files
        for record in ArchiveIterator(file, verify_digests=True, record_types=wanted)
    ]
    assert len(kinds) == COMMITTED
    assert all(kind in kinds for kind in (WarcRecordType.response, WarcRecordType.revisit))
    checker = Checker(type("Options", (), {"verbose": False, "inputs": files})())
    for file in files:
        checker.process_one(file)
    assert not checker.exit_value
    index = io.StringIO()
    CDXJIndexer(index, files, sort=True).process_all()
    lines = [json.loads(line.split(" ", 2)[2]) for line in index.getvalue().splitlines()]
    assert [line["url"] for line in lines] == [f"http://site.test/{number}" for number in range(COMMITTED)]
