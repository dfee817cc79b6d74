"""The search index is kept up to date, rebuilt if necessary, and never in the way of a crawl."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.children import ROOT
from tests.support.commands import contents, scrapy, wait_for
from tests.support.crawling import environment
from tests.support.written_records import Record, article, identity, removal, words, write_archive
from vokcrawl.errors import StorageError
from vokcrawl.search import index as module
from vokcrawl.search.index import NAME, SearchIndex
from vokcrawl.search.query import find
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.record_files import Line

FIRST, SECOND, THIRD = "2024-03-10T06:00:00Z", "2024-04-10T06:00:00Z", "2024-05-10T06:00:00Z"


def found(archive: Path, *sought: str) -> list[str]:
    """The ids of what is found, and the title of each."""
    index = SearchIndex(OutputFolder(archive))
    with closing(index):
        return sorted(f"{hit.id} {hit.title}" for hit in find(index, sought, limit=1000)[1])


@pytest.fixture
def archive(output: Path) -> Path:
    return write_archive(output, article(0, FIRST, body="pears"), article(1, FIRST, body="pears and plums"))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that the index reads."""
    names: list[str] = []
    genuine = module.read_file

    def reading(path: Path, kind: str) -> Iterator[Line]:
        names.append(f"{kind}/{path.name}")
        return genuine(path, kind)

    monkeypatch.setattr(module, "read_file", reading)
    return names


def test_only_files_that_have_come_since_are_read(archive: Path, read: list[str]) -> None:
    assert len(found(archive, "pears")) == 2
    assert read == ["articles/20240310T060000Z.jsonl"]
    read.clear()
    assert len(found(archive, "pears")) == 2
    assert read == []
    write_archive(archive, article(0, SECOND, body="plums", revision=2), removal(1, SECOND))
    assert found(archive, "pears") == []
    assert found(archive, "plums") == [f"{identity(0)} Title 0"]
    assert read == ["articles/20240410T060000Z.jsonl", "removals/20240410T060000Z.jsonl"]
    write_archive(archive, article(1, THIRD, body="plums", revision=2))
    assert len(found(archive, "plums")) == 2


STEPS = st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=9)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=STEPS, order=st.randoms())
def test_the_index_equals_a_rebuilt_one_whatever_the_order_of_the_files(
    history: list[tuple[int, bool]], order: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    records: list[Record] = []
    revisions = dict.fromkeys(range(3), 0)
    for step, (number, gone) in enumerate(history, 1):
        moment = f"2024-03-{step:02d}T06:00:00Z"
        if gone:
            records.append(removal(number, moment))
        else:
            revisions[number] += 1
            text = f"all word{step}"
            records.append(article(number, moment, revision=revisions[number], body=text, title=f"Step {step}"))
    grown, whole = (tmp_path_factory.mktemp(name) for name in ("grown", "whole"))
    write_archive(whole, *records)
    order.shuffle(records)  # type: ignore[attr-defined]
    for record in records:
        write_archive(grown, record)
        found(grown, "all")
    for sought in ("all", *(f"word{step}" for step in range(1, len(history) + 1))):
        assert found(grown, sought) == found(whole, sought)
    with closing(sqlite3.connect(grown / NAME)) as db:
        # Fails where the full-text index has what the texts have not.
        db.execute("INSERT INTO texts_fts (texts_fts, rank) VALUES ('integrity-check', 1)")


def changed_file(archive: Path) -> None:
    write_archive(archive, article(5, FIRST, body="pears"))


def lost_file(archive: Path) -> None:
    (archive / "articles" / "20240310T060000Z.jsonl").unlink()
    write_archive(archive, article(5, SECOND, body="pears"))


def garbage(archive: Path) -> None:
    (archive / NAME).write_bytes(b"no database" * 1000)


def cut_off(archive: Path) -> None:
    content = (archive / NAME).read_bytes()
    (archive / NAME).write_bytes(content[: len(content) // 2])


def damaged_within(archive: Path) -> None:
    content = bytearray((archive / NAME).read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    (archive / NAME).write_bytes(content)


def emptied(archive: Path) -> None:
    (archive / NAME).write_bytes(b"")


def deleted(archive: Path) -> None:
    (archive / NAME).unlink()


def of_another_version(archive: Path) -> None:
    with closing(sqlite3.connect(archive / NAME)) as db:
        db.execute("PRAGMA user_version=99")
        db.execute("DROP TABLE files")
        db.commit()


HARMS = (changed_file, lost_file, garbage, cut_off, damaged_within, emptied, deleted, of_another_version)


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__.replace("_", " "))
def test_a_damaged_or_outdated_index_is_rebuilt(harm: Callable[[Path], None], archive: Path) -> None:
    found(archive, "pears")
    harm(archive)
    wanted = [f"{identity(5)} Title 5"] if harm in (changed_file, lost_file) else [
        f"{identity(0)} Title 0", f"{identity(1)} Title 1",
    ]  # fmt: skip
    assert found(archive, "pears") == wanted
    index = SearchIndex(OutputFolder(archive))
    with closing(index):
        assert index.persistent
        assert index.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_another_programs_file_is_not_changed_and_the_search_works_all_the_same(archive: Path) -> None:
    with closing(sqlite3.connect(archive / NAME)) as db:
        db.execute("CREATE TABLE precious (value)")
    before = contents(archive)
    done = scrapy("search", "plums", output=archive)
    assert (done.code, done.stdout.splitlines()[-1]) == (0, "1 found")
    assert "using a temporary one for this search" in done.stderr
    assert contents(archive) == before


def test_a_folder_that_may_not_be_written_to_is_searched_all_the_same(archive: Path) -> None:
    archive.chmod(0o500)
    try:
        done = scrapy("search", "plums", output=archive, fault="powerless")
    finally:
        archive.chmod(0o700)
    assert (done.code, done.stdout.splitlines()[-1]) == (0, "1 found")
    assert f"{archive / NAME}: cannot save the index there" in done.stderr
    assert not (archive / NAME).exists()


def test_records_that_may_not_be_read_are_never_taken_for_none(archive: Path) -> None:
    (archive / "articles").chmod(0)
    try:
        done = scrapy("search", "plums", output=archive, fault="powerless")
    finally:
        (archive / "articles").chmod(0o700)
    assert (done.code, done.stdout, done.stderr.count("\n")) == (15, "", 1)
    assert f"{archive / 'articles'}: Permission denied" in done.stderr


def test_an_index_that_is_up_to_date_is_read_where_nothing_may_be_written(archive: Path, read: list[str]) -> None:
    found(archive, "plums")
    archive.chmod(0o500)
    (archive / NAME).chmod(0o400)
    try:
        done = scrapy("search", "plums", output=archive, fault="powerless")
    finally:
        archive.chmod(0o700)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "1 found"


def test_a_damaged_line_is_named_each_time_and_the_rest_is_found(archive: Path) -> None:
    path = archive / "articles" / "20240310T060000Z.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    for _ in range(2):
        done = scrapy("search", "pears", output=archive)
        assert (done.code, done.stdout.splitlines()[-1]) == (0, "1 found")
        assert done.stderr.startswith(f"scrapy search: {path}:2: the line is torn")
        assert done.stderr.endswith("; skipped\n")


def test_what_a_crawl_still_writes_is_not_read(archive: Path) -> None:
    (archive / "articles" / "20240501T060000Z.jsonl.part").write_bytes(b'{"half a li')
    assert len(found(archive, "pears")) == 2


def test_records_that_cannot_be_read_end_with_15(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive / "articles" / "20240310T060000Z.jsonl"
    path.unlink()
    path.mkdir()
    with pytest.raises(StorageError, match="Is a directory"):
        found(archive, "pears")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of which an index takes long enough to be broken off."""
    many = (article(number, FIRST, body=f"pears {words(number, 60)}") for number in range(3_000))
    return write_archive(tmp_path_factory.mktemp("large") / "output", *many)


def searching(archive: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "scrapy", "search", "pears", "--limit", "1", "-s", f"VOK_OUTPUT_DIR={archive}"]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)


def test_two_searches_that_find_no_index_both_answer(large: Path) -> None:
    (large / NAME).unlink(missing_ok=True)
    with searching(large) as one, searching(large) as other:
        for process in (one, other):
            said, _ = process.communicate(timeout=60)
            assert (process.returncode, said.splitlines()[-1]) == (0, "3000 found, 1 shown; use --limit for more")


def test_a_kill_while_the_index_is_made_costs_nothing_but_the_index(large: Path) -> None:
    (large / NAME).unlink(missing_ok=True)
    with searching(large) as process:
        wait_for(large.joinpath(f"{NAME}-journal").exists, process)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    assert len(found(large, "pears")) == 1000
