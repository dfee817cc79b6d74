"""Records are read with each quirk that the standard allows or a common tool writes, however they are compressed."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
import zstandard

from tests.support.warc_captures import record
from vokcrawl.warc.compression import NotAnArchiveError
from vokcrawl.warc.files import file_size, is_file, warc_files_of
from vokcrawl.warc.reader import CapturedRecord, Flaw, RefersTo, read_archive, read_at
from vokcrawl.warc.record_head import parse_date, parse_head

LONGEST = 100_000
BLOCKS = [b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n" + bytes([65 + number]) * 3000 for number in range(4)]
PLAIN = [record(f"http://site.example/{number}", block) for number, block in enumerate(BLOCKS)]


def bgzip(records: Sequence[bytes]) -> bytes:
    """As bgzip compresses: blocks of a fixed size without regard to records, and an empty one at the end."""
    content = b"".join(records)
    pieces = [content[start : start + 1000] for start in range(0, len(content), 1000)]
    return b"".join(map(gzip.compress, pieces)) + bytes.fromhex(
        "1f8b08040000000000ff0600424302001b0003000000000000000000"
    )


def with_dictionary(records: Sequence[bytes]) -> bytes:
    """As the files of Archive Team: a skippable frame with the dictionary, then a frame for each record."""
    dictionary = zstandard.train_dictionary(
        2000, [each[start : start + 90] for each in PLAIN * 20 for start in range(60)]
    )
    packer = zstandard.ZstdCompressor(dict_data=dictionary)
    data = dictionary.as_bytes()
    frame = b"\x5d\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data
    return frame + b"".join(map(packer.compress, records))


COMPRESSIONS: dict[str, Callable[[Sequence[bytes]], bytes]] = {
    "plain": b"".join,
    "gzip members": lambda records: b"".join(map(gzip.compress, records)),
    "gzip as a whole": lambda records: gzip.compress(b"".join(records)),
    "gzip members of two records": lambda records: b"".join(
        gzip.compress(b"".join(records[start : start + 2])) for start in range(0, len(records), 2)
    ),
    "gzip members of heads and blocks": lambda records: b"".join(
        gzip.compress(part)
        for each in records
        for part in re.fullmatch(rb"(.*?\r?\n\r?\n)(.*)", each, re.S).groups()  # type: ignore[union-attr]
    ),
    "gzip blocks": bgzip,
    "gzip members with zero bytes between and behind them": lambda records: b"".join(
        gzip.compress(each) + bytes(size) for each, size in zip(records, (0, 3, 100_000, 70_000), strict=True)
    ),
    "zstd frames": lambda records: b"".join(map(zstandard.ZstdCompressor().compress, records)),
    "zstd as a whole": lambda records: zstandard.ZstdCompressor().compress(b"".join(records)),
    "zstd with a dictionary": with_dictionary,
}


def swap_head(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def changed(written: bytes) -> bytes:
        head, _, rest = written.partition(b"\r\n\r\n")
        return change(head + b"\r\n\r\n") + rest

    return changed


def lower_names(head: bytes) -> bytes:
    return re.sub(rb"(?m)^[\w-]+:", lambda name: name[0].lower(), head)


QUIRKS: dict[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "one empty line less at the end": lambda written: written.removesuffix(b"\r\n"),
    "one empty line more at the end": lambda written: written + b"\r\n",
    "nothing after the block": lambda written: written.removesuffix(b"\r\n\r\n"),
    "line feeds after the block": lambda written: written.removesuffix(b"\r\n\r\n") + b"\n\n",
    "WARC/0.17": swap_head(lambda head: head.replace(b"WARC/1.1", b"WARC/0.17")),
    "WARC/0.18": swap_head(lambda head: head.replace(b"WARC/1.1", b"WARC/0.18")),
    "WARC/1.0 with brackets": swap_head(
        lambda head: re.sub(rb"(Target-URI: )(\S+)", rb"\1<\2>", head.replace(b"WARC/1.1", b"WARC/1.0"))
    ),
    "lower-case names": swap_head(lower_names),
    "upper-case names": swap_head(lambda head: re.sub(rb"(?m)^[\w-]+:", lambda name: name[0].upper(), head)),
    "no space after colons": swap_head(lambda head: head.replace(b": ", b":")),
    "folded fields": swap_head(lambda head: head.replace(b": ", b":\r\n  \t")),
    "line feeds in the head": swap_head(lambda head: head.replace(b"\r\n", b"\n")),
    "a date of a day": swap_head(lambda head: re.sub(rb"(WARC-Date: \S{10})\S+", rb"\1", head)),
    "a date with nanoseconds": swap_head(lambda head: re.sub(rb"(WARC-Date: \S{19})Z", rb"\1.123456789Z", head)),
    "a date with an offset": swap_head(lambda head: re.sub(rb"(WARC-Date: \S{19})Z", rb"\1+09:00", head)),
}


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_records_with_any_quirk_are_read_from_files_of_any_compression(compression: str, tmp_path: Path) -> None:
    for quirk, change in QUIRKS.items():
        path = tmp_path / f"{quirk}.warc".replace("/", "-")
        path.write_bytes(COMPRESSIONS[compression]([change(each) for each in PLAIN]))
        found = list(read_archive(path, LONGEST))
        assert [each for each in found if isinstance(each, Flaw)] == [], quirk
        records = [each for each in found if isinstance(each, CapturedRecord)]
        assert [(each.url[-1], each.block) for each in records] == list(zip("0123", BLOCKS, strict=True)), quirk
        # Each can be read again from its location alone.
        for each in records:
            assert next(read_at(each.place, LONGEST)) == each, quirk


def test_requests_are_named_but_not_held(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(record("http://site.example/", bytes(LONGEST + 1), kind="request") + PLAIN[0])
    first, second = read_archive(path, LONGEST)
    assert isinstance(first, CapturedRecord)
    assert (first.kind, first.block) == ("request", b"")
    assert isinstance(second, CapturedRecord)
    assert second.block == BLOCKS[0]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024", (2024, 1, 1)),
        ("2024-12", (2024, 12, 1)),
        ("2024-12-10", (2024, 12, 10)),
        ("2024-12-10T06:07Z", (2024, 12, 10, 6, 7)),
        ("2024-12-10T06:07:08Z", (2024, 12, 10, 6, 7, 8)),
        ("2024-12-10T06:07:08.5Z", (2024, 12, 10, 6, 7, 8, 500_000)),
        ("2024-12-10T06:07:08.123456789Z", (2024, 12, 10, 6, 7, 8, 123_456)),
        ("2024-12-10T06:07:08+09:30", (2024, 12, 9, 20, 37, 8)),
        ("2024-12-10T06:07:08-09:30", (2024, 12, 10, 15, 37, 8)),
    ],
)
def test_dates_of_any_precision(written: str, moment: tuple[int, ...]) -> None:
    assert parse_date(written) == datetime(*moment, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    "written",
    ["", "2024-13", "2024-02-30", "1989", "2024-12-10T06", "2024-12-10T06:07:08", "2024-12-10T06:07:08+25:00",
     "20241210",
     "2024-12-10T06:07:08.1234567890Z", "2024-12-10T24:00:00Z", "9999-12-31T23:59:59-14:00", "٢٠٢٤"],
)  # fmt: skip
def test_dates_that_are_invalid(written: str) -> None:
    assert parse_date(written) is None


def test_a_field_that_is_repeated_has_its_first_value_and_unknown_versions_are_refused() -> None:
    head = b"WARC/1.1\r\nA: 1\r\na: 2\r\n folded\r\nnonsense\r\nB: \xff\r\n\r\n"
    assert parse_head(head) == {"a": "1", "b": "\ufffd"}
    for version in (b"WARC/2.0", b"WARC/0.16", b"WARC/1.", b"WARC/1.1 x", b"HTTP/1.1"):
        assert parse_head(head.replace(b"WARC/1.1", version)) is None


def test_a_revisit_says_what_it_refers_to(tmp_path: Path) -> None:
    fields = {
        "warc-refers-to": "<urn:uuid:1>",
        "warc-refers-to-target-uri": "<http://site.example/0>",
        "warc-refers-to-date": "2024-12-10T06:00:00Z",
        "warc-refers-to-filename": "b.warc.gz",
        "warc-refers-to-file-offset": "517",
    }
    path = tmp_path / "a.warc"
    path.write_bytes(record("http://site.example/", b"", kind="Revisit", fields=fields))
    [found] = read_archive(path, LONGEST)
    assert isinstance(found, CapturedRecord)
    assert found.refers_to == RefersTo(
        ("b.warc.gz", 517), "<urn:uuid:1>", ("http://site.example/0", "2024-12-10T06:00:00Z")
    )


@pytest.mark.parametrize(
    ("content", "saying"),
    [
        (b"", "it is empty"),
        (b"filedesc://a.arc 0.0.0.0 20060101000000 text/plain 74\n1 0 x\n", "it is an ARC file"),
        (gzip.compress(b"filedesc://a.arc 0.0.0.0 20060101000000 text/plain 74\n"), "it is an ARC file"),
        (b"PK\x03\x04" + bytes(50), "it is a ZIP file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "it is not a WARC file"),
        (gzip.compress(b"text"), "it is a compressed file without WARC records"),
        (zstandard.compress(b"text"), "it is a compressed file without WARC records"),
    ],
    ids=["empty", "ARC", "ARC in gzip", "ZIP", "PNG", "text in gzip", "text in zstd"],
)
def test_other_files_are_called_what_they_are(content: bytes, saying: str, tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(content)
    with pytest.raises(NotAnArchiveError, match=saying):
        list(read_archive(path, LONGEST))


def test_a_file_that_ends_in_its_only_record_is_a_warc_file(tmp_path: Path) -> None:
    for name, content in (("a.warc", PLAIN[0][:-900]), ("a.warc.gz", gzip.compress(PLAIN[0])[:-9])):
        path = tmp_path / name
        path.write_bytes(content)
        [flaw] = read_archive(path, LONGEST)
        assert isinstance(flaw, Flaw)
        assert (flaw.place.offset, flaw.text) == (0, "the file ends in the middle of this record")
        assert flaw.at == datetime(2024, 12, 10, 6, tzinfo=UTC)


def test_files_in_a_wacz_are_read_where_they_are(tmp_path: Path) -> None:
    packed = COMPRESSIONS["gzip members"](PLAIN)
    wacz = tmp_path / "a.WACZ"
    with ZipFile(wacz, "w") as archive:
        archive.writestr("archive/b.warc.gz", packed, ZIP_STORED)
        archive.writestr("archive/a.warc", b"".join(PLAIN), ZIP_DEFLATED)
        archive.writestr("archive/x/../../c.warc", b"".join(PLAIN))
        archive.writestr("pages/pages.jsonl", b"{}")
    files = warc_files_of(wacz)
    assert [each.name for each in files] == ["a.warc", "b.warc.gz"]
    assert file_size(files[1]) == len(packed)
    assert is_file(files[0])
    assert not is_file(wacz / "archive" / "c.warc")
    for path in files:
        records = [each for each in read_archive(path, LONGEST) if isinstance(each, CapturedRecord)]
        assert [each.block for each in records] == BLOCKS
        assert next(read_at(records[2].place, LONGEST)) == records[2]


def test_an_invalid_wacz_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.wacz"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(NotAnArchiveError, match="not a valid WACZ file"):
        warc_files_of(path)
    with ZipFile(path, "w") as archive:
        archive.writestr("a.warc.gz", b"")
    with pytest.raises(NotAnArchiveError, match="without WARC files"):
        warc_files_of(path)


def test_a_response_in_several_segments_is_named_and_not_taken_for_a_whole_page(tmp_path: Path) -> None:
    """ISO 28500, 7: the first segment looks like a response whose page is cut off."""
    first = PLAIN[0].replace(b"WARC-Date:", b"WARC-Segment-Number: 1\r\nWARC-Date:", 1)
    rest = (
        PLAIN[1]
        .replace(b"WARC-Type: response", b"WARC-Type: continuation", 1)
        .replace(b"WARC-Date:", b"WARC-Segment-Number: 2\r\nWARC-Date:", 1)
    )
    path = tmp_path / "segments.warc"
    path.write_bytes(first + rest + PLAIN[2])
    flaw, continuation, whole = read_archive(path, LONGEST)
    assert isinstance(flaw, Flaw)
    assert flaw.text == "a response in several segments is not supported; make the archive again with longer files"
    assert flaw.url == "http://site.example/0"
    assert isinstance(continuation, CapturedRecord)
    assert continuation.kind == "continuation"
    assert isinstance(whole, CapturedRecord)
    assert whole.block == BLOCKS[2]
