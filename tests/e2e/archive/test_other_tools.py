"""Other WARC tools read the archives: warcio and pywb (FastWARC does in all archive tests)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import warcio
from fastwarc.warc import ArchiveIterator, WarcRecordType

from tests.integration.archive.test_capture import in_chunks, oddly, packed, plainly
from tests.support.archive_reader import WarcRecord, archive, of_kind, pairs
from tests.support.commands import ALWAYS
from tests.support.crawling import Crawl, run_crawl
from tests.support.pywb_server import FOLDER, MISSING, replaying
from tests.support.recording_server import RecordingServer
from vokcrawl.sample import Answer, SampleSite
from vokcrawl.storage.output_folder import OutputFolder

Crawling = Callable[..., Crawl]
SETTINGS = {**ALWAYS, "RETRY_TIMES": 3, "VOK_ARCHIVE_SIZE": "0.1"}
DRESSES = (plainly, oddly, in_chunks, packed)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two runs left of a site that answers in turn in all the ways that there are; the second met much again."""
    output = tmp_path_factory.mktemp("tools") / "output"

    def dress(target: str, answer: Answer) -> bytes:
        kept = [each for each in answer.headers if each[0] not in ("ETag", "Last-Modified")]
        # An address is answered in the same way each time, so that the same body comes again.
        return DRESSES[len(target) % len(DRESSES)](target, Answer(answer.status, kept, answer.body))

    with RecordingServer(SampleSite(25), dress) as server:
        for _ in range(2):
            done = run_crawl(f"{server.url}/article/163/", output, settings=SETTINGS)
            assert done.code == 0, done.stderr
    assert len(files(output)) > 2
    kinds = {rec.kind for rec in archive(output)}
    assert kinds == {"warcinfo", "request", "response", "revisit"}
    return output


def files(output: Path) -> list[Path]:
    return list(OutputFolder(output).archive_files())


def unfolded(output: Path, answer: WarcRecord) -> bytes:
    """The page itself, as warcio reads it from the record, or from the one that a revisit refers to."""
    name, offset = answer.file, answer.offset
    if answer.kind == "revisit":
        name, offset = answer.headers["warc-refers-to-filename"], int(answer.headers["warc-refers-to-file-offset"])
    with (output / "archive" / name).open("rb") as file:
        file.seek(offset)
        content: bytes = next(iter(warcio.ArchiveIterator(file))).content_stream().read()
    return content


def test_warcio_accepts_every_digest(output: Path) -> None:
    command = [sys.executable, "-m", "warcio.cli", "check", "-v", *map(str, files(output))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    records = archive(output)
    assert done.stdout.count("digest pass") == len(records) - len(of_kind(records, "revisit"))
    assert "fail" not in done.stdout


def test_warcio_and_fastwarc_return_the_pages(output: Path) -> None:
    pages: dict[str, bytes] = {}
    for path in files(output):
        with path.open("rb") as file:
            for record in warcio.ArchiveIterator(file):
                if record.rec_type == "response":
                    pages[record.rec_headers.get_header("WARC-Record-ID")] = record.content_stream().read()
    assert len(pages) > 30
    assert sum(page.lstrip().lower().startswith(b"<") for page in pages.values()) > 25
    for path in files(output):
        for found in ArchiveIterator(str(path), WarcRecordType.response, auto_decode="all"):
            assert found.reader.read() == pages[found.headers["WARC-Record-ID"]]


def test_fastwarc_accepts_every_digest(output: Path) -> None:
    checked = sum(1 for path in files(output) for _ in ArchiveIterator(str(path), verify_digests=True))
    # Of a revisit there is no payload to be checked.
    assert checked >= len(archive(output)) - len(of_kind(archive(output), "revisit"))


def test_pywb_indexes_every_response_and_replays_pages_and_revisits(output: Path, tmp_path: Path) -> None:
    if not (FOLDER / "ready").exists():
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    found = [answer for answer, _ in pairs(archive(output))]
    with replaying(files(output), tmp_path / "pywb") as pywb:
        assert "Traceback" not in pywb.log
        assert len(pywb.index) == len(found)
        assert sum('"mime": "warc/revisit"' in line for line in pywb.index) == len(of_kind(found, "revisit"))
        replayed = 0
        for answer in found:
            if b" 200 " in answer.head.split(b"\r\n")[0] and (answer.kind == "revisit" or replayed < 15):
                # It unfolds chunks, and unpacks what the visitor has not asked for as packed. Its index has seconds.
                second = answer.headers["warc-date"][:19]
                same = [
                    unfolded(output, each)
                    for each in found
                    if each.url == answer.url and each.headers["warc-date"].startswith(second)
                ]
                status, body = pywb.replayed(answer.headers["warc-date"], answer.url)
                assert status == 200
                assert body in same
                replayed += 1
        assert replayed > 20
