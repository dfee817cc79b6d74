"""The WARC reader returns the valid records of a file, whatever else is in it."""

from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.warc_captures import record
from vokcrawl.warc.compression import NotAnArchiveError
from vokcrawl.warc.reader import CapturedRecord, Flaw, read_archive

LONGEST = 100_000
RECORDS = [
    record(f"http://site.example/{number}", b"HTTP/1.1 200 OK\r\n\r\n" + bytes([number]) * 300) for number in range(6)
]


def read(path: Path) -> tuple[list[str], list[int]]:
    """The numbers of the records that were read, and the offsets of flaws."""
    found = list(read_archive(path, LONGEST))
    urls = [each.url.rpartition("/")[2] for each in found if isinstance(each, CapturedRecord)]
    return urls, [each.place.offset for each in found if isinstance(each, Flaw)]


@settings(max_examples=150, deadline=None)
@given(
    at=st.integers(min_value=0, max_value=10_000),
    harm=st.binary(min_size=1, max_size=40),
    packing=st.sampled_from(["members", "plain", "whole"]),
)
def test_whatever_is_overwritten_the_rest_is_read(
    tmp_path_factory: pytest.TempPathFactory, at: int, harm: bytes, packing: str
) -> None:
    members = [gzip.compress(each) for each in RECORDS]
    if packing == "plain":
        members = RECORDS
    content = bytearray(gzip.compress(b"".join(RECORDS)) if packing == "whole" else b"".join(members))
    at %= len(content)
    content[at : at + len(harm)] = harm[: len(content) - at]
    path = tmp_path_factory.mktemp("harmed") / "a.warc.gz"
    path.write_bytes(content)
    try:
        found, flaws = read(path)
    except NotAnArchiveError:
        assert at < 5
        return
    assert (kept := [each for each in found if each.isdigit()]) == sorted(kept)
    if packing == "members":
        starts = [sum(map(len, members[:number])) for number in range(len(members))]
        touched = {
            str(number)
            for number, start in enumerate(starts)
            if start < at + len(harm) and at < start + len(members[number])
        }
        # A member may be spared: where what was overwritten was the same, or says nothing (a time, a name).
        assert set(map(str, range(len(RECORDS)))) - set(found) <= touched
        assert len(found) == len(RECORDS) or flaws


@settings(max_examples=80, deadline=None)
@given(
    junk=st.binary(max_size=2000), magic=st.sampled_from([b"", b"\x1f\x8b\x08", b"WARC/1.0\r\n", b"\x28\xb5\x2f\xfd"])
)
def test_whatever_a_file_holds_reading_it_ends_in_order(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, magic: bytes
) -> None:
    path = tmp_path_factory.mktemp("junk") / "a.warc.gz"
    path.write_bytes(magic + junk)
    with suppress(NotAnArchiveError):
        assert all(isinstance(each, (Flaw, CapturedRecord)) for each in read_archive(path, LONGEST))
