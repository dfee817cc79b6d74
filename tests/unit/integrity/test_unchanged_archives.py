"""`verify` reads only the heads of the records of an archive file whose checksum proves that it is unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.settings import Settings

from benchmarks.archives import ArchiveSize, make_archive
from vokcrawl.integrity.state_check import _FORMS, _common_rows
from vokcrawl.integrity.verify import Verification
from vokcrawl.runs.run import Run
from vokcrawl.settings import base
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.factory import in_folder
from vokcrawl.warc import records
from vokcrawl.warc.http_exchange import Exchange
from vokcrawl.warc.record_heads import ScannedFile, read_heads, scan_file
from vokcrawl.warc.validation import ArchiveCheck, responses
from vokcrawl.warc.writer import Archive

_DIGEST = re.compile(rb"(WARC-Block-Digest: sha256:)[0-9a-f]{64}")
WRONG = "its block does not match its digest"


def faults(folder: OutputFolder, *, full: bool = False) -> list[str]:
    return [str(fault) for fault in Verification(folder, full=full).faults()]


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    make_archive(tmp_path / "output", ArchiveSize(articles=6, runs=3, warc=True))
    return OutputFolder(tmp_path / "output")


@pytest.fixture
def wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutputFolder:
    """An output directory whose archived records were written with wrong digests, in files with the right checksum."""
    record = records.record

    def with_wrong_digest(*arguments: Any) -> bytes:
        return _DIGEST.sub(lambda found: found[1] + b"0" * 64, record(*arguments))

    monkeypatch.setattr(records, "record", with_wrong_digest)
    make_archive(tmp_path / "output", ArchiveSize(articles=6, runs=3, warc=True))
    return OutputFolder(tmp_path / "output")


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the archive files that are read in full."""
    names: list[str] = []
    flaws = ArchiveCheck.flaws

    def noting(self: ArchiveCheck) -> Any:
        names.append(self._path.name)
        return flaws(self)

    monkeypatch.setattr(ArchiveCheck, "flaws", noting)
    return names


def test_unchanged_archives_are_not_read_in_full(folder: OutputFolder, checked: list[str]) -> None:
    assert faults(folder) == []
    assert checked == []


def test_full_check_reads_every_archive_in_full(folder: OutputFolder, checked: list[str]) -> None:
    assert faults(folder, full=True) == []
    assert checked == [path.name for path in folder.archive_files()]


def test_both_checks_count_the_same(folder: OutputFolder) -> None:
    checks = [Verification(folder), Verification(folder, full=True)]
    assert [list(check.faults()) for check in checks] == [[], []]
    quick, full = ((check.manifests, check.files, check.records, check.archived) for check in checks)
    assert quick == full
    assert checks[0].archived > 12


def test_changed_archive_is_read_in_full_and_its_damaged_record_named(folder: OutputFolder, checked: list[str]) -> None:
    path = list(folder.archive_files())[1]
    offset, _ = next(responses(path))
    content = bytearray(path.read_bytes())
    content[offset + 900] ^= 1
    path.write_bytes(content)
    assert any(line.startswith(f"{path}: offset {offset}: ") for line in faults(folder))
    assert checked == [path.name]


def test_digest_that_was_written_wrong_is_found_by_a_full_check_only(wrong: OutputFolder) -> None:
    assert faults(wrong) == []
    named = [line for line in faults(wrong, full=True) if WRONG in line]
    assert len(named) > 12


def changed_manifest(folder: OutputFolder, path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def unknown_newest_manifest(folder: OutputFolder, path: Path) -> None:
    path.unlink()


def missing_state(folder: OutputFolder, path: Path) -> None:
    folder.state.unlink()


@pytest.mark.parametrize(
    ("harm", "manifest", "read"),
    [(changed_manifest, 0, 0), (changed_manifest, -1, -1), (unknown_newest_manifest, -1, 1), (missing_state, -1, -1)],
)
def test_archive_whose_manifest_nothing_confirms_is_read_in_full(
    harm: Callable[[OutputFolder, Path], None], manifest: int, read: int, wrong: OutputFolder
) -> None:
    harm(wrong, sorted(wrong.runs.iterdir())[manifest])
    path = list(wrong.archive_files())[read]
    named = [line for line in faults(wrong) if WRONG in line]
    assert named
    assert all(line.startswith(f"{path}: ") for line in named)


def test_archive_of_a_crashed_run_is_read_in_full(
    wrong: OutputFolder, checked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vokcrawl.integrity.verify.CRASHED", "ok")
    assert any(WRONG in line for line in faults(wrong))
    assert len(checked) == 3


def archive_of(folder: OutputFolder, exchanges: list[Exchange]) -> Path:
    """The finished archive of a run with these responses."""
    folder.take("a test")
    state = in_folder(folder, False)
    run = Run.begin(folder, state, "vok", datetime(2024, 12, 10, 6, tzinfo=UTC), {}, Settings(vars(base)))
    archive = run.files.archive = Archive(folder, run.id, state, {}, 10**9)
    for each in exchanges:
        run.begin_transaction()
        archive.add(each)
    run.finish("ok", 0, requests=len(exchanges), listings=[])
    state.close()
    folder.release()
    return next(iter(folder.archive_files()))


def exchange(number: int, body: bytes, head: bytes = b"", *, truncated: str | None = None) -> Exchange:
    url = f"https://site.test/{number}"
    whole = b'HTTP/1.1 200 OK\r\nETag: "%d"\r\n%bContent-Length: %d\r\n\r\n%b' % (number, head, len(body), body)
    at = datetime(2024, 12, 10, 6, tzinfo=UTC)
    return Exchange(url, at, b"GET / HTTP/1.1\r\n\r\n", whole, "127.0.0.1", truncated)


def test_heads_are_those_of_the_whole_records(tmp_path: Path) -> None:
    noise = Random(7).randbytes
    path = archive_of(
        OutputFolder(tmp_path),
        [
            exchange(1, b"<p>text</p>" * 500),
            exchange(2, b""),
            exchange(3, b"<p>text</p>" * 500),
            exchange(4, noise(5000), b"X-Long: %b\r\n" % noise(20_000).hex().encode()),
            exchange(5, noise(300_000), truncated="time"),
        ],
    )
    with path.open("rb", buffering=0) as file:
        heads = [(at, each) for at, each in read_heads(file, scan_file(file, int).members) if each.is_response]
    whole = list(responses(path))
    assert [at for at, _ in heads] == [at for at, _ in whole]
    assert len(whole) == 5
    for (_, head), (_, record) in zip(heads, whole, strict=True):
        assert head.block[: head.body_start] == record.block[: record.body_start]
        assert (head.kind, head.length, head.is_whole) == (record.kind, record.length, record.is_whole)
        assert head.fields.items() <= record.fields.items()


def test_bytes_that_look_like_another_member_lead_to_a_full_check(
    folder: OutputFolder, checked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def scan(file: BinaryIO, on_chunk: Callable[[], None]) -> ScannedFile:
        found = scan_file(file, on_chunk)
        return found._replace(members=[*found.members, found.bytes - 20])

    monkeypatch.setattr("vokcrawl.integrity.verify.scan_file", scan)
    assert faults(folder) == []
    assert len(checked) == 3


def test_members_are_found_where_a_part_of_the_file_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive_of(OutputFolder(tmp_path), [exchange(number, b"x" * number) for number in range(40)])
    with path.open("rb", buffering=0) as file:
        expected = scan_file(file, int)
    assert len(expected.members) == 81
    for size in (8, 9, 64, 1000):
        monkeypatch.setattr("vokcrawl.warc.record_heads._CHUNK", size)
        with path.open("rb", buffering=0) as file:
            assert scan_file(file, int) == expected


VALUES = st.one_of(
    st.none(),
    st.integers(-1, 2**63),
    st.text(max_size=12),
    st.sampled_from(
        ["delivered", "2023-02-29", "2024-02-29", "2024-04-31", "0000-01-01", "2024-02-28", "2024-12-10T06:00:00Z"]
        + ["2023-02-29T06:00:00Z", "https://site.test/a", "https://site.test/\x07", "1750885366-665971553", "'", '"']
        + ["sha256:" + "a" * 64, "", 'W/"x"', "x', 'y", "articles/20241210T060000Z.jsonl", "20241210T060000Z-2", "\\"]
    ),
)


COMMON = (
    None,
    0,
    1,
    404,
    "delivered",
    "1-1",
    "https://site.test/a",
    "sha256:" + "a" * 64,
    "2024-12-10",
    "2024-12-10T06:00:00Z",
    "2024-12-10T06:00:00.123456Z",
    "articles/20241210T060000Z.jsonl",
    "20241210T060000Z",
)


WITH_EXPRESSIONS = [name for name, (_, forms) in _FORMS.items() if all(form.common for form in forms.values())]


@pytest.mark.parametrize("table", WITH_EXPRESSIONS)
@given(data=st.data())
def test_rows_that_one_expression_accepts_have_valid_values(table: str, data: st.DataObject) -> None:
    forms = tuple(_FORMS[table][1].values())
    accepts = _common_rows(forms)
    row: list[Any] = [next(value for value in COMMON if form(value)) for form in forms]
    assert accepts([tuple(row)])
    place = data.draw(st.integers(0, len(row) - 1))
    row[place] = data.draw(VALUES)
    if accepts([tuple(row)]):
        assert forms[place](row[place]), (table, place, row[place])


def test_one_expression_accepts_common_rows(folder: OutputFolder) -> None:
    state = in_folder(folder, True, read_only=True)
    for table in ("articles", "entries", "files", "payloads", "listing_crawls", "runs"):
        assert table in WITH_EXPRESSIONS
        forms = _FORMS[table][1]
        rows = list(state.table_rows(table, tuple(forms)))
        assert rows
        assert _common_rows(tuple(forms.values()))(rows), rows
    state.close()
