"""Scrapy's feed exports work beside the delivery and contain the delivered records."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_all_columns_of_its_records_and_json_those_that_a_filter_accepts(
    crawl: Crawling, serve: Callable[..., Any], output: Path, tmp_path: Path
) -> None:
    (tmp_path / "my_filter.py").write_text(
        "class First:\n"
        "    def __init__(self, options):\n"
        "        pass\n"
        "    def accepts(self, item):\n"
        "        return item.get('position') == 1\n"
    )
    mixed, articles, models, first = (
        tmp_path / name for name in ("all.csv", "articles.csv", "models.csv", "first.json")
    )
    feeds = {
        str(mixed): {"format": "csv"},
        str(articles): {"format": "csv", "item_classes": ["vokcrawl.items.ArticleItem"]},
        str(models): {"format": "csv", "item_classes": ["vokcrawl.items.Article"]},
        str(first): {"format": "json", "item_filter": "my_filter.First"},
    }
    done = crawl(
        f"{serve(12).url}/article/163/",
        output,
        settings={"FEEDS": json.dumps(feeds)},
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert done.code == 0, done.stderr
    bodies = {each["id"]: each["body"] for each in done.articles()}
    for path in (articles, models):
        assert {row["id"]: row["body"] for row in rows(path)} == bodies
        assert list(rows(path)[0]) == list(done.articles()[0])
    both = rows(mixed)
    assert {row["id"]: row["body"] for row in both if row["schema"] == "vokcrawl.article/1"} == bodies
    excerpts = {row["id"]: row["excerpt"] for row in both if row["schema"] == "vokcrawl.teaser/1"}
    assert excerpts == {each["id"]: each["excerpt"] or "" for each in done.teasers()}
    assert json.loads(first.read_text()) == [each for each in done.teasers() if each["position"] == 1]


def test_a_feed_that_cannot_be_written_makes_the_run_incomplete_and_nothing_else(
    crawl: Crawling, serve: Callable[..., Any], output: Path
) -> None:
    feeds = {
        # Nobody listens on port 1.
        "ftp://me:hunter2@127.0.0.1:1/vok.jsonl": {"format": "jsonlines"},
        "/proc/no/such/folder/vok.csv": {"format": "csv"},
    }
    done = crawl(f"{serve(5).url}/article/163/", output, settings={"FEEDS": json.dumps(feeds)})
    assert done.code == 10, done.stderr
    assert len(done.articles()) == 5
    failed = ["ftp://…@127.0.0.1:1/vok.jsonl", "/proc/no/such/folder/vok.csv"]
    assert sorted(done.manifest["errors"]["feed_failed"]["examples"]) == sorted(failed)
    assert done.manifest["listings"][0]["complete"]
    assert "Traceback" not in done.stderr
    for uri in failed:
        assert done.stderr.count(f"FEEDS: {uri} could not be written") == 1
    assert all(b"hunter2" not in path.read_bytes() for path in output.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("feeds", "said"),
    [
        ({"a.foo": {}}, "FEEDS: a.foo: cannot be exported: Unknown feed format: foo"),
        ({"a.csv": {"item_classes": ["scrapy.Item"]}}, "item_classes: no record is one of them; use vokcrawl.items."),
        ({"a.csv": {"item_filter": "nosuch.Filter"}}, "FEEDS: 'nosuch.Filter' cannot be loaded: No module named"),
        ({"%(day)s.csv": {}}, "FEEDS: %(day)s.csv: a placeholder has no value ('day'); use %(time)s, "),
    ],
)
def test_a_feed_that_no_record_or_format_fits_is_refused_before_the_run(
    feeds: dict[str, Any], said: str, crawl: Crawling, output: Path
) -> None:
    done = crawl("http://127.0.0.1:1/article/163/", output, settings={"FEEDS": json.dumps(feeds)})
    assert done.code == 2
    assert said in done.stderr.strip().splitlines()[-1]
    assert not output.exists()
