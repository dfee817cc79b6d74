"""The pipeline of docs/extending.md that copies articles to PostgreSQL, with a real server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.support.commands import QUIET, T0
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_whole
from tests.support.extending_examples import write_examples
from tests.support.postgresql_server import PostgresqlServer
from vokcrawl.sample import SampleServer

LISTING = "/article/163/"


def stored(url: str) -> dict[tuple[str, int], dict[str, Any]]:
    with psycopg.connect(url) as connection:
        return {
            (each, revision): record
            for each, revision, record in connection.execute("SELECT id, revision, record FROM articles")
        }


def delivered(crawl: Crawl) -> dict[tuple[str, int], dict[str, Any]]:
    return {(each["id"], each["revision"]): each for each in crawl.articles()}


def test_the_table_is_a_copy_of_the_files_also_after_the_database_was_away(
    crawl: Callable[..., Crawl], serve: Callable[..., SampleServer], output: Path, tmp_path: Path
) -> None:
    write_examples(tmp_path)
    server = serve(8)
    with PostgresqlServer() as database:
        env = {"PYTHONPATH": str(tmp_path), "SCRAPY_SETTINGS_MODULE": "my_settings"}
        # `my_settings` is a production profile: without the delays of a live site.
        fast = {
            "DOWNLOAD_DELAY": 0,
            "AUTOTHROTTLE_ENABLED": 0,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
            "POSTGRES_URL": database.url,
            **QUIET,
        }
        first = crawl(server.url + LISTING, output, settings=fast, env=env, at=T0)
        assert first.code == 0, first.stderr
        assert_whole(first, server.site)
        assert stored(database.url) == delivered(first)
        assert len(stored(database.url)) == 8

        database.stop()
        server.site.publish(2)
        away = crawl(server.url + LISTING, output, settings=fast, env=env, at=T0 + timedelta(days=1))
        assert away.code == 2, away.stderr
        assert "a component could not be started: OperationalError" in away.stderr.strip().splitlines()[-1]
        # A run without the pipeline delivers meanwhile.
        without = crawl(server.url + LISTING, output, settings=QUIET, at=T0 + timedelta(days=2))
        assert without.code == 0, without.stderr

        database.start()
        after = crawl(server.url + LISTING, output, settings=fast, env=env, at=T0 + timedelta(days=3))
        assert after.code == 0, after.stderr
        assert_whole(after, server.site)
        assert stored(database.url) == delivered(after)
        assert len(stored(database.url)) == 10

        # The same by the add-on, which adds the pipeline by itself.
        with psycopg.connect(database.url) as connection:
            connection.execute("DROP TABLE articles")
        addon = {**QUIET, "POSTGRES_URL": database.url, "ADDONS": '{"my_pipelines.Addon": 1}'}
        last = crawl(
            server.url + LISTING,
            output,
            settings=addon,
            env={"PYTHONPATH": str(tmp_path)},
            at=T0 + timedelta(days=4),
        )
        assert last.code == 0, last.stderr
        assert stored(database.url) == delivered(after)
        assert "password" not in str(last.manifest)
