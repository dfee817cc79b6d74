"""Output directories of earlier versions: read as they are, and continued without delivering anything twice."""

from __future__ import annotations

import json
import os
import sqlite3
import tarfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.commands import QUIET, Crawling, Serving, contents, faults, records_of, scrapy
from vokcrawl.errors import StateError
from vokcrawl.storage.manifest import SCHEMA
from vokcrawl.storage.state import sqlite_schema
from vokcrawl.storage.state.sqlite import SqliteState

OLD = sorted((ROOT / "tests" / "fixtures" / "outputs").glob("*.tar.gz"))
# The second run was killed; these had been committed.
COMMITTED = {"articles": 5, "teasers": 10}
# Before a check or a retry is due: their stored URLs are those of another server.
SOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture(params=OLD, ids=lambda path: path.name.removesuffix(".tar.gz"))
def old(request: pytest.FixtureRequest, output: Path) -> Path:
    """A copy of an old output directory."""
    with tarfile.open(request.param) as archive:
        archive.extractall(output.parent, filter="data")
    assert output.name == "output"
    return output


def version_of(state: Path) -> int:
    with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def test_there_is_one_of_each_state_version() -> None:
    assert [path.name for path in OLD] == ["first-commit.tar.gz", "state-1.tar.gz", "state-2.tar.gz"]


def test_read_only_commands_understand_it_and_leave_it_as_it_is(old: Path) -> None:
    version = version_of(old / "state.sqlite3")
    before = records_of(old)
    done = scrapy("status", "--json", output=old)
    assert done.code == 0, done.stderr
    status = json.loads(done.stdout)
    assert (status["articles"], status["teasers"], status["runs"]) == (15, 22, 2)
    assert status["last_run"]["outcome"] == "crashed"
    assert sorted(each["reason"] for each in status["pending_retries"]) == ["gone", "not_found"]
    assert [each["source"] for each in status["listings"]] == ["Voice of Korea (EN)"]
    assert records_of(old) == before
    assert version_of(old / "state.sqlite3") == version < sqlite_schema.VERSION


def test_verify_finds_no_faults(old: Path) -> None:
    before = records_of(old)
    done = scrapy("verify", output=old)
    assert done.code == 0, done.stdout
    assert "1 manifest, 2 files, 22 records" in done.stdout
    assert records_of(old) == before


def test_the_next_crawl_recovers_the_crashed_run_and_delivers_nothing_twice(
    old: Path, crawl: Crawling, serve: Serving
) -> None:
    before = records_of(old)
    done = crawl(f"{serve(24).url}/article/163/", old, settings=QUIET, at=SOON)
    assert done.code == 0, done.stderr
    assert version_of(old / "state.sqlite3") == sqlite_schema.VERSION
    after = records_of(old)
    for name, content in before.items():
        assert after[name.removesuffix(".part")].startswith(content) or name.endswith(".part"), name
    recovered = json.loads(sorted((old / "runs").glob("*.json"))[1].read_bytes())
    assert (recovered["schema"], recovered["outcome"], recovered["counts"]) == (SCHEMA, "crashed", COMMITTED)
    # Two articles are in the retry queue, and not due.
    for kind, number in (("articles", 22), ("teasers", 24)):
        ids = Counter(each["id"] for each in done.records(kind))
        assert len(ids) == number
        assert set(ids.values()) == {1}
    assert faults(old) == []


def die_behind(
    table: str, create: Callable[[sqlite3.Connection, str], None], db: sqlite3.Connection, name: str
) -> None:
    create(db, name)
    if name == table:
        os._exit(9)


def test_a_state_that_was_killed_in_the_middle_of_its_migration_is_migrated_by_the_next_run(old: Path) -> None:
    state = old / "state.sqlite3"
    version = version_of(state)
    for table in ("runs", "articles", "payloads"):
        child = os.fork()
        if child == 0:
            sqlite_schema._create = partial(die_behind, table, sqlite_schema._create)
            SqliteState.open(state, expected=True)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        assert version_of(state) == version
    opened = SqliteState.open(state, expected=True)
    assert [len(opened.runs()), opened.count_teasers(), len(opened.pending_retries())] == [2, 22, 2]
    opened.close()
    assert version_of(state) == sqlite_schema.VERSION


def test_a_state_that_cannot_be_migrated_is_refused_and_stays_as_it_is(old: Path) -> None:
    state = old / "state.sqlite3"
    with closing(sqlite3.connect(state)) as db:
        db.executescript("ALTER TABLE owed DROP COLUMN attempts; PRAGMA wal_checkpoint(TRUNCATE);")
        dump = list(db.iterdump())
    version = version_of(state)
    for read_only in (True, False):
        with pytest.raises(StateError) as error:
            SqliteState.open(state, expected=True, read_only=read_only)
        assert "cannot be migrated" in str(error.value)
        assert "repair --rebuild-state" in str(error.value)
    with closing(sqlite3.connect(state)) as db:
        assert list(db.iterdump()) == dump
    assert version_of(state) == version
    done = scrapy("crawl", "vok", output=old)
    assert done.code == 15
    assert "cannot be migrated" in done.stderr.splitlines()[-1]
    rebuilt = scrapy("repair", "--rebuild-state", output=old)
    assert rebuilt.code == 0, rebuilt.stderr
    assert scrapy("verify", output=old).code == 0


def test_a_damaged_old_manifest_is_named_with_its_missing_key(old: Path) -> None:
    (path,) = (old / "runs").glob("*.json")
    manifest = json.loads(path.read_bytes())
    del manifest["files"]
    path.write_text(json.dumps(manifest))
    done = scrapy("verify", output=old)
    assert done.code == 15
    assert f"{path}: not a valid manifest: the keys files are missing" in done.stdout
    assert contents(old)
