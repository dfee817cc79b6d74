"""Scrapy's feed exports work beside the delivery and contain the delivered records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.children import run
from tests.support.crawling import Crawl, command, environment
from vokcrawl.items import KINDS

Crawling = Callable[..., Crawl]


def fed(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The records of a feed by kind, in its order."""
    records: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS.values()}
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        records[KINDS[record["schema"]]].append(record)
    return records


def test_a_feed_in_the_settings_contains_the_delivered_records_only(
    crawl: Crawling, serve: Callable[..., Any], output: Path, tmp_path: Path
) -> None:
    server = serve(12)
    feed = {f"{tmp_path}/feeds/%(time)s.jsonl": {"format": "jsonlines", "encoding": "utf8"}}
    settings = {"FEEDS": json.dumps(feed), "VOK_RESCAN_HOURS": 1000}
    done = crawl(f"{server.url}/article/163/", output, settings=settings)
    assert done.code == 0, done.stderr
    (path,) = (tmp_path / "feeds").iterdir()
    assert fed(path) == {"articles": done.articles(), "teasers": done.teasers(), "removals": []}
    assert len(done.articles()) == 12
    path.unlink()
    again = crawl(f"{server.url}/article/163/", output, settings=settings)
    assert again.code == 0, again.stderr
    (path,) = (tmp_path / "feeds").iterdir()
    assert path.read_bytes() == b"", "nothing new, nothing in the feed"


def test_a_feed_on_the_command_line_works_as_in_any_scrapy_project(
    serve: Callable[..., Any], output: Path, tmp_path: Path
) -> None:
    feed = tmp_path / "today.jsonl"
    words = [*command(f"{serve(5).url}/article/163/", output), "-O", str(feed)]
    done = run(words, env=environment())
    assert done.returncode == 0, done.stderr
    crawled = Crawl(done.returncode, done.stdout, done.stderr, output)
    assert fed(feed)["articles"] == crawled.articles()
    assert len(crawled.articles()) == 5


def test_a_failing_feed_does_not_affect_delivery_and_its_password_is_not_stored(
    crawl: Crawling, serve: Callable[..., Any], output: Path
) -> None:
    # Nobody listens on port 1.
    feed = {"ftp://me:hunter2@127.0.0.1:1/vok.jsonl": {"format": "jsonlines"}}
    done = crawl(f"{serve(5).url}/article/163/", output, settings={"FEEDS": json.dumps(feed)})
    assert done.code == 0, done.stderr
    assert len(done.articles()) == 5
    assert all(b"hunter2" not in path.read_bytes() for path in output.rglob("*") if path.is_file())
