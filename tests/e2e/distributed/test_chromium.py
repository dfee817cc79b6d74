"""Several workers on a listing that only a browser can follow: one follows it in Chromium, all have the articles."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.distributed.test_shared_delays import TOLERANCE, gaps
from tests.support.commands import QUIET, Serving
from tests.support.worker_group import WorkerGroup
from vokcrawl.sample.views import AJAX_PATH

Grouped = Callable[..., WorkerGroup]


def test_one_worker_follows_the_listing_in_chromium_by_the_delay_of_all(
    serve: Serving, grouped: Grouped, chromium: dict[str, object]
) -> None:
    server = serve(24, more="script")
    group = grouped(server)
    delay = 0.4
    settings = {**QUIET, **chromium, "DOWNLOAD_DELAY": delay, "DOWNLOAD_DELAY_JITTER": 0}
    assert group.crawl(2, settings=settings) == [0, 0]
    group.assert_whole(server)
    [followed] = [each for manifest in group.manifests() for each in manifest["listings"]]
    assert (followed["strategy"], followed["complete"]) == ("browser", True)
    assert len([each for each in server.requests if each.target.startswith(AJAX_PATH)]) == 3
    # What the page in Chromium requests has its turn, too.
    assert min(gaps(server.requests)) >= delay - TOLERANCE
    assert all(crawl.articles() for crawl in group.crawls()[:2])
