"""A damaged, foreign or inaccessible state is reported, and nothing is harmed."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.commands import (
    QUIET,
    T0,
    Crawling,
    Serving,
    asked,
    change_state,
    contents,
    crawl_with_fault,
    faults,
    log_of,
    records_of,
    scrapy,
)
from tests.support.crawling import run_crawl
from tests.support.expected_records import assert_whole
from vokcrawl.sample import SampleServer, SampleSite
from vokcrawl.storage.output_folder import in_run_order


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one run left."""
    output = tmp_path_factory.mktemp("archive") / "output"
    with SampleServer(SampleSite(5, faults=())) as server:
        assert run_crawl(f"{server.url}/article/163/", output, settings=QUIET).code == 0
    return output


@pytest.fixture
def folder(archive: Path, output: Path) -> Path:
    """A copy of it, to be harmed."""
    shutil.copytree(archive, output)
    return output


def damaged_head(state: Path) -> str:
    state.write_bytes(b"\x00" * 100 + state.read_bytes()[100:])
    return "damaged"


def damaged_pages(state: Path) -> str:
    content = state.read_bytes()
    state.write_bytes(content[:1000] + b"\xff" * (len(content) - 1000))
    return "damaged"


def cut_short(state: Path) -> str:
    state.write_bytes(state.read_bytes()[:5000])
    return "damaged"


def empty(state: Path) -> str:
    state.write_bytes(b"")
    return "is empty, but the directory contains delivered records"


def missing(state: Path) -> str:
    state.unlink()
    return "is missing, but the directory contains delivered records"


def no_database(state: Path) -> str:
    state.write_text("Dear diary, today I wrote a file of quite another kind. " * 20, encoding="utf-8")
    return "damaged"


def another_programs(state: Path) -> str:
    state.unlink()
    with closing(sqlite3.connect(state)) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
        db.commit()
    return "another program's"


def without_tables(state: Path) -> str:
    state.unlink()
    with closing(sqlite3.connect(state)) as db:
        db.execute("PRAGMA user_version = 1")
    return "is empty, but the directory contains delivered records"


def without_runs(state: Path) -> str:
    """As a new state is, before its first run."""
    change_state(state.parent, "DELETE FROM runs")
    return "is empty, but the directory contains delivered records"


def of_a_newer_version(state: Path) -> str:
    with closing(sqlite3.connect(state)) as db:
        db.execute("PRAGMA user_version = 99")
    return "made by a newer vokcrawl (state version 99"


def damaged_statement(state: Path) -> str:
    """A byte that is not UTF-8 in a statement that SQLite compiles when it opens the file, and so in its message."""
    with closing(sqlite3.connect(state)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = state.read_bytes()
    place = content.index(b"CREATE TABLE articles") + len("CREATE T")
    state.write_bytes(content[:place] + b"\xcc" + content[place + 1 :])
    return "the state holds an invalid value"


def a_folder(state: Path) -> str:
    state.unlink()
    state.mkdir()
    return "state.sqlite3"


HARMS = (
    damaged_head,
    damaged_pages,
    cut_short,
    empty,
    missing,
    no_database,
    another_programs,
    without_tables,
    without_runs,
    of_a_newer_version,
    damaged_statement,
    a_folder,
)


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__.replace("_", " "))
def test_a_state_that_cannot_be_trusted_ends_the_run_with_15_before_a_request_and_stays_as_it_is(
    harm: Callable[[Path], str], folder: Path, crawl: Crawling, serve: Serving
) -> None:
    words = harm(folder / "state.sqlite3")
    before = contents(folder, but=(".lock", ".holder.json", "health.json"))
    server = serve(5)
    done = crawl(f"{server.url}/article/163/", folder, settings=QUIET)
    assert done.code == 15, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert (words in last, str(folder / "state.sqlite3") in last) == (True, True), last
    assert "Traceback" not in done.stderr
    assert server.requests == []
    assert contents(folder, but=(".lock", ".holder.json", "health.json")) == before


LOCKING = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA locking_mode = EXCLUSIVE")
db.execute("BEGIN EXCLUSIVE")
db.execute("UPDATE runs SET outcome = outcome")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def locked(folder: Path) -> Iterator[Path]:
    """Locked by another process; one of this process would end as soon as the file is read here."""
    words = [sys.executable, "-c", LOCKING, str(folder / "state.sqlite3")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        yield folder
        process.communicate()


def test_a_state_that_another_program_has_locked_ends_the_run_with_15(
    locked: Path, crawl: Crawling, serve: Serving
) -> None:
    before = records_of(locked)
    server = serve(5)
    done = crawl(f"{server.url}/article/163/", locked, settings=QUIET)
    assert done.code == 15, done.stderr
    assert "another program has locked the state file; close it and run again" in done.stderr.splitlines()[-1]
    assert server.requests == []
    assert records_of(locked) == before


def test_unfinished_files_that_no_run_knows_are_moved_to_quarantine(
    folder: Path, crawl: Crawling, serve: Serving
) -> None:
    server = serve(3)
    part = folder / "articles" / "20200101T000000Z.jsonl.part"
    part.write_bytes(b'{"schema":"vokcrawl.article/0"}\n{"sch')
    before = records_of(folder)
    done = crawl(f"{server.url}/article/163/", folder, settings=QUIET)
    assert done.code == 0, done.stderr
    (quarantined,) = (folder / "quarantine").iterdir()
    assert quarantined.read_bytes() == before.pop("articles/20200101T000000Z.jsonl.part")
    assert f"{part} belongs to no run in the state; moved to {quarantined}" in done.stderr
    after = records_of(folder)
    assert {name: after[name] for name in before} == before
    assert faults(folder) == []


def test_an_unfinished_file_that_has_lost_committed_bytes_is_not_taken_for_whole(
    folder: Path, crawl: Crawling, serve: Serving
) -> None:
    """As if the run had died, and then the disk had lost something."""
    (path,) = (folder / "articles").iterdir()
    shutil.rmtree(folder / "runs")
    change_state(folder, "UPDATE runs SET ended_at = NULL, outcome = NULL, manifest_sha256 = NULL")
    part = path.rename(path.with_name(path.name + ".part"))
    part.write_bytes(part.read_bytes()[:-100])
    before = part.read_bytes()
    server = serve(3)
    done = crawl(f"{server.url}/article/163/", folder, settings=QUIET)
    assert done.code == 15, done.stderr
    assert f"{part}: {len(before)} bytes, but {len(before) + 100} were committed" in done.stderr
    assert part.read_bytes() == before
    verified = scrapy("verify", output=folder)
    assert verified.code == 15
    assert f"{part}: {len(before)} bytes, but {len(before) + 100} were committed" in verified.stdout
    # The way out that the message names.
    assert scrapy("repair", "--rebuild-state", output=folder).code == 0
    assert faults(folder) == []


def test_a_hole_in_the_chain_of_manifests_stops_no_run_and_is_named_by_verify(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(5)
    url = f"{server.url}/article/163/"
    for _ in range(3):
        assert crawl(url, output, settings=QUIET).code == 0
    _, hole, last = in_run_order((output / "runs").iterdir())
    hole.unlink()
    server.site.publish()
    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
    unnamed = output / "archive" / f"{hole.stem}.warc.gz"
    assert faults(output) == [
        f"{last}: the previous manifest, of run {hole.stem}, is missing",
        f"{unnamed}: no manifest names this file",
    ]


def test_a_clock_that_was_set_back_is_reported_and_loses_nothing(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(45)
    url, settings = f"{server.url}/article/163/", {"VOK_RECHECK_DAYS": ""}
    # The first run's clock is ten years fast.
    fast = T0 + timedelta(days=3650)
    assert crawl(url, output, settings=settings, at=fast).code == 0
    server.site.publish(2)
    late = server.site.publish_late(days=3)
    done = crawl(url, output, settings=settings, at=T0)
    assert done.code == 0, done.stderr
    assert "The clock says 2030-01-01T06:00:0" in done.stderr
    assert "was it set back?" in done.stderr
    assert [each["started_at"][:4] for each in done.manifests()] == ["2039", "2030"]
    # The rescan is not postponed until the clock reaches the earlier time again.
    assert done.manifest["listings"][0]["rescan"]
    assert late in {each["id"] for each in done.articles()}
    assert_whole(done, server.site)
    server.reset()
    idle = crawl(url, output, settings=settings, at=T0 + timedelta(hours=1))
    assert (idle.code, idle.manifest["outcome"], len(asked(server))) == (0, "nothing new", 1)
    assert faults(output) == []


def test_a_folder_that_may_not_be_written_ends_the_run_with_15_and_says_so(serve: Serving, output: Path) -> None:
    server = serve(3)
    output.mkdir(mode=0o555)
    assert crawl_with_fault("powerless", f"{server.url}/article/163/", output) == 15
    log = log_of(output).read_text(encoding="utf-8")
    last = log.strip().splitlines()[-1]
    assert (
        f"{output}: Permission denied; give this user the right to read and write there, or set VOK_OUTPUT_DIR" in last
    )
    assert "Traceback" not in log
    assert server.requests == []
