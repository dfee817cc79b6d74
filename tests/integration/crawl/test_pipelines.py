"""Pipelines and components of other projects: records that they drop are counted and retried by the next run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.commands import QUIET, T0
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_same, assert_whole
from vokcrawl.sample import SampleServer
from vokcrawl.settings import base

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

LISTING = "/article/163/"

FOREIGN = """
from pathlib import Path
from scrapy.exceptions import DropItem

TO_DROP = {to_drop!r}

class Foreign:
    def process_item(self, item):
        with Path(__file__).with_name("seen").open("a") as seen:
            seen.write(item["schema"] + "\\n")
        if [item["schema"].partition(".")[2].partition("/")[0], item["id"]] in TO_DROP:
            {action}
        return item
"""
RAISE_DROP, RAISE_ERROR = 'raise DropItem("not wanted here")', 'raise RuntimeError("broken")'


@pytest.fixture
def foreign(tmp_path: Path) -> Callable[..., dict[str, dict[str, object]]]:
    """Settings and environment of a crawl with one more pipeline, which drops the given records."""

    def make(place: int, to_drop: list[list[str]], action: str = RAISE_DROP) -> dict[str, dict[str, object]]:
        (tmp_path / "foreign_pipeline.py").write_text(FOREIGN.format(to_drop=to_drop, action=action))
        pipelines = {**base.ITEM_PIPELINES, "foreign_pipeline.Foreign": place}
        return {
            "settings": {**QUIET, "ITEM_PIPELINES": json.dumps(pipelines)},
            "env": {"PYTHONPATH": str(tmp_path)},
        }

    return make


BEFORE, BEHIND = 50, 900


@pytest.mark.parametrize("place", [BEFORE, 350, BEHIND])
def test_a_foreign_pipeline_that_drops_nothing_changes_nothing(
    place: int, crawl: Crawling, serve: Serving, output: Path, foreign: Callable[..., dict[str, object]], tmp_path: Path
) -> None:
    server = serve(12)
    done = crawl(server.url + LISTING, output, **foreign(place, []))
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
    assert (tmp_path / "seen").read_text()


@pytest.mark.parametrize(("action", "reason"), [(RAISE_DROP, "dropped_by_pipeline"), (RAISE_ERROR, "pipeline_error")])
@pytest.mark.parametrize("kind", ["article", "teaser"])
@pytest.mark.parametrize("place", [BEFORE, 350])
def test_a_record_lost_in_a_foreign_pipeline_makes_the_run_incomplete_and_comes_with_the_next(
    place: int,
    kind: str,
    action: str,
    reason: str,
    crawl: Crawling,
    serve: Serving,
    output: Path,
    foreign: Callable[..., dict[str, object]],
) -> None:
    server = serve(25)
    expected = server.site.truth()[kind + "s"]
    # Not on the first page: a run that stops there would never meet it again.
    lost = expected[-1]["id"]
    done = crawl(server.url + LISTING, output, **foreign(place, [[kind, lost]], action), at=T0)
    assert done.code == 10, done.stderr
    assert done.errors[reason] == 1
    assert lost in done.manifest["errors"][reason]["examples"][0]
    assert "Traceback" not in done.stderr
    if action == RAISE_ERROR:
        (said,) = (line for line in done.stderr.splitlines() if "A pipeline raised RuntimeError: broken (" in line)
        assert lost in said
        assert said.endswith("; the record is not delivered, and the next run requests it again")
    assert not any(listing["complete"] for listing in done.manifest["listings"])
    assert_same(done.records(kind + "s"), [each for each in expected if each["id"] != lost])

    after = crawl(server.url + LISTING, output, settings=QUIET, at=T0 + timedelta(days=1))
    assert after.code == 0, after.stderr
    assert_whole(after, server.site)


def test_a_record_that_was_written_before_a_foreign_pipeline_drops_it_is_delivered(
    crawl: Crawling, serve: Serving, output: Path, foreign: Callable[..., dict[str, object]]
) -> None:
    server = serve(12)
    to_drop = [[kind, server.site.truth()[kind + "s"][3]["id"]] for kind in ("article", "teaser")]
    done = crawl(server.url + LISTING, output, **foreign(BEHIND, to_drop))
    assert done.code == 0, done.stderr
    assert "dropped_by_pipeline" not in done.errors
    assert_whole(done, server.site)


REFUSED = {
    "a cache": ({"HTTPCACHE_ENABLED": 1}, "HTTPCACHE_ENABLED: must not be enabled"),
    "a downloader that does not wait": (
        {"DOWNLOADER": "scrapy.core.downloader.Downloader"},
        "DOWNLOADER: 'scrapy.core.downloader.Downloader' is not vokcrawl.downloader.downloader.PausingDownloader or a "
        "subclass of it, which waits as long as the site asks for; omit the setting",
    ),
    "a limit of the depth": ({"DEPTH_LIMIT": 3}, "DEPTH_LIMIT: is not supported: "),
    "a filter that lets repeats pass": (
        {"DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter"},
        "DUPEFILTER_CLASS: 'scrapy.dupefilters.BaseDupeFilter' is not supported",
    ),
    "stats that are not kept": (
        {"STATS_CLASS": "scrapy.statscollectors.DummyStatsCollector"},
        "STATS_CLASS: 'scrapy.statscollectors.DummyStatsCollector' is not "
        "scrapy.statscollectors.MemoryStatsCollector or a subclass of it; omit the setting",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_setting_that_would_make_the_archive_untrue_is_refused(
    case: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    given, said = REFUSED[case]
    server = serve(3)
    done = crawl(server.url + LISTING, output, settings=given)
    assert done.code == 2, done.stderr
    assert said in done.stderr.strip().splitlines()[-1]
    assert server.requests == []
    assert not output.exists()
