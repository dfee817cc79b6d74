"""The retry queue in manifests: bounded, with its size and changes, and found again when the state is rebuilt."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.support.commands import QUIET, T0, Crawling, Serving, faults, known, scrapy

ARTICLES, LISTED = 130, 100


def test_a_long_retry_queue_is_counted_and_only_its_oldest_articles_are_listed(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(ARTICLES)
    url, ids = f"{server.url}/article/163/", [each["id"] for each in server.site.truth()["articles"]]
    for identity in ids:
        server.site.fail(identity, 503, -1)
    settings = {**QUIET, "RETRY_TIMES": 0}
    first = crawl(url, output, settings=settings, at=T0)
    assert first.code == 10, first.stderr
    queue = first.manifest["retry_queue"]
    assert (queue["size"], queue["added"], queue["resolved"], queue["resolved_ids"]) == (ARTICLES, ARTICLES, 0, [])
    assert queue["added_ids"] == sorted(ids)[:LISTED]
    assert len(first.manifest["pending_retries"]) == LISTED

    # A state that is rebuilt knows all of them.
    (output / "state.sqlite3").unlink()
    assert scrapy("repair", "--rebuild-state", output=output).code == 0
    assert {row[0] for row in known(output, "SELECT id FROM retries")} == set(ids)
    assert faults(output) == []

    for identity in ids:
        server.site.fail(identity, 503, 0)
    done = crawl(url, output, settings=settings, at=T0 + timedelta(days=2))
    assert done.code == 0, done.stderr
    assert sorted(each["id"] for each in done.articles()) == sorted(ids)
    assert faults(output) == []
    queue = done.manifest["retry_queue"]
    assert (queue["size"], queue["added"], queue["resolved"], queue["added_ids"]) == (0, 0, ARTICLES, [])
    assert queue["resolved_ids"] == sorted(ids)[:LISTED]
    assert done.manifest["pending_retries"] == []
