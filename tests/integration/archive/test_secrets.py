"""No cookie and no credential gets into the archive, the records, the manifest or the log."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.archive_reader import archive, at, of_kind
from tests.support.crawling import Crawl
from tests.support.recording_server import RecordingServer, message
from vokcrawl.sample import Answer, SampleSite
from vokcrawl.warc.http_exchange import split_message
from vokcrawl.warc.redaction import redact_request, redact_response, redact_url

Crawling = Callable[..., Crawl]

SECRET = "planted-0815"  # noqa: S105  nobody's
# In whatever way a setting may give us something to identify ourselves with.
HEADERS = {
    "Authorization": f"Bearer {SECRET}-1",
    "Cookie": f"session={SECRET}-2",
    "X-Api-Key": f"{SECRET}-4",
    "X-Access-Token": f"{SECRET}-5",
    "x-session-id": f"{SECRET}-6",
}


def test_planted_secrets_are_nowhere_in_what_a_run_leaves(crawl: Crawling, output: Path) -> None:
    site = SampleSite(8, faults=())
    moved = site.truth()["articles"][2]["id"]

    def dress(target: str, answer: Answer) -> bytes:
        more = [
            f"Set-Cookie: a={SECRET}-7; Path=/",
            f"sEt-cOOKIE2: b=1;\r\n  c={SECRET}-8",
            "X-Kept: yes",
            f"set-cookie:d={SECRET}-9",
            f"Authentication-Info: {SECRET}-10",
            f"Link: <http://user:{SECRET}-11@example.org/>; rel=next",
        ]
        if moved in target and "?" not in target:
            location = f"{server.url}{target}?now=here"
            return message(301, [("Location", location.replace("//", f"//who:{SECRET}-12@"))], b"", *more)
        return message(answer.status, answer.headers, answer.body, *more)

    with RecordingServer(site, dress) as server:
        settings = {"DEFAULT_REQUEST_HEADERS": json.dumps(HEADERS), "RETRY_TIMES": 0}
        done = crawl(f"{server.url}/article/163/", output, settings=settings)
    # They were sent, and they came; a redirect with a user in it is another host's, and not followed.
    assert all(value.encode() in each.request for value in HEADERS.values() for each in server.exchanged)
    assert done.code == 10, done.stderr
    for path in output.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.name.endswith(".gz"):
                content = gzip.decompress(content)
            assert SECRET.encode() not in content, path
    assert SECRET not in done.stderr + done.stdout
    records = archive(output)
    assert len(of_kind(records, "request")) == len(server.exchanged)
    for answer in of_kind(records, "response", "revisit"):
        assert b"\r\nX-Kept: yes\r\n" in answer.head
        assert b"cookie" not in answer.head.lower()
        assert b"Link: <http://example.org/>; rel=next\r\n" in answer.head
    for asked in of_kind(records, "request"):
        assert b"\r\nUser-Agent: vokcrawl" in asked.block
        assert asked.block.endswith(b"\r\n\r\n")
    assert all(at(output, each["archived_as"]).kind == "response" for each in done.articles())
    info = of_kind(records, "warcinfo")[0].block.decode()
    assert "Set-Cookie" in info
    assert "omitted" in info


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nB: c\r\n\r\n", b"HTTP/1.1 200 OK\r\nB: c\r\n\r\n"),
        (b"HTTP/1.1 200 OK\nset-cookie : a\n\tb\n c\nB: c\n\n", b"HTTP/1.1 200 OK\nB: c\n\n"),
        (
            b"HTTP/1.1 200 OK\r\nX-Set-Cookie-Policy: none\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX-Set-Cookie-Policy: none\r\n\r\n",
        ),
        (b"HTTP/1.1 200 OK\r\nB: Set-Cookie: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nB: Set-Cookie: a\r\n\r\n"),
        (b"HTTP/1.1 302 F\r\nLocation: https://u:p@h/@x\r\n\r\n", b"HTTP/1.1 302 F\r\nLocation: https://h/@x\r\n\r\n"),
        (b"HTTP/1.1 302 F\r\nLocation: https://h/a@b\r\n\r\n", b"HTTP/1.1 302 F\r\nLocation: https://h/a@b\r\n\r\n"),
    ],
)
def test_of_an_answer_whole_lines_are_left_out_and_the_rest_is_as_it_was(head: bytes, kept: bytes) -> None:
    assert redact_response(head) == kept


def test_of_a_request_whatever_may_identify_us_is_left_out() -> None:
    names = ["Cookie", "AUTHORIZATION", "X-Auth", "X-CSRF-Token", "Api-Key", "x-password", "X-My-Secret", "Session"]
    head = b"GET /token HTTP/1.1\r\nAccept: a\r\n"
    lines = b"".join(f"{name}: {SECRET}\r\n".encode() for name in names)
    assert redact_request(head + lines + b"Host: h\r\n\r\n") == head + b"Host: h\r\n\r\n"


def test_an_address_is_written_without_user_and_fragment() -> None:
    assert redact_url("https://u:p@h.test:8/a@b?c=d#e") == "https://h.test:8/a@b?c=d"
    assert redact_url("https://h.test/a@b#e@f") == "https://h.test/a@b"


def _speaks_of_none(line: bytes) -> bool:
    return not any(word in line.lower() for word in (b"cookie", b"auth", b"@"))


_LINES = st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")).filter(_speaks_of_none), max_size=8)
_HEADERS = st.sampled_from([b"Set-Cookie: x", b"A: b", b" folded", b"\tx", b"no header", b"authorization: y"])


@given(_LINES)
def test_what_speaks_of_neither_cookies_nor_credentials_is_not_touched(lines: list[bytes]) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    assert redact_response(head) == head


@given(
    st.lists(
        st.sampled_from([b"Set-Cookie: x", b"A: b", b" folded", b"\tx", b"no header", b"authorization: y"]), max_size=8
    )
)
def test_a_redacted_head_still_ends_where_it_did(lines: list[bytes]) -> None:
    head = b"".join(line + b"\r\n" for line in [b"HTTP/1.1 200 OK", *lines, b""])
    whole, body = split_message(head + b"body")
    assert (whole, body) == (head, b"body")
    redacted = redact_response(whole)
    assert redacted.endswith(b"\r\n\r\n")
    assert split_message(redacted + b"body") == (redacted, b"body")
    assert b"cookie" not in redacted.lower()
