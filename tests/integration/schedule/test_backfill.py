"""A long first crawl in slices of time: it continues at its position, and says that it is in progress."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.expected import assert_whole
from tests.support.scheduling import QUIET, Crawling, Serving, asked, scrapy

# About a second and a half of pagination.
SLICE = {**QUIET, "VOK_MAX_RUN_MINUTES": 0.025, "DOWNLOAD_DELAY": 0.02, "DOWNLOAD_DELAY_JITTER": 0}


@pytest.mark.parametrize("more", ["link", "ajax"])
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
