"""The SQLite export opens well in Datasette: a real server, on the loopback interface, is asked over its JSON API."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from archives import Record, exported, identity, write_archive

Ask = Callable[..., Any]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory, records: list[Record]) -> Iterator[Ask]:
    """`ask(path, **query)` gives what Datasette answers as JSON."""
    folder = tmp_path_factory.mktemp("datasette")
    exported(write_archive(folder / "output", *records), folder / "archive.sqlite")
    port = free_port()
    command = [sys.executable, "-m", "datasette", "serve", "--immutable", "archive.sqlite", "--port", str(port)]
    environment = {**os.environ, "HOME": str(folder)}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log) as server,
    ):

        def answer(path: str, **query: object) -> Any:
            with urlopen(f"http://127.0.0.1:{port}{path}?{urlencode({'_shape': 'objects', **query})}") as found:
                return json.load(found)

        try:
            deadline = time.monotonic() + 60
            while True:
                assert server.poll() is None, (folder / "log").read_text()
                try:
                    answer("/-/versions.json")
                    break
                except URLError:
                    assert time.monotonic() < deadline, "it did not start in time"
                    time.sleep(0.05)
            yield answer
        finally:
            server.terminate()


def test_datasette_shows_the_tables_and_views_and_knows_that_articles_can_be_searched(ask: Ask) -> None:
    told = ask("/archive.json")
    tables = {table["name"]: table for table in told["tables"] if not table["hidden"]}
    assert {name: table["count"] for name, table in tables.items()} == {"articles": 9, "teasers": 6, "removals": 2}
    assert tables["articles"]["fts_table"] == "articles_fts"
    assert {view["name"] for view in told["views"]} == {"current", "revisions", "removed"}


def test_datasette_searches_articles(ask: Ask) -> None:
    rows = ask("/archive/articles.json", _search="changed again")["rows"]
    assert [(row["id"], row["revision"]) for row in rows] == [(identity(0), 3)]


def test_datasette_searches_the_current_articles_alone_as_the_page_of_the_exports_says(ask: Ask) -> None:
    page = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")
    assert "/current?_fts_table=articles_fts&_fts_pk=number&_search=WORDS" in page
    rows = ask("/archive/current.json", _fts_table="articles_fts", _fts_pk="number", _search="changed")["rows"]
    assert [(row["id"], row["revision"]) for row in rows] == [(identity(0), 3)]


def test_datasette_shows_what_was_revised_and_what_was_removed(ask: Ask) -> None:
    revised = ask("/archive/revisions.json", _sort="revision")["rows"]
    assert len(revised) == 3
    assert (revised[-1]["title_before"], revised[-1]["title"]) == ("Title 0", "New")
    (removed,) = ask("/archive/removed.json")["rows"]
    assert (removed["id"], removed["status"]) == (identity(1), 404)


def test_datasette_filters_by_day_and_counts_by_it(ask: Ask) -> None:
    told = ask("/archive/articles.json", published_on__isnull=1)
    assert [row["id"] for row in told["rows"]] == [identity(3)]
    facets = ask("/archive/articles.json", _facet="latest")["facet_results"]["latest"]["results"]
    assert {each["value"]: each["count"] for each in facets} == {1: 6, 0: 3}
