"""Truncated and invalid responses, and other responses of an article's request, are archived and marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import faults
from tests.support.archive_reader import WarcRecord, archive, of_kind, pairs
from tests.support.commands import ONE_BY_ONE
from tests.support.crawling import Crawl
from tests.support.faulty_server import Fault, FaultyServer
from tests.support.recording_server import RecordingServer, message
from vokcrawl.sample import Answer, SampleSite

Crawling = Callable[..., Crawl]

# Each is met once, by an article of its own; five seconds are an age on the loopback interface.
ONCE: dict[str, object] = {"DOWNLOAD_TIMEOUT": 5, "VOK_BACKOFF_SECONDS": 0.2, "RETRY_TIMES": 2}
BROKEN_OFF: dict[Fault, str] = {
    faults.drip: "time",
    faults.reset_middle: "disconnect",
    faults.length_too_long: "disconnect",
    faults.huge: "length",
    faults.huge_unannounced: "length",
}
# What a site says of itself, and how a page ends, is nothing that the wire knows of.
ALL_THERE: dict[Fault, bytes] = {
    faults.too_many: b"429",
    faults.error_500: b"500",
    faults.unavailable: b"503",
    faults.truncated_gzip: b"200",
    faults.ends_in_the_middle: b"200",
    faults.length_too_short: b"200",
    faults.header_injection_raw: b"302",
}
# Nothing came that could be kept.
NO_ANSWER: list[Fault] = [faults.reset_before, faults.empty_reply]


@pytest.mark.thorough
def test_each_attempt_that_got_an_answer_is_kept_and_marked_where_it_broke_off(crawl: Crawling, output: Path) -> None:
    wanted = [*BROKEN_OFF, *ALL_THERE, *NO_ANSWER]
    with FaultyServer(SampleSite(len(wanted) + 6, faults=())) as server:
        ids = [each["id"] for each in server.site.truth()["articles"]]
        at = dict(zip(wanted, ids[3:], strict=False))
        for fault, identity in at.items():
            server.inflict(identity, fault, 1)
        done = crawl(f"{server.url}/article/163/", output, settings=ONCE)
    assert "Traceback" not in done.stderr
    found = pairs(archive(output))

    def first(fault: Fault) -> WarcRecord:
        """The first answer for the article that was altered so."""
        return next(answer for answer, _ in found if at[fault] in answer.url)

    for fault, why in BROKEN_OFF.items():
        answer = first(fault)
        assert answer.headers.get("warc-truncated") == why, fault.__name__
        assert answer.head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert len(answer.block) < 20_000_000
    # Some of it came, and that is kept; the page that came at last is a whole answer of its own.
    assert 1000 < len(first(faults.reset_middle).payload) < 60_000
    for fault, status in ALL_THERE.items():
        answer = first(fault)
        assert "warc-truncated" not in answer.headers, fault.__name__
        assert answer.block.split(b" ")[1] == status
    for fault in NO_ANSWER:
        assert first(fault).block.split(b" ")[1] == b"200"
    # Half a page is nothing that a later one could be the same as.
    assert all(answer.kind == "response" for answer, _ in found if answer.headers.get("warc-truncated"))
    asked = [each for each in server.requests if each.fault not in {fault.__name__ for fault in NO_ANSWER}]
    assert len(found) == len(asked)


def test_what_comes_behind_an_answer_is_no_part_of_it(crawl: Crawling, output: Path) -> None:
    """A length that is too short, with the rest of the page behind it on the wire."""
    with FaultyServer(SampleSite(6, faults=())) as server:
        altered = server.site.truth()["articles"][2]
        server.inflict(altered["id"], faults.length_too_short, 1)
        done = crawl(f"{server.url}/article/163/", output, settings=ONCE)
    assert done.code == 0, done.stderr
    answer = next(answer for answer, _ in pairs(archive(output)) if altered["id"] in answer.url)
    result = next(line for line in answer.head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    assert int(result.partition(b":")[2]) == len(answer.payload)


@pytest.mark.parametrize(
    "begin",
    [b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 2],
    ids=["early hints", "twice to be continued"],
)
def test_an_answer_behind_interim_ones_is_kept_without_them(crawl: Crawling, output: Path, begin: bytes) -> None:
    def dress(_: str, answer: Answer) -> bytes:
        return begin + message(answer.status, answer.headers, answer.body)

    with RecordingServer(SampleSite(4, faults=()), dress) as server:
        done = crawl(f"{server.url}/article/163/", output, settings=ONE_BY_ONE)
    assert done.code == 0, done.stderr
    kept = [answer.block for answer in of_kind(archive(output), "response")]
    assert kept == [each.answer.removeprefix(begin) for each in server.exchanged]


def test_lines_without_a_carriage_return_get_one_so_that_readers_find_the_body(crawl: Crawling, output: Path) -> None:
    def dress(_: str, answer: Answer) -> bytes:
        head, _, body = message(answer.status, answer.headers, answer.body).partition(b"\r\n\r\n")
        return head.replace(b"\r\n", b"\n").replace(b"HTTP/1.1", b"HTTP/1.0") + b"\n\n" + body

    with RecordingServer(SampleSite(4, faults=()), dress) as server:
        done = crawl(f"{server.url}/article/163/", output, settings=ONE_BY_ONE)
    assert done.code == 0, done.stderr
    kept = of_kind(archive(output), "response")
    for answer, each in zip(kept, server.exchanged, strict=True):
        head, _, body = each.answer.partition(b"\n\n")
        assert answer.head == head.replace(b"\n", b"\r\n") + b"\r\n\r\n"
        assert answer.payload == body
        assert answer.head.startswith(b"HTTP/1.0 200 OK\r\n")
