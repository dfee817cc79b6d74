"""Archives of other programs are replayed as far as they contain the site's pages."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import brotli
import pytest
from fastwarc.stream_io import GzipWriter, ZstdWriter
from fastwarc.warc import WarcRecord, WarcRecordType
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.support.expected_records import assert_same
from tests.support.replaying import Replayed, replay
from tests.support.warc_captures import AT, HOST, Capture, captured, http, packed, record, records, sha1, site_of, whole
from vokcrawl.sample import SampleServer, SampleSite

Serving = Callable[..., SampleServer]

# In continuous integration it is installed, and a missing one is a failure.
needs_wget = pytest.mark.skipif(
    shutil.which("wget") is None and not os.environ.get("CI"),
    reason="no wget; `tests/support/install/wget.sh` installs it",
)


def assert_whole(done: Replayed, site: SampleSite) -> None:
    """The replay has found all that the site has."""
    assert (done.code, done.stderr) == (0, "")
    assert_same(done.articles(), site.truth()["articles"])
    assert_same(done.teasers(), site.truth()["teasers"])


@needs_wget
def test_what_wget_has_archived(serve: Serving, tmp_path: Path) -> None:
    server = serve(25)
    command = ["wget", "--quiet", "--recursive", "--level=9", "--accept-regex=/newstream/1|/article/163/"]
    command += ["--warc-file=wget", f"{server.url}/article/163/"]
    subprocess.run([*command, "--no-warc-compression"], cwd=tmp_path, check=True)
    done = replay(tmp_path / "wget.warc", to=tmp_path / "to", settings={"VOK_START_URLS": server.url})
    assert_same(done.articles(), server.site.truth()["articles"])
    assert {each["id"] for each in done.teasers()} == {each["id"] for each in server.site.truth()["teasers"]}
    assert (done.code, done.stderr) == (0, "")
    packed_too = tmp_path / "wget.warc.gz"
    subprocess.run(command, cwd=tmp_path, check=True)
    again = replay(packed_too, to=tmp_path / "again", settings={"VOK_START_URLS": server.url})
    assert again.articles() == [
        {**each, "archived_as": found["archived_as"], "fetched_at": found["fetched_at"]}
        | {name: found[name] for name in ("first_seen_at", "run_id")}
        for each, found in zip(done.articles(), again.articles(), strict=True)
    ]


@needs_wget
def test_archive_of_wget_without_unchanged_pages_is_read(serve: Serving, tmp_path: Path) -> None:
    server = serve(12)
    command = ["wget", "--quiet", "--recursive", "--level=9", "--accept-regex=/newstream/1|/article/163/"]
    for name, options in (("first", ["--warc-cdx"]), ("second", ["--warc-dedup=first.cdx"])):
        target = [f"--directory-prefix={name}", f"--warc-file={name}", f"{server.url}/article/163/"]
        subprocess.run([*command, *options, *target], cwd=tmp_path, check=True)
    first, second = tmp_path / "first.warc.gz", tmp_path / "second.warc.gz"
    assert gzip.decompress(second.read_bytes()).count(b"WARC-Type: revisit") >= 12
    done = replay(first, second, to=tmp_path / "to", settings={"VOK_START_URLS": server.url})
    assert (done.code, done.stderr, done.faults) == (0, "", [])
    assert_same(done.articles(), server.site.truth()["articles"])
    # All were read again, and none had changed.
    assert [each["replay"]["answers"]["article"] for each in done.manifests()] == [12, 12]


# warcio leaves the temporary files of its records to be closed by the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_warcio_has_written(tmp_path: Path) -> None:
    site = site_of(12)
    path = tmp_path / "warcio.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        writer.write_record(writer.create_warcinfo_record("warcio.warc.gz", {"software": "warcio"}))
        for page in whole(site):
            head = StatusAndHeaders(f"{page.answer.status} OK", page.answer.headers, protocol="HTTP/1.1")
            asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "site.example")], is_http_request=True)
            date = {"WARC-Date": page.at.strftime("%Y-%m-%dT%H:%M:%SZ")}
            answer = writer.create_warc_record(
                page.url, "response", BytesIO(page.answer.body), http_headers=head, warc_headers_dict=date
            )
            request = writer.create_warc_record(page.url, "request", BytesIO(), http_headers=asked)
            writer.write_request_response_pair(request, answer)
    assert_whole(replay(path, to=tmp_path / "to"), site)


@pytest.mark.parametrize("ending", [".warc", ".warc.gz", ".warc.zst"])
def test_what_fastwarc_has_written(ending: str, tmp_path: Path) -> None:
    site = site_of(12)
    path = tmp_path / f"fastwarc{ending}"
    compressors = {".warc.gz": GzipWriter, ".warc.zst": ZstdWriter}
    writer = compressors[ending](path) if ending in compressors else None
    with ExitStack() as stack:
        target = writer or stack.enter_context(path.open("wb"))
        for page in whole(site):
            made = WarcRecord()
            made.init_headers(WarcRecordType.response)
            made.headers["WARC-Target-URI"] = page.url
            made.record_date = page.at
            made.is_http = True
            made.set_bytes_content(http(page.answer))
            made.write(target, checksum_data=True)
            if writer is not None:
                writer.finish()
        if writer is not None:
            writer.close()
    assert_whole(replay(path, to=tmp_path / "to"), site)


def test_a_wacz_that_wacz_has_made(tmp_path: Path) -> None:
    site = site_of(12)
    packed(records(whole(site)), tmp_path / "site.warc.gz")
    command = "import sys; from wacz.main import main; sys.exit(main(sys.argv[1:]))"
    words = [sys.executable, "-W", "ignore", "-c", command, "create", "-f", "site.warc.gz", "-o", "site.wacz"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "site.warc.gz").unlink()
    assert_whole(replay(tmp_path / "site.wacz", to=tmp_path / "to"), site)


def test_a_file_without_any_compression_and_without_requests(tmp_path: Path) -> None:
    site = site_of(12)
    path = tmp_path / "plain.warc"
    path.write_bytes(b"".join(records(whole(site))))
    done = replay(path, to=tmp_path / "to")
    assert_whole(done, site)
    place = done.articles()[3]["archived_as"]
    assert place["file"] == "plain.warc"
    assert path.read_bytes()[place["offset"] :].startswith(b"WARC/1.1")


def test_a_file_that_is_compressed_as_a_whole(tmp_path: Path) -> None:
    site = site_of(12)
    path = tmp_path / "whole.warc.gz"
    path.write_bytes(gzip.compress(b"".join(records(whole(site)))))
    assert_whole(replay(path, to=tmp_path / "to"), site)


def test_a_file_that_is_compressed_with_zstandard(tmp_path: Path) -> None:
    site = site_of(12)
    path = tmp_path / "site.warc.zst"
    writer = ZstdWriter(path)
    for each in records(whole(site)):
        writer.write(each)
        writer.finish()
    writer.close()
    assert_whole(replay(path, to=tmp_path / "to"), site)


def chunked(body: bytes) -> bytes:
    pieces = [body[start : start + 1000] for start in range(0, len(body), 1000)]
    return b"".join(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nTrailer: x\r\n\r\n"


CODINGS: dict[str, tuple[dict[str, str], Callable[[bytes], bytes]]] = {
    "in chunks": ({"Transfer-Encoding": "chunked"}, chunked),
    "packed with gzip": ({"Content-Encoding": "gzip"}, gzip.compress),
    "packed with deflate": ({"Content-Encoding": "deflate"}, zlib.compress),
    "packed with br": ({"Content-Encoding": "br"}, brotli.compress),
    "packed with gzip, in chunks": (
        {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"},
        lambda body: chunked(gzip.compress(body)),
    ),
    "unpacked by the archiver under the headers of the packed": (
        {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"},
        lambda body: body,
    ),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_bodies_as_they_were_sent(coding: str, tmp_path: Path) -> None:
    site = site_of(12)
    headers, encode = CODINGS[coding]
    pages = whole(site)
    written = [record(page.url, http(page.answer, encode(page.answer.body), headers), page.at) for page in pages]
    assert_whole(replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to"), site)


def test_records_of_warc_1_0_with_brackets_around_their_addresses(tmp_path: Path) -> None:
    site = site_of(12)
    written = [record(f"<{page.url}>", http(page.answer), page.at, version="WARC/1.0") for page in whole(site)]
    assert_whole(replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to"), site)


def test_pages_kept_as_resources(tmp_path: Path) -> None:
    site = site_of(12)
    written = [
        record(page.url, page.answer.body, page.at, kind="resource", content_type="text/html; charset=utf-8")
        for page in whole(site)
    ]
    assert_whole(replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to"), site)


def test_a_site_of_https_that_was_captured_by_http(tmp_path: Path) -> None:
    """The address of a record is the site's: the identity is the same, and so is the scheme."""
    site = site_of(12)
    path = packed(records(whole(site)), tmp_path / "a.warc.gz")
    done = replay(path, to=tmp_path / "to", settings={"VOK_START_URLS": "https://site.example/article/163/"})
    assert done.code == 0
    assert {each["url"] for each in done.articles()} == {
        each["url"].replace("http:", "https:") for each in site.truth()["articles"]
    }


def test_what_is_of_other_sites_or_no_answer_is_passed_over_and_counted(tmp_path: Path) -> None:
    site = site_of(12)
    pages = whole(site)
    page = pages[1]
    elsewhere = page.url.replace("site.example", "elsewhere.example")
    others = [
        record(elsewhere, http(page.answer), page.at),
        record("urn:pageinfo:x", b"{}", kind="resource", content_type="application/json"),
        record(page.url, b"text of it", kind="conversion", content_type="text/plain"),
        record(page.url, b"GET / HTTP/1.1\r\n\r\n", kind="request"),
        record(page.url, b"fetchTimeMs: 3", kind="metadata", content_type="application/warc-fields"),
        record(f"{HOST}/wp-content/photo.jpg", http(page.answer, bytes(6_000_000), {"Content-Type": "image/jpeg"})),
    ]
    done = replay(packed([*others, *records(pages)], tmp_path / "a.warc.gz"), to=tmp_path / "to")
    assert_whole(done, site)
    passed_over = done.manifest["replay"]["skipped"]
    assert passed_over == {
        "elsewhere.example": 1,
        "records without a host": 1,
        "conversion records": 1,
        "large files": 1,
    }
    assert "elsewhere.example (1)" in done.stdout


def test_an_article_that_changes_within_one_file_has_a_version_for_each(tmp_path: Path) -> None:
    site = site_of(12)
    pages = whole(site)
    url = pages[3].url
    path = url.removeprefix(HOST)
    identity = path.split("/")[2]
    again = captured(site, [path], AT + timedelta(days=1))
    site.edit(identity)
    edited = captured(site, [path], AT + timedelta(days=2))
    done = replay(packed(records([*pages, *again, *edited]), tmp_path / "a.warc.gz"), to=tmp_path / "to")
    versions = [each for each in done.articles() if each["id"] == identity]
    assert [(each["revision"], each["changed"], each["fetched_at"]) for each in versions] == [
        (1, [], "2024-12-10T06:00:03Z"),
        (2, ["body"], "2024-12-12T06:00:00Z"),
    ]
    assert versions[1]["first_seen_at"] == "2024-12-10T06:00:03Z"


def test_files_are_replayed_in_the_order_of_capture_whatever_their_names(tmp_path: Path) -> None:
    site = site_of(12)
    first = packed(records(whole(site)), tmp_path / "z.warc.gz")
    identity = site.truth()["articles"][2]["id"]
    site.edit(identity)
    later = packed(records(whole(site, AT + timedelta(days=3))), tmp_path / "a.warc.gz")
    done = replay(later, first, to=tmp_path / "to")
    versions = [(each["run_id"], each["revision"]) for each in done.articles() if each["id"] == identity]
    assert versions == [("20241210T060000Z", 1), ("20241213T060000Z", 2)]
    assert len(done.articles()) == 13
    # What was captured a second later belongs to the same run; of the same second are two.
    twice = replay(first, later, packed(records(whole(site)), tmp_path / "b.warc.gz"), to=tmp_path / "twice")
    assert [each["run_id"] for each in twice.manifests()][:2] == ["20241210T060000Z", "20241210T060000Z-2"]


def revisits(pages: list[Capture], digests: dict[str, str]) -> list[bytes]:
    """The same answers again, each as a revisit of the payload with its digest."""
    return [
        record(
            page.url,
            http(page.answer, b"", {"Content-Length": str(len(page.answer.body))}),
            page.at,
            kind="revisit",
            fields={
                "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
                "WARC-Payload-Digest": digests[page.url],
            },
        )
        for page in pages
    ]


def test_a_revisit_is_read_from_the_payload_that_it_refers_to_also_in_an_earlier_file(tmp_path: Path) -> None:
    site = site_of(12)
    pages = whole(site)
    digests = {page.url: sha1(page.answer.body) for page in pages}
    kept = [
        record(page.url, http(page.answer), page.at, fields={"WARC-Payload-Digest": digests[page.url]})
        for page in pages
    ]
    first = packed(kept[:-1], tmp_path / "first.warc.gz")
    later = [Capture(page.url, page.answer, page.at + timedelta(days=1)) for page in pages]
    second = packed([*kept[-1:], *revisits(later, digests)], tmp_path / "second.warc.gz")
    done = replay(first, second, to=tmp_path / "to")
    assert_whole(done, site)
    assert done.manifest["replay"]["answers"] == {"article": 13, "listing": 2}
    # On its own it names what it cannot find.
    alone = replay(second, to=tmp_path / "alone")
    assert alone.code == 10
    assert len(alone.faults) == 13
    assert all("is in none of the given archives" in fault for fault in alone.faults)
    assert len(alone.articles()) == 1
