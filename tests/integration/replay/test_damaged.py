"""A damaged or forged archive is read as far as possible, and each fault is named with its file and offset."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import brotli
import pytest

from tests.support.children import ROOT
from tests.support.crawling import environment
from tests.support.replaying import SITE as REPLAYED
from tests.support.replaying import Replayed, replay
from tests.support.warc_captures import (
    HOST,
    Capture,
    http,
    member_starts,
    packed,
    record,
    records,
    sha1,
    site_of,
    whole,
)
from vokcrawl.sample import SampleSite

SITE = site_of(12)
# A listing, ten articles, a listing, two articles.
PAGES = whole(SITE)
# The record that each test harms: an article.
AT = 4
LOST = PAGES[AT].url.split("/")[4]


def assert_lost_alone(done: Replayed, site: SampleSite = SITE, offset: int | None = None, saying: str = "") -> None:
    """All but the one article was read, and the fault is named by file and offset, also in the manifest."""
    assert done.code == 10
    ids = {each["id"] for each in site.truth()["articles"]}
    assert {each["id"] for each in done.articles()} == ids - {LOST}
    # It stands in the listing all the same.
    assert {each["id"] for each in done.teasers()} == ids
    assert len(done.faults) == 1, done.faults
    assert re.search(rf"a\.warc(\.gz)?: at {'[0-9]+' if offset is None else offset}: .*{saying}", done.faults[0])
    result = done.manifest["replay"]
    assert (result["fault_count"], len(result["faults"])) == (1, 1)
    assert re.match(rf"a\.warc(\.gz)?: at {'[0-9]+' if offset is None else offset}: .*{saying}", result["faults"][0])


def harmed(tmp_path: Path, start: int, length: int, value: int = 0xFF, given: list[bytes] | None = None) -> Path:
    """The archive of the whole site, with some bytes of it overwritten."""
    path = packed(given if given is not None else records(PAGES), tmp_path / "a.warc.gz")
    content = bytearray(path.read_bytes())
    content[start : start + length] = bytes([value]) * length
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("behind", [0, 12, 400], ids=["its magic number", "its tables", "its middle"])
def test_a_bad_gzip_member_in_the_middle_costs_its_record_alone(behind: int, tmp_path: Path) -> None:
    start = member_starts(records(PAGES))[AT]
    done = replay(harmed(tmp_path, start + behind, 20), to=tmp_path / "to")
    assert_lost_alone(done, offset=start)


@pytest.mark.parametrize("last", [8, len(PAGES)])
def test_of_damaged_members_in_a_row_it_is_said_how_far_they_reach(last: int, tmp_path: Path) -> None:
    written = records(PAGES)
    starts = member_starts(written)
    path = packed(written, tmp_path / "a.warc.gz")
    content = bytearray(path.read_bytes())
    for start in starts[AT:last]:
        content[start + 12 : start + 32] = b"\xff" * 20
    path.write_bytes(content)
    done = replay(path, to=tmp_path / "to")
    [fault] = done.faults
    assert f": at {starts[AT]}: invalid gzip member" in fault
    assert fault.endswith(f"nothing could be read up to {starts[last]}, which may be more than one record")
    assert done.manifest["replay"]["answers"].keys() == {"article", "listing"}


def test_a_wrong_checksum_of_a_member_costs_its_record(tmp_path: Path) -> None:
    written = records(PAGES)
    starts = member_starts(written)
    done = replay(harmed(tmp_path, starts[AT + 1] - 8, 4, 0x55), to=tmp_path / "to")
    assert_lost_alone(done, offset=starts[AT], saying="gzip")


def test_a_wrong_digest_costs_its_record(tmp_path: Path) -> None:
    written = records(PAGES)
    page = PAGES[AT]
    block = http(page.answer)
    written[AT] = record(page.url, block, page.at, fields={"WARC-Block-Digest": sha1(block + b" ")})
    done = replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to")
    assert_lost_alone(done, offset=member_starts(written)[AT], saying="its block does not match its digest")


def test_a_wrong_digest_of_a_payload_costs_its_record(tmp_path: Path) -> None:
    written = records(PAGES)
    page = PAGES[AT]
    written[AT] = record(page.url, http(page.answer), page.at, fields={"WARC-Payload-Digest": sha1(b"another")})
    done = replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to")
    assert_lost_alone(done, offset=member_starts(written)[AT], saying="its payload does not match its digest")


@pytest.mark.parametrize("kept", [3, 60, -20])
def test_a_truncated_tail_costs_what_was_cut_off(kept: int, tmp_path: Path) -> None:
    written = records([*PAGES[:AT], *PAGES[AT + 1 :], PAGES[AT]])
    path = packed(written, tmp_path / "a.warc.gz")
    starts = member_starts(written)
    end = starts[-2] + kept if kept > 0 else starts[-1] + kept
    path.write_bytes(path.read_bytes()[:end])
    done = replay(path, to=tmp_path / "to")
    assert_lost_alone(done, offset=starts[-2], saying="ends in the middle")


def test_a_truncated_tail_of_a_file_without_compression(tmp_path: Path) -> None:
    content = b"".join(records([*PAGES[:AT], *PAGES[AT + 1 :], PAGES[AT]]))
    path = tmp_path / "a.warc"
    path.write_bytes(content[:-2000])
    assert_lost_alone(replay(path, to=tmp_path / "to"), saying="ends in the middle")


_SOME_LENGTHS = ["999999999999", "3"]
_MORE_LENGTHS = ["99999999999999999999999999", "20000", "-1", "many", ""]
LENGTHS = [*_SOME_LENGTHS, *(pytest.param(each, marks=pytest.mark.thorough) for each in _MORE_LENGTHS)]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("compressed", [True, False], ids=["gzip", "plain"])
def test_a_record_that_lies_about_its_length_costs_itself_alone(length: str, compressed: bool, tmp_path: Path) -> None:
    written = records(PAGES)
    page = PAGES[AT]
    block = http(page.answer)
    fields = {"Content-Length": length, "WARC-Block-Digest": sha1(block)}
    written[AT] = record(page.url, block, page.at, fields=fields)
    path = tmp_path / "a.warc"
    if compressed:
        path = packed(written, tmp_path / "a.warc.gz")
    else:
        path.write_bytes(b"".join(written))
    done = replay(path, to=tmp_path / "to")
    ids = {each["id"] for each in SITE.truth()["articles"]}
    assert done.code == 10
    assert done.faults
    assert all(re.search(r"a\.warc(\.gz)?: at \d+: ", fault) for fault in done.faults)
    found = {each["id"] for each in done.articles()}
    if compressed:
        assert found == ids - {LOST}
    else:
        # Where nothing says where a record ends, one more may be lost with it.
        assert LOST not in found
        assert len(ids - found) <= 2


def test_a_record_of_a_huge_length_is_not_held_in_memory(tmp_path: Path) -> None:
    page = PAGES[AT]
    huge = record(page.url, http(page.answer, bytes(200_000_000)), page.at)
    written = records(PAGES)
    written[AT] = huge
    path = packed(written, tmp_path / "a.warc.gz")
    command = [sys.executable, "-m", "scrapy", "replay", str(path), "--to", str(tmp_path / "to")]
    settings = [part for name, value in REPLAYED.items() for part in ("-s", f"{name}={value}")]
    launched = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "launch.py"), *command, *settings],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        check=True,
    )
    result = json.loads(launched.stdout)
    assert result["peak"] < 150_000_000
    faults = [line for line in launched.stderr.decode().splitlines() if line.startswith("scrapy replay: ")]
    assert_lost_alone(Replayed(result["code"], "", "\n".join(faults), tmp_path / "to"), saying="skipped a record")


BODIES = {
    "no gzip though it says so": ({"Content-Encoding": "gzip"}, bytes(range(256)) * 20, "article_corrupt"),
    "no brotli though it says so": ({"Content-Encoding": "br"}, bytes(range(256)) * 20, "article_corrupt"),
    "a bomb of gzip": ({"Content-Encoding": "gzip"}, gzip.compress(bytes(300_000_000), 1), "article_too_large"),
    "a bomb of brotli": (
        {"Content-Encoding": "br"},
        brotli.compress(bytes(100_000_000), quality=1),
        "article_too_large",
    ),
    "gzip that breaks off": (
        {"Content-Encoding": "gzip"},
        gzip.compress(PAGES[AT].answer.body)[:-30],
        "article_cut_off",
    ),
    "chunks that break off": (
        {"Transfer-Encoding": "chunked"},
        b"10\r\n<html><body>1234\r\nff\r\nabc",
        "article_cut_off",
    ),
    "shorter than its length": ({"Content-Length": "99999"}, PAGES[AT].answer.body, "article_cut_off"),
    "an unknown character set": ({"Content-Type": "text/html; charset=klingon"}, PAGES[AT].answer.body, None),
    "no page but a picture": ({"Content-Type": "image/png"}, b"\x89PNG\r\n\x1a\n" + bytes(500), "article_not_html"),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_lies_costs_its_article_alone(body: str, tmp_path: Path) -> None:
    headers, content, reason = BODIES[body]
    page = PAGES[AT]
    written = records(PAGES)
    written[AT] = record(page.url, http(page.answer, content, headers), page.at)
    done = replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to")
    ids = {each["id"] for each in SITE.truth()["articles"]}
    if reason is None:
        assert (done.code, {each["id"] for each in done.articles()}) == (0, ids)
        return
    # What the site sent is not a fault of the archive; the exit code is that of a crawl.
    assert (done.code, done.stderr) == (10, "")
    assert {each["id"] for each in done.articles()} == ids - {LOST}
    assert {each["id"] for each in done.teasers()} == ids
    assert done.errors == {reason: 1}
    assert [(each["id"], each["reason"]) for each in done.manifest["pending_retries"]] == [
        (LOST, reason.removeprefix("article_"))
    ]
    assert done.manifest["exit_code"] == 10


HOSTILE_URLS = [
    "javascript:alert(1)",
    "file:///etc/passwd",
    "http://site.example:99999/newstream/1733788800-123456789/x/",
    "http://[::1/newstream/1733788800-123456789/x/",
    "http://user:secret@site.example/newstream/1733788800-123456789/x/",
    "\x1b[31mhttp://site.example/",
    f"{HOST}/newstream/../../1733788800-123456789/",
    f"{HOST}/newstream/1733788800-123456789/" + 5000 * "x",
    "",
]


def test_records_with_hostile_addresses_do_no_harm(tmp_path: Path) -> None:
    page = PAGES[AT]
    written = [*(record(url, http(page.answer), page.at) for url in HOSTILE_URLS), *records(PAGES)]
    done = replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to")
    assert {each["id"] for each in done.articles()} == {each["id"] for each in SITE.truth()["articles"]}
    assert (done.code, done.manifest["replay"]["skipped"].keys()) == (
        0,
        {"records without a host", "site.example"},
    )
    assert "\x1b" not in done.stdout + done.stderr
    assert "secret" not in (tmp_path / "to" / "runs" / f"{done.manifest['run_id']}.json").read_text(encoding="utf-8")
    assert sorted(each.name for each in (tmp_path / "to").iterdir() if each.is_dir()) == ["articles", "runs", "teasers"]


def test_an_answer_that_is_no_http_is_named(tmp_path: Path) -> None:
    page = PAGES[0]
    written = [record(page.url, b"\x16\x03\x01 hello", page.at), *records(PAGES)]
    done = replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to")
    assert done.code == 10
    assert "at 0: not an HTTP response" in done.faults[0]
    assert len(done.articles()) == 12


def test_a_record_without_a_moment_is_named(tmp_path: Path) -> None:
    page = PAGES[AT]
    written = records(PAGES)
    written[AT] = record(page.url, http(page.answer), page.at, fields={"WARC-Date": "2024-13-45T06:00:00Z"})
    done = replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to")
    assert_lost_alone(done, offset=member_starts(written)[AT], saying="WARC-Date")


def test_a_listing_that_came_in_an_articles_place_is_no_loss_where_the_article_came_later(tmp_path: Path) -> None:
    page = PAGES[AT]
    instead = Capture(page.url, PAGES[0].answer, page.at)
    written = records([*PAGES[:AT], instead, *PAGES[AT:]])
    done = replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to")
    assert (done.code, done.errors) == (0, {})
    assert len(done.articles()) == 12
    alone = replay(packed(records([*PAGES[:AT], instead]), tmp_path / "b.warc.gz"), to=tmp_path / "alone")
    assert alone.errors == {"article_listing_in_place": 1}
    assert LOST in {each["id"] for each in alone.teasers()}


def test_a_page_without_its_end_is_not_taken_for_a_page(tmp_path: Path) -> None:
    page = PAGES[AT]
    half = page.answer.body[: len(page.answer.body) // 2]
    written = records(PAGES)
    written[AT] = record(page.url, http(page.answer, half), page.at)
    done = replay(packed(written, tmp_path / "a.warc.gz"), to=tmp_path / "to")
    assert done.errors == {"article_cut_off": 1}
    assert len(done.articles()) == 11
