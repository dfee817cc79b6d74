"""Archives of the same name from several directories or machines are kept apart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.support.replaying import replay
from tests.support.warc_captures import Capture, http, member_starts, packed, record, records, sha1, site_of, whole

SITE = site_of(12)
PAGES = whole(SITE)
IDS = {each["id"] for each in SITE.truth()["articles"]}
NAME = "20241210T060000Z.warc.gz"


def test_archives_of_the_same_name_are_read_side_by_side(tmp_path: Path) -> None:
    parts = [packed(records(PAGES[:7]), tmp_path / "a" / "site.warc.gz")]
    parts.append(packed(records(PAGES[7:]), tmp_path / "b" / "site.warc.gz"))
    done = replay(*parts, to=tmp_path / "to")
    assert (done.code, done.stderr, {each["id"] for each in done.articles()}) == (0, "", IDS)


def test_two_runs_with_the_same_id_are_refused_together(tmp_path: Path) -> None:
    first = packed(records(PAGES[:7]), tmp_path / "a" / NAME)
    second = packed(records(PAGES[7:]), tmp_path / "b" / NAME)
    done = replay(tmp_path / "a", tmp_path / "b", to=tmp_path / "to")
    said = f"are both called {NAME}: from two crawls, or copies; replay each directory on its own"
    assert (done.code, done.faults) == (2, [f"{first} and {second} {said}"])
    assert not (tmp_path / "to").exists()
    for number, path in enumerate((first, second)):
        assert replay(path, to=tmp_path / f"to-{number}").code == 0


def crawled(folder: Path, pages: list[Capture]) -> Path:
    """An archive whose second half refers to the first one by file and offset."""
    written: list[bytes] = []
    for page in pages:
        fields = {"WARC-Payload-Digest": sha1(page.answer.body)}
        written.append(record(page.url, http(page.answer), page.at, fields=fields))
    for page, start in zip(pages, member_starts(written), strict=False):
        fields = {"WARC-Refers-To-Filename": "site.warc.gz", "WARC-Refers-To-File-Offset": str(start)}
        fields["WARC-Payload-Digest"] = sha1(page.answer.body)
        later = page.at + timedelta(days=1)
        written.append(record(page.url, http(page.answer, b""), later, kind="revisit", fields=fields))
    return packed(written, folder / "site.warc.gz")


def test_a_revisit_refers_to_the_file_in_its_own_directory(tmp_path: Path) -> None:
    first, second = crawled(tmp_path / "a", PAGES[:7]), crawled(tmp_path / "b", PAGES[7:])
    done = replay(first, second, to=tmp_path / "to")
    assert (done.code, done.stderr) == (0, "")
    assert {each["id"] for each in done.articles()} == IDS
