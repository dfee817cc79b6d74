"""Archives of other programs with unusual records are replayed as a whole, and named as what they are."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

from tests.support.children import ROOT
from tests.support.commands import wait_for
from tests.support.crawling import environment
from tests.support.expected_records import assert_same
from tests.support.replaying import replay
from tests.support.warc_captures import AT, HOST, Capture, http, packed, record, records, sha1, site_of, whole

SITE = site_of(12)
PAGES = whole(SITE)
LATER = [Capture(page.url, page.answer, page.at + timedelta(days=1)) for page in PAGES]
ORIGINALS = [
    record(
        page.url,
        http(page.answer),
        page.at,
        fields={"WARC-Payload-Digest": sha1(page.answer.body), "WARC-Record-ID": f"<urn:uuid:{number}>"},
    )
    for number, page in enumerate(PAGES)
]
WGET = {
    "WARC-Profile": "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest",
    "WARC-Truncated": "length",
    "WARC-Block-Digest": sha1(b""),
}


def revisit(number: int, fields: Mapping[str, str], block: bytes | None = None) -> bytes:
    page = LATER[number]
    headers = {"Content-Length": str(len(page.answer.body))}
    content = http(page.answer, b"", headers) if block is None else block
    return record(page.url, content, page.at, kind="revisit", fields=fields)


def digest(number: int) -> dict[str, str]:
    return {"WARC-Payload-Digest": sha1(PAGES[number].answer.body)}


def capture(number: int) -> dict[str, str]:
    moment = PAGES[number].at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"WARC-Refers-To-Target-URI": PAGES[number].url, "WARC-Refers-To-Date": moment}


REVISITS = {
    "as GNU wget writes them": lambda number: revisit(number, WGET | digest(number)),
    "without a block": lambda number: revisit(number, digest(number), b""),
    "with an empty line as a block": lambda number: revisit(number, digest(number), b"\r\n"),
    "with a digest in lower case": lambda number: revisit(
        number, {"WARC-Payload-Digest": sha1(PAGES[number].answer.body).lower()}
    ),
    "with a record id only": lambda number: revisit(number, {"WARC-Refers-To": f"<urn:uuid:{number}>"}),
    "with a URL and a date only": lambda number: revisit(number, capture(number)),
    "with a URL and a date with a fraction": lambda number: revisit(
        number, {name: value.replace("Z", ".25Z") for name, value in capture(number).items()}
    ),
}


@pytest.mark.parametrize("kind", REVISITS)
def test_revisits_are_read_with_what_they_refer_to(kind: str, tmp_path: Path) -> None:
    revisits = [REVISITS[kind](number) for number in range(len(PAGES))]
    done = replay(packed([*ORIGINALS, *revisits], tmp_path / "a.warc.gz"), to=tmp_path / "to")
    assert (done.code, done.stderr) == (0, "")
    assert done.manifest["replay"]["answers"] == {"article": 24, "listing": 4}
    assert done.manifest["exit_code"] == 0
    assert_same(done.articles(), SITE.truth()["articles"])


def test_a_revisit_may_refer_to_a_file_that_is_read_later(tmp_path: Path) -> None:
    """The workers of a crawler write several files at once."""
    revisits = [revisit(number, WGET | digest(number)) for number in range(7, len(PAGES))]
    first = packed([*ORIGINALS[:7], *revisits], tmp_path / "rec-1.warc.gz")
    second = packed(ORIGINALS[7:], tmp_path / "rec-2.warc.gz")
    done = replay(second, first, to=tmp_path / "to")
    assert (done.code, done.stderr) == (0, "")
    assert_same(done.articles(), SITE.truth()["articles"])
    # On its own it names what it cannot find.
    alone = replay(first, to=tmp_path / "alone")
    assert (alone.code, len(alone.faults)) == (10, len(revisits))


def test_a_cut_off_file_with_one_record_is_a_run_that_names_it(tmp_path: Path) -> None:
    path = packed(records(PAGES[1:2]), tmp_path / "a.warc.gz")
    path.write_bytes(path.read_bytes()[:-50])
    done = replay(path, to=tmp_path / "to")
    assert done.code == done.manifest["exit_code"] == 10
    assert done.faults == [f"{path}: at 0: the file ends in the middle of this record"]
    assert done.manifest["replay"]["faults"] == ["a.warc.gz: at 0: the file ends in the middle of this record"]


def test_articles_that_no_response_gave_are_in_exit_code_output_and_manifest(tmp_path: Path) -> None:
    cut = record(PAGES[2].url, http(PAGES[2].answer), PAGES[2].at, fields={"WARC-Truncated": "disconnect"})
    written = records(PAGES)
    written[2] = cut
    done = replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to")
    assert done.code == done.manifest["exit_code"] == 10
    assert done.stdout.splitlines()[-1] == "Without a record: 1 article: cut_off (1); the manifests name them"
    assert [each["reason"] for each in done.manifest["pending_retries"]] == ["cut_off"]
    # A later archive that has it makes the replay complete.
    packed(records(LATER[2:3]), tmp_path / "b.warc.gz")
    both = replay(tmp_path / "a.warc.gz", tmp_path / "b.warc.gz", to=tmp_path / "both")
    assert [each["exit_code"] for each in both.manifests()] == [10, 0]
    assert (both.code, len(both.articles())) == (0, 12)


def test_a_file_of_requests_is_called_what_it_is(tmp_path: Path) -> None:
    asked = [record(page.url, b"GET / HTTP/1.1\r\n\r\n", page.at, kind="request") for page in PAGES]
    done = replay(packed(asked, tmp_path / "a.warc.gz"), to=tmp_path / "to")
    said = "it contains no responses, but: request records (14)"
    assert done.faults == [f"{tmp_path}/a.warc.gz: {said}"]
    assert done.code == done.manifest["exit_code"] == 10
    assert done.manifest["replay"]["faults"] == [f"a.warc.gz: {said}"]


def collection(folder: Path) -> Path:
    """A directory as browsertrix leaves it, with the pages in two files."""
    archive = folder / "collections" / "vok" / "archive"
    packed(records(PAGES[:7]), archive / "rec-1.WARC.GZ")
    packed(records(PAGES[7:]), archive / "rec-2.warc.gz")
    picture = record("urn:view:http://site.example/", b"\x89PNG", kind="resource", content_type="image/png")
    packed([picture], archive / "screenshots-1.warc.gz")
    with ZipFile(folder / "collections" / "vok" / "vok.wacz", "w", ZIP_STORED) as wacz:
        for path in sorted(archive.iterdir()):
            wacz.write(path, f"archive/{path.name}")
    return folder


@pytest.mark.parametrize(
    "named", [".", "collections", "collections/vok", "collections/vok/archive", "collections/vok/vok.wacz"]
)
def test_collections_of_browsertrix_are_found_and_wacz_files_are_read(named: str, tmp_path: Path) -> None:
    done = replay(collection(tmp_path / "crawls") / named, to=tmp_path / "to")
    assert (done.code, done.stderr) == (0, "")
    assert_same(done.articles(), SITE.truth()["articles"])
    assert len(done.articles()) == 12
    files = [file["file"] for each in done.manifests() for file in each["replay"]["files"]]
    assert sorted(files) == ["archive/rec-1.WARC.GZ", "archive/rec-2.warc.gz", "archive/screenshots-1.warc.gz"]


def test_a_wacz_without_a_response_of_the_site_is_named_once(tmp_path: Path) -> None:
    wacz = collection(tmp_path / "crawls") / "collections" / "vok" / "vok.wacz"
    done = replay(wacz, to=tmp_path / "to", settings={"VOK_START_URLS": "https://elsewhere.example/"})
    assert (done.code, len(done.faults)) == (10, 1)
    assert done.faults[0].startswith(f"{wacz}: it contains no response of elsewhere.example, but: site.example (14)")
    assert 10 in [each["exit_code"] for each in done.manifests()]


def test_unfinished_and_older_files_in_a_directory_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "jobs"
    packed(records(PAGES), folder / "a.warc.gz")
    packed(records(PAGES), folder / "b.warc.gz.open")
    (folder / "c.arc.gz").write_bytes(gzip.compress(b"filedesc://c.arc 0.0.0.0 20060101000000 text/plain 74\n"))
    done = replay(folder, to=tmp_path / "to")
    assert (done.code, len(done.articles())) == (10, 12)
    assert [fault.partition(": ")[0] for fault in done.faults] == [
        str(folder / "b.warc.gz.open"),
        str(folder / "c.arc.gz"),
    ]
    assert "Heritrix is still writing this file" in done.faults[0]
    assert "it is an ARC file" in done.faults[1]
    # Named itself, it is read.
    assert replay(folder / "b.warc.gz.open", to=tmp_path / "open").code == 0


def children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.thorough
def test_worker_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    written = [each for day in range(30) for each in records(whole(site_of(60, seed=day), AT + timedelta(days=day)))]
    path = packed(written, tmp_path / "a.warc.gz")
    command = [sys.executable, "-m", "scrapy", "replay", str(path), "--to", str(tmp_path / "to"), "--workers=2"]
    settings = ["-s", f"VOK_START_URLS={HOST}/article/163/"]
    with subprocess.Popen([*command, *settings], cwd=ROOT, env=environment()) as process:
        wait_for(lambda: len(children(process.pid)) == 2 and list((tmp_path / "to").glob("*/*.part")), process)
        workers = children(process.pid)
        os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers), None)
