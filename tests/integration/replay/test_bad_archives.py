"""Invalid arguments and archives are refused with one line each, before anything is written; the rest is read."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from tests.support.commands import contents
from tests.support.replaying import replay
from tests.support.warc_captures import HOST, http, packed, record, records, site_of, whole

SITE = site_of(11)
NOTHING = "no archive: neither a file, nor the id of a run that has one in output/sample/archive"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return packed(records(whole(SITE)), tmp_path / "site.warc.gz")


@pytest.fixture
def delivered(archive: Path, tmp_path: Path) -> Path:
    """An output folder with records, though no crawl has written them."""
    done = replay(archive, to=tmp_path / "delivered")
    assert done.code == 0
    return done.output


def test_a_path_that_does_not_exist_is_named_and_the_rest_is_read(archive: Path, tmp_path: Path) -> None:
    done = replay(tmp_path / "missing.warc.gz", archive, "20200101T000000Z", to=tmp_path / "to")
    assert done.code == 10
    assert done.faults == [
        f"{tmp_path}/missing.warc.gz: {NOTHING}",
        f"20200101T000000Z: {NOTHING}",
    ]
    assert len(done.articles()) == 11


WRONG = {
    "empty.warc.gz": (b"", "it is empty"),
    "text.warc.gz": (b"hello, this is a text\n" * 50, "it is not a WARC file"),
    "text.gz": (gzip.compress(b"hello, this is a text\n" * 50), "it is a compressed file without WARC records"),
    "picture.warc": (b"\x89PNG\r\n\x1a\n" + bytes(100), "it is not a WARC file"),
    "crawl.wacz": (
        b"PK\x03\x04" + bytes(100),
        "it is not a valid WACZ file",
    ),
    "torn.warc.gz": (gzip.compress(b"WARC/1.1\r\n")[:9], "no record could be read in it"),
}


def test_files_that_are_no_archives_are_named_and_the_rest_is_read(archive: Path, tmp_path: Path) -> None:
    for name, (content, _) in WRONG.items():
        (tmp_path / name).write_bytes(content)
    done = replay(*(tmp_path / name for name in WRONG), archive, to=tmp_path / "to")
    assert done.code == 10
    assert len(done.faults) == len(WRONG)
    for said, (name, (_, fault)) in zip(done.faults, WRONG.items(), strict=True):
        assert said.startswith(f"{tmp_path / name}: ")
        assert fault in said
    assert len(done.articles()) == 11
    alone = replay(tmp_path / "empty.warc.gz", to=tmp_path / "alone")
    assert alone.code == 2
    assert "there is no archive that could be read" in alone.faults[-1]
    assert not (tmp_path / "alone").exists()


def test_an_archive_of_another_site_is_named_with_what_it_holds(archive: Path, tmp_path: Path) -> None:
    done = replay(archive, to=tmp_path / "to", settings={"VOK_START_URLS": "https://elsewhere.example/newstream/"})
    assert done.code == 10
    assert done.faults == [
        f"{archive}: it contains no response of elsewhere.example, but: site.example (13); "
        "if that is the site, name it in VOK_START_URLS"
    ]
    assert done.manifest["replay"]["skipped"] == {"site.example": 13}


def test_without_any_archive_it_says_where_it_looked(tmp_path: Path) -> None:
    done = replay(to=tmp_path / "to", output=tmp_path / "nothing")
    assert (done.code, done.faults) == (2, [f"{tmp_path}/nothing/archive: there is no archive that could be read"])
    assert not (tmp_path / "to").exists()


def test_a_folder_that_holds_a_crawl_is_refused_and_left_as_it_is(
    archive: Path, delivered: Path, tmp_path: Path
) -> None:
    before = contents(delivered)
    for output in (tmp_path / "other", delivered):
        done = replay(archive, "--to", delivered, to=None, output=output)
        assert done.code == 2
        assert f"--to: {delivered} " in done.stderr
    for inside in ("archive", "articles", "runs/x"):
        done = replay(archive, "--to", delivered / inside, to=None, output=delivered)
        assert (done.code, "contains the files of the crawl" in done.stderr) == (2, True)
    assert contents(delivered) == before
    # Also where only the state is left of it, or under another name.
    link = tmp_path / "link"
    link.symlink_to(delivered)
    assert replay(archive, "--to", link, to=None, output=delivered).code == 2
    for name in ("articles", "teasers", "runs"):
        shutil.rmtree(delivered / name)
    assert replay(archive, "--to", delivered, to=None, output=tmp_path / "other").code == 2


def test_a_folder_that_is_not_empty_and_a_file_are_refused(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear", encoding="utf-8")
    done = replay(archive, to=tmp_path / "full")
    assert (done.code, done.faults) == (2, [f"--to: {tmp_path}/full is not empty; give a new or empty directory"])
    done = replay(archive, to=archive)
    assert (done.code, done.faults) == (2, [f"--to: {archive} is a file; give a directory"])
    assert [each.name for each in (tmp_path / "full").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("workers", ["0", "many", "1000"])
def test_a_wrong_number_of_workers(workers: str, archive: Path, tmp_path: Path) -> None:
    done = replay(archive, f"--workers={workers}", to=tmp_path / "to")
    assert (done.code, done.faults) == (2, [f"--workers: {workers!r} is not a whole number from 1 to 256"])


def test_just_one_thing_is_done_at_a_time(archive: Path, tmp_path: Path) -> None:
    for options in ((), ("--diff", "--to", tmp_path / "to")):
        done = replay(archive, *options, to=None)
        assert (done.code, done.faults) == (2, ["give either --to DIR or --diff"])


def test_nothing_to_compare_with(archive: Path, tmp_path: Path) -> None:
    done = replay(archive, "--diff", to=None, output=tmp_path / "nothing")
    assert done.code == 2
    assert "contains no output of a run" in done.stderr


def test_pages_that_are_read_without_their_fields_are_a_12(tmp_path: Path) -> None:
    """As after a crawl: fewer articles than `VOK_MIN_COVERAGE` asks for have a field."""
    site = site_of(25)
    archive = packed(records(whole(site)), tmp_path / "a.warc.gz")
    start = {"VOK_START_URLS": f"{HOST}/article/163/"}
    done = replay(archive, to=tmp_path / "to", settings={**start, "VOK_MIN_COVERAGE": "images=0.99"})
    assert (done.code, done.faults) == (12, ["below VOK_MIN_COVERAGE: images"])
    assert len(done.articles()) == 25


def test_a_folder_that_cannot_be_written_is_a_15(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    done = replay(archive, to=tmp_path / "file" / "to")
    assert done.code == 15
    assert str(tmp_path / "file" / "to") in done.faults[0]


def test_an_empty_name_of_a_folder_is_named(archive: Path) -> None:
    done = replay(archive, "--to", "", to=None)
    assert (done.code, done.faults) == (2, ["--to: must not be empty; give a directory"])


def test_json_goes_with_diff_alone(archive: Path, tmp_path: Path) -> None:
    done = replay(archive, "--json", to=tmp_path / "to")
    assert (done.code, done.faults) == (2, ["--json needs --diff"])
    assert not (tmp_path / "to").exists()


def test_a_folder_without_archives_is_not_called_missing(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = replay(tmp_path / "empty", archive, to=tmp_path / "to")
    assert (done.code, done.faults) == (10, [f"{tmp_path}/empty: this directory contains no WARC or WACZ file"])


def test_a_revisit_without_a_digest_is_named_with_the_place_that_it_refers_to(tmp_path: Path) -> None:
    page = whole(SITE)[1]
    place = {"WARC-Refers-To-Filename": "gone.warc.gz", "WARC-Refers-To-File-Offset": "517"}
    revisit = record(page.url, http(page.answer, b""), kind="revisit", fields=place)
    done = replay(packed([*records(whole(SITE)), revisit], tmp_path / "a.warc.gz"), to=tmp_path / "to")
    assert done.code == 10
    assert "(gone.warc.gz at 517) that is in none of the given archives" in done.faults[0]
