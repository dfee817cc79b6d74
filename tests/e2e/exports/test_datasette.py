"""A real Datasette server opens the SQLite export and answers queries over its JSON API."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.support.servers import free_port, serving
from tests.support.written_records import Record, exported, identity, write_archive

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory, records: list[Record]) -> Iterator[Ask]:
    """`ask(path, **query)` gives what Datasette answers as JSON."""
    folder = tmp_path_factory.mktemp("datasette")
    exported(write_archive(folder / "output", *records), folder / "archive.sqlite")
    port = free_port()
    command = [sys.executable, "-m", "datasette", "serve", "--immutable", "archive.sqlite", "--port", str(port)]
    environment = {**os.environ, "HOME": str(folder)}
    url = f"http://127.0.0.1:{port}"

    def answer(path: str, **query: object) -> Any:
        with urlopen(f"{url}{path}?{urlencode({'_shape': 'objects', **query})}") as found:  # noqa: S310  our own server
            return json.load(found)

    with serving(command, f"{url}/-/versions.json", folder / "log", cwd=folder, env=environment):
        yield answer


def test_datasette_shows_tables_and_views_with_full_text_search(ask: Ask) -> None:
    result = ask("/archive.json")
    tables = {table["name"]: table for table in result["tables"] if not table["hidden"]}
    assert {name: table["count"] for name, table in tables.items()} == {"articles": 9, "teasers": 6, "removals": 2}
    assert tables["articles"]["fts_table"] == "articles_fts"
    assert {view["name"] for view in result["views"]} == {"current", "revisions", "removed"}


def test_datasette_searches_articles(ask: Ask) -> None:
    rows = ask("/archive/articles.json", _search="changed again")["rows"]
    assert [(row["id"], row["revision"]) for row in rows] == [(identity(0), 3)]


def test_datasette_searches_current_articles_as_documented(ask: Ask) -> None:
    page = (Path(__file__).parents[3] / "docs" / "exports.md").read_text(encoding="utf-8")
    assert "/current?_fts_table=articles_fts&_fts_pk=number&_search=WORDS" in page
    rows = ask("/archive/current.json", _fts_table="articles_fts", _fts_pk="number", _search="changed")["rows"]
    assert [(row["id"], row["revision"]) for row in rows] == [(identity(0), 3)]


def test_datasette_shows_revisions_and_removals(ask: Ask) -> None:
    revised = ask("/archive/revisions.json", _sort="revision")["rows"]
    assert len(revised) == 3
    assert (revised[-1]["title_before"], revised[-1]["title"]) == ("Title 0", "New")
    (removed,) = ask("/archive/removed.json")["rows"]
    assert (removed["id"], removed["status"]) == (identity(1), 404)


def test_datasette_filters_and_counts_by_day(ask: Ask) -> None:
    result = ask("/archive/articles.json", published_on__isnull=1)
    assert [row["id"] for row in result["rows"]] == [identity(3)]
    facets = ask("/archive/articles.json", _facet="latest")["facet_results"]["latest"]["results"]
    assert {each["value"]: each["count"] for each in facets} == {1: 6, 0: 3}
