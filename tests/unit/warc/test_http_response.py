"""An archived response is what a crawl would have received of it, within limits, or is reported as unreadable."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.warc.http_response import Unreadable, answer_of

MOST = 10_000
PAGE = b"<html><body>" + b"word " * 300 + b"</body></html>"


def sent(headers: str, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + headers.encode() + b"\r\n" + body


@given(st.lists(st.integers(min_value=1, max_value=400), min_size=1, max_size=20), st.booleans())
def test_chunks_of_any_size_are_joined(sizes: list[int], packed: bool) -> None:
    body = gzip.compress(PAGE) if packed else PAGE
    rest, chunks = body, b""
    for size in sizes:
        chunks += b"%x\r\n%s\r\n" % (len(rest[:size]), rest[:size]) if rest else b""
        rest = rest[size:]
    chunks += (b"%x\r\n%s\r\n" % (len(rest), rest) if rest else b"") + b"0\r\n\r\n"
    headers = "Transfer-Encoding: chunked\r\n" + ("Content-Encoding: gzip\r\n" if packed else "")
    assert answer_of(sent(headers, chunks), MOST).body == PAGE


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "zstd", "x, gzip", "identity", "chunked"]))
def test_any_body_is_limited_in_size_or_unreadable(body: bytes, coding: str) -> None:
    name = "Transfer-Encoding" if coding == "chunked" else "Content-Encoding"
    try:
        assert len(answer_of(sent(f"{name}: {coding}\r\n", body), MOST).body) <= MOST
    except Unreadable as fault:
        assert fault.name in ("corrupt", "cut_off", "too_large")  # noqa: PT017


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", 200),
        (b"HTTP/2 404\r\n\r\n", 404),
        (b"HTTP/1.0 503 Service  Unavailable\nRetry-After: 3\n\n", 503),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", 304),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 200),
    ],
)
def test_status_lines_as_servers_write_them(head: bytes, status: int) -> None:
    assert answer_of(head, MOST).status == status


def test_the_payload_of_another_record_replaces_the_body_of_a_revisit() -> None:
    assert answer_of(sent("Content-Length: 1514\r\n", b""), MOST, payload=PAGE).body == PAGE


@pytest.mark.parametrize(
    "start", [b"\xef\xbb\xbf<!DOCTYPE html>", b"\n<!-- made by a plugin -->", b'<?xml version="1.0"?>']
)
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_body_that_was_decoded_under_its_original_headers_is_read(coding: str, start: bytes) -> None:
    assert answer_of(sent(f"Content-Encoding: {coding}\r\n", start + PAGE), MOST).body == start + PAGE
