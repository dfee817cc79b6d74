"""A run does not begin on a state that is older or newer than the files beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.commands import QUIET, Crawling, Serving, asked, contents, faults, scrapy
from tests.support.expected_records import assert_whole
from vokcrawl.sample import SampleServer
from vokcrawl.storage.output_folder import run_order


@dataclass
class Backups:
    """An output directory after two runs, and a copy of what it was after the first."""

    output: Path
    first: Path
    server: SampleServer

    @property
    def url(self) -> str:
        return f"{self.server.url}/article/163/"


@pytest.fixture
def backups(crawl: Crawling, serve: Serving, output: Path) -> Backups:
    server = serve(6)
    made = Backups(output, output.with_name("first"), server)
    assert crawl(made.url, output, settings=QUIET).code == 0
    shutil.copytree(output, made.first)
    server.site.publish(2)
    assert crawl(made.url, output, settings=QUIET).code == 0
    server.reset()
    return made


def older_state(backups: Backups) -> str:
    shutil.copy(backups.first / "state.sqlite3", backups.output / "state.sqlite3")
    return "the state does not know this run: it is older than the files"


def older_files(backups: Backups) -> str:
    for name in ("articles", "teasers", "archive", "runs"):
        shutil.rmtree(backups.output / name)
        shutil.copytree(backups.first / name, backups.output / name)
    return "the state is newer than they are"


def without_state(backups: Backups) -> str:
    for path in backups.output.glob("state.sqlite3*"):
        path.unlink()
    return "the state file is missing, but the directory contains delivered records"


def older_teasers(backups: Backups) -> str:
    shutil.rmtree(backups.output / "teasers")
    shutil.copytree(backups.first / "teasers", backups.output / "teasers")
    return "missing, but the state knows it"


def older_archive(backups: Backups) -> str:
    shutil.rmtree(backups.output / "archive")
    shutil.copytree(backups.first / "archive", backups.output / "archive")
    return "missing, but the state knows it"


def without_articles(backups: Backups) -> str:
    shutil.rmtree(backups.output / "articles")
    return "missing, but the state knows it"


def without_manifests(backups: Backups) -> str:
    shutil.rmtree(backups.output / "runs")
    return "missing, but the state knows it"


def shorter_file(backups: Backups) -> str:
    path = max((backups.output / "articles").iterdir(), key=lambda each: run_order(each.stem))
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    return "bytes, but the state says"


def changed_manifest(backups: Backups) -> str:
    path = max((backups.output / "runs").iterdir(), key=lambda each: run_order(each.stem))
    path.write_bytes(path.read_bytes().replace(b'"requests": ', b'"requests":  '))
    return "it is not the manifest that the state knows"


@pytest.mark.parametrize(
    "damage",
    [
        older_state,
        without_state,
        older_files,
        older_teasers,
        older_archive,
        without_articles,
        without_manifests,
        shorter_file,
        changed_manifest,
    ],
)
def test_a_run_is_refused_and_continues_after_the_state_was_rebuilt(
    damage: Callable[[Backups], str], backups: Backups, crawl: Crawling
) -> None:
    reason = damage(backups)
    before = contents(backups.output)
    refused = crawl(backups.url, backups.output, settings=QUIET)
    assert refused.code == 15, refused.stderr
    message = refused.stderr.splitlines()[-1]
    assert reason in message
    assert "scrapy repair --rebuild-state" in message
    assert asked(backups.server) == []
    assert contents(backups.output) == before

    assert scrapy("repair", "--rebuild-state", output=backups.output).code == 0
    done = crawl(backups.url, backups.output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_whole(done, backups.server.site)
    assert faults(backups.output) == [] or damage in (older_teasers, older_archive, without_articles, shorter_file)


def test_a_restored_backup_of_state_and_files_is_continued(backups: Backups, crawl: Crawling) -> None:
    shutil.rmtree(backups.output)
    shutil.copytree(backups.first, backups.output)
    done = crawl(backups.url, backups.output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_whole(done, backups.server.site)
    assert faults(backups.output) == []
