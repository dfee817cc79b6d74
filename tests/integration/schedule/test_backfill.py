"""A long first crawl in slices of time: it continues at its position, and says that it is in progress."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import QUIET, Crawling, Serving, asked, scrapy
from tests.support.expected_records import assert_whole

# About a second and a half of pagination.
SLICE = {**QUIET, "VOK_MAX_RUN_MINUTES": 0.025, "DOWNLOAD_DELAY": 0.02, "DOWNLOAD_DELAY_JITTER": 0}


@pytest.mark.parametrize("more", [pytest.param("link", marks=pytest.mark.thorough), "ajax"])
def test_first_crawl_in_slices_delivers_everything_and_calls_nothing_complete_before(
    more: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(200, more=more)
    url = f"{server.url}/article/163/"
    manifests = []
    while not manifests or (manifests[-1]["outcome"] == "backfill in progress" and len(manifests) < 15):
        done = crawl(url, output, settings=SLICE)
        assert done.code == 0, done.stderr
        manifests.append(done.manifest)
        shown = scrapy("status", output=output).stdout
        in_progress = done.manifest["listings"][0]["backfill"]
        assert (f"Backfill of {url}: " in shown) == (in_progress is not None), shown
        assert ("Last complete crawl of" in shown) == (in_progress is None), shown
    assert_whole(done, server.site)
    *slices, last = [manifest["listings"][0] for manifest in manifests]
    assert slices, "the whole listing was read within one slice"
    assert last["complete"]
    assert last["backfill"] is None
    assert not any(each["complete"] for each in slices)
    assert len({each["backfill"]["began_at"] for each in slices}) == 1
    read = [each["backfill"]["entries"] for each in slices]
    assert read == sorted(set(read))
    # An article is fetched once; each run reads robots.txt and the newest pages again.
    articles = [each.target for each in asked(server) if "/newstream/" in each.target]
    assert len(articles) == len(set(articles)) == 200


# Slices as small as they get, and some that are cut by a limit of Scrapy's.
SMALLEST = {**SLICE, "VOK_MAX_RUN_MINUTES": 0.0005, "DOWNLOAD_DELAY": 0}
LIMITED = {**SMALLEST, "VOK_MAX_RUN_MINUTES": 0, "CLOSESPIDER_PAGECOUNT": 60}


@pytest.mark.parametrize(
    ("more", "settings", "code"), [("link", SMALLEST, 0), ("ajax", LIMITED, 10)], ids=["smallest", "limited"]
)
def test_slices_of_any_size_send_little_more_requests_than_one_crawl(
    more: str, settings: dict[str, object], code: int, crawl: Crawling, serve: Serving, tmp_path: Path
) -> None:
    server = serve(160, more=more)
    url = f"{server.url}/article/163/"
    whole = crawl(url, tmp_path / "whole", settings={**settings, "VOK_MAX_RUN_MINUTES": 0, "CLOSESPIDER_PAGECOUNT": 0})
    assert whole.code == 0, whole.stderr
    requests = len(asked(server))
    runs = [crawl(url, tmp_path / "slices", settings=settings)]
    while not runs[-1].manifest["listings"][0]["complete"]:
        assert len(runs) < 10
        runs.append(crawl(url, tmp_path / "slices", settings=settings))
    assert [run.code for run in runs] == [*[code] * (len(runs) - 1), 0]
    assert len(runs) > 2
    assert_whole(runs[-1], server.site)
    assert len(asked(server)) - requests <= 1.1 * requests


def test_backfill_with_since_shows_what_is_left(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(200, more="ajax")
    url, oldest = f"{server.url}/article/163/", min(each["published_on"] for each in server.site.truth()["articles"])
    for _ in range(2):
        done = crawl(url, output, args={"since": oldest}, settings=SLICE)
        assert (done.code, done.manifest["outcome"]) == (0, "backfill in progress"), done.stderr
    backfill = done.manifest["listings"][0]["backfill"]
    assert backfill["estimated_from"] == "date of since"
    # The days of the sample site have about the same number of articles each.
    assert 50 < backfill["entries"] + backfill["entries_left"] < 800
    assert backfill["done_at"] is not None
    shown = f"about {backfill['entries_left']:,} left, estimated from the date of since; complete about"
    assert shown in scrapy("status", output=output).stdout
    assert done.manifest["listings"][0]["complete"] is False
