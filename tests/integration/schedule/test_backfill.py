"""A long first crawl in slices of time: it continues at its position, and says that it is in progress."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.expected import assert_whole
from tests.support.scheduling import QUIET, Crawling, Serving, asked

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
