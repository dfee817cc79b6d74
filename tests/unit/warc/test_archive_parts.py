"""The parts of an archive: messages, records, members."""

from __future__ import annotations

import contextlib
import gzip
import io
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.warc import gzip_members as packing
from vokcrawl.warc.gzip_members import Member, compress_member, members, read_member
from vokcrawl.warc.http_exchange import merge_chunks, split_message, strip_interim
from vokcrawl.warc.records import moment, new_id, record, response
from vokcrawl.warc.validation import InvalidRecordError, parse_record


def test_a_message_is_parted_at_its_first_empty_line() -> None:
    assert split_message(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\r\n\r\nmore") == (
        b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n",
        b"body\r\n\r\nmore",
    )
    assert split_message(b"HTTP/1.0 200 OK\nA: b\n\nbody") == (b"HTTP/1.0 200 OK\nA: b\n\n", b"body")
    assert split_message(b"HTTP/1.1 200 OK\r\n") == (b"HTTP/1.1 200 OK\r\n", b"")


@pytest.mark.parametrize("interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103\r\nLink: <a>\r\n\r\n"])
def test_interim_answers_are_no_answers(interim: bytes) -> None:
    final = b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    assert strip_interim(interim * 3 + final) == final
    assert strip_interim(final) == final
    assert strip_interim(interim) == b""


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-ENCODING:  Chunked\r\nA: b\r\n\r\n"
_BEHIND = st.sampled_from([b"", b" ", b";a=b", b" ; a"])


def one_chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), _BEHIND, st.sampled_from([b"", b"X: y\r\n"]))
def test_chunks_are_made_one_whatever_is_in_them(pieces: list[bytes], behind: bytes, trailer: bytes) -> None:
    chunks = b"".join(b"%X%b\r\n%b\r\n" % (len(piece), behind, piece) for piece in pieces)
    whole = b"".join(pieces)
    assert merge_chunks(CHUNKED, chunks + b"0\r\n" + trailer + b"\r\n") == one_chunk(whole)
    assert merge_chunks(CHUNKED, one_chunk(whole)) == one_chunk(whole)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=8), st.integers(min_value=0))
def test_of_chunks_that_broke_off_there_is_what_has_come(pieces: list[bytes], cut: int) -> None:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    come = chunks[: cut % len(chunks)]
    # Each byte that came before the cut and is a page's.
    place, kept = 0, b""
    for piece in pieces:
        size = len(b"%x\r\n" % len(piece))
        kept += piece[: max(0, len(come) - place - size)]
        place += size + len(piece) + 2
    assert merge_chunks(CHUNKED, come) == (one_chunk(kept) if come else b"")


@given(st.binary(max_size=60))
def test_what_is_not_chunked_is_left_as_it_is(body: bytes) -> None:
    assert merge_chunks(b"HTTP/1.1 200 OK\r\nX-Transfer-Encoding: chunked\r\n\r\n", body) == body
    assert merge_chunks(CHUNKED, b"") == b""
    assert merge_chunks(CHUNKED, b"no size\r\n" + body) == b"no size\r\n" + body


def test_a_record_id_is_a_random_uuid() -> None:
    drawn = {new_id() for _ in range(1000)}
    assert len(drawn) == 1000
    for each in drawn:
        found = uuid.UUID(each.removeprefix("<urn:uuid:").removesuffix(">"))
        assert (found.version, found.variant) == (4, uuid.RFC_4122)
        assert f"<{found.urn}>" == each


def test_timestamps_are_in_utc_with_microseconds() -> None:
    assert moment(datetime(2024, 12, 10, 6, tzinfo=UTC)) == "2024-12-10T06:00:00.000000Z"
    korea = timezone(timedelta(hours=9))
    assert moment(datetime(2024, 12, 10, 6, 0, 0, 12, tzinfo=korea)) == "2024-12-09T21:00:00.000012Z"


@given(st.binary(max_size=2000), st.binary(max_size=2000))
def test_a_record_is_taken_apart_into_what_it_was_made_of(head: bytes, body: bytes) -> None:
    made = response(
        "<urn:uuid:1>", "2024-12-10T06:00:00Z", [("WARC-Target-URI", "http://a.test/")], "sha256:0", head, body
    )
    found = parse_record(Member(0, 0, made))
    assert found.block == head + body
    assert (found.kind, found.payload_digest, found.fields["warc-target-uri"]) == (
        "response",
        "sha256:0",
        "http://a.test/",
    )


@given(st.lists(st.binary(max_size=3000), max_size=6))
def test_members_hold_what_was_packed_and_gzip_reads_them_too(records: list[bytes]) -> None:
    file = b"".join(map(compress_member, records))
    found = list(members(io.BytesIO(file)))
    assert [each.data for each in found] == records
    assert [each.start for each in found] == [0, *(each.end for each in found)][: len(found)]
    assert gzip.decompress(file) == b"".join(records)


@given(st.binary(min_size=200, max_size=400), st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_behind_a_damaged_member_the_next_ones_are_read(data: bytes, place: int, change: int) -> None:
    first, second, third = compress_member(data), compress_member(b"second"), compress_member(b"third")
    place %= len(first)
    file = bytearray(first + second + third)
    file[place] ^= change
    found = list(members(io.BytesIO(bytes(file))))
    # In a member's head there is what does not change what is packed.
    harmless = found[0].data == data
    assert harmless or found[0].data is None
    assert [each.data for each in found if each.data is not None][-2:] == [b"second", b"third"]
    assert [each.start for each in found][-2:] == [len(first), len(first) + len(second)]


@given(st.integers(min_value=1, max_value=10_000))
def test_the_end_of_a_file_that_was_cut_off_is_named(kept: int) -> None:
    last = compress_member(bytes(range(256)) * 40)
    kept = kept % (len(last) - 1) + 1
    *_, found = members(io.BytesIO(compress_member(b"first") + last[:kept]))
    assert (found.start, found.end, found.data) == (
        len(compress_member(b"first")),
        len(compress_member(b"first")) + kept,
        None,
    )
    assert "ends within" in found.fault


def test_a_member_that_expands_to_more_than_a_record_has_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MAX_UNPACKED", 1 << 20)
    bomb = gzip.compress(bytes(1 << 25))
    found = list(members(io.BytesIO(bomb + compress_member(b"next"))))
    assert found[0].data is None
    assert "more than" in found[0].fault
    assert found[-1].data == b"next"


def test_there_is_no_member_behind_the_end_and_none_in_what_is_not_packed() -> None:
    assert read_member(io.BytesIO(b""), 0) is None
    assert read_member(io.BytesIO(compress_member(b"x")), 1000) is None
    (found,) = members(io.BytesIO(b"WARC/1.1\r\n"))
    assert found.data is None


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "not a WARC record"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "not a WARC record"),
        (b"WARC/1.1\r\nA: b\r\n\r\n", "missing"),
        (b"WARC/1.1\r\nContent-Length: 3\r\n\r\nab\r\n\r\n", "3"),
        (b"WARC/1.1\r\nContent-Length: -1\r\n\r\n\r\n\r\n", "-1"),
        (b"WARC/1.1\r\nContent-Length: 99999999999999999999\r\n\r\nab\r\n\r\n", "9999"),
        (record("response", "<a>", "b", [], "c", b"d") * 2, "1"),
    ],
)
def test_what_is_no_whole_record_is_named(data: bytes, fault: str) -> None:
    with pytest.raises(InvalidRecordError, match=fault):
        parse_record(Member(0, len(data), data))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_record_or_none(data: bytes) -> None:
    with contextlib.suppress(InvalidRecordError):
        parse_record(Member(0, 0, b"WARC/1.1\r\n" + data))
    for packed_or_not in (data, compress_member(data)[:-1] + data):
        assert all(each.data is not None or each.fault for each in members(io.BytesIO(packed_or_not)))
