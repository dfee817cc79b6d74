"""Several extractors: the day of a page's capture decides which one reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.crawling import command, environment
from tests.support.replaying import replay
from tests.support.warc_captures import AT, packed, records, site_of, whole
from vokcrawl.pages import extractors
from vokcrawl.pages.article import ArticlePage
from vokcrawl.sample import SampleServer

SECOND = "tests.support.second_extractor"
SINCE = datetime(2025, 1, 1, tzinfo=UTC)
# The script stands in the tests' folder, and needs the project.
ENV = {"PYTHONPATH": os.fspath(ROOT)}


def begin(since: datetime) -> tuple[str, ...]:
    return (sys.executable, "-m", SECOND, since.isoformat())


def test_an_old_archive_is_read_by_the_old_extractor_and_a_new_one_by_the_new(tmp_path: Path) -> None:
    site = site_of(12)
    old = packed(records(whole(site, SINCE - timedelta(seconds=5))), tmp_path / "old.warc.gz")
    new = packed(records(whole(site_of(12, seed=7), SINCE + timedelta(days=1))), tmp_path / "new.warc.gz")
    before = replay(old, new, to=tmp_path / "before", begin=begin(datetime(2100, 1, 1, tzinfo=UTC)), env=ENV)
    assert {each["extractor"] for each in before.articles()} == {"kcnawatch-article/2+content"}
    done = replay(old, new, to=tmp_path / "to", begin=begin(SINCE), env=ENV)
    assert done.code == 0
    for each in done.articles():
        # Of the old archive's pages some were captured before, some after the moment itself.
        is_new = each["fetched_at"] >= "2025-01-01T00:00:00Z"
        assert each["extractor"] == ("kcnawatch-article/3+content" if is_new else "kcnawatch-article/2+content")
        assert each["title"].startswith("Second: ") == is_new
    assert len({each["extractor"] for each in done.articles() if each["run_id"].startswith("2024")}) == 2
    teasers = {each["id"]: each for each in done.teasers()}
    assert {each["first_seen_at"] >= "2025" for each in teasers.values()} == {True, False}
    for each in teasers.values():
        assert each["excerpt"].startswith("Second: ") == (each["first_seen_at"] >= "2025")


@pytest.mark.thorough
def test_a_crawl_uses_the_newest_extractor_and_so_does_a_replay_of_its_archive(
    serve: Callable[..., SampleServer], tmp_path: Path
) -> None:
    server = serve(12)
    words = command(f"{server.url}/article/163/", tmp_path / "output")
    given = [*begin(SINCE), *words[3:]]
    subprocess.run(given, cwd=ROOT, env=environment(ENV), capture_output=True, timeout=60, check=True)
    done = replay(to=tmp_path / "to", output=tmp_path / "output", settings={}, begin=begin(SINCE), env=ENV)
    assert {each["extractor"] for each in done.articles()} == {"kcnawatch-article/3+content"}
    result = replay("--diff", to=None, output=tmp_path / "output", settings={}, begin=begin(SINCE), env=ENV)
    assert "articles: 12 the same, 0 would change" in result.stdout


def test_the_reading_of_a_moment_is_the_last_one_that_was_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    first = extractors.EXTRACTORS[0]
    second = extractors.Extractor(AT, ArticlePage, first.teasers, first.more)
    third = extractors.Extractor(AT + timedelta(days=1), ArticlePage, first.teasers, first.more)
    monkeypatch.setattr(extractors, "EXTRACTORS", [first, second, third])
    moments = {-100_000: first, -1: first, 0: second, 86_399: second, 86_400: third, 10**9: third}
    assert {seconds: extractors.extractor_at(AT + timedelta(seconds=seconds)) for seconds in moments} == moments
    assert extractors.extractor_at(datetime(1960, 1, 1, tzinfo=UTC)) is first


def test_extractors_are_ordered_by_date_and_have_unique_names() -> None:
    """So that a record's extractor says which one it was."""
    moments = [each.valid_from for each in extractors.EXTRACTORS]
    assert moments == sorted(set(moments))
    names = [each.article.extractor for each in extractors.EXTRACTORS]
    assert len(set(names)) == len(names)
