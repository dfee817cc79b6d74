"""`vokcrawl.data` and the printed recipes give every value, also from an archive that misleads readers that guess."""

from __future__ import annotations

import datetime
import json
import math
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from tests.support.children import ROOT
from tests.support.written_records import (
    Record,
    article,
    exported,
    exported_records,
    identity,
    removal,
    teaser,
    write_archive,
)
from vokcrawl.data import ArticleVersion, articles, removals, teasers
from vokcrawl.errors import StorageError, UsageError
from vokcrawl.items import Article

LAST = "2024-05-10T06:00:00Z"
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
IMAGE = {"url": "https://site.test/a.jpg", "caption": "조선"}


def awkward() -> list[Record]:
    """Forty runs without a revision, source or story, with titles that look like null, then one with all of them."""
    records = [
        article(
            number,
            f"2024-03-{number % 28 + 1:02}T{number // 28:02}:00:00Z",
            title=("NULL", "nan")[number % 2],
            source=None,
        )
        for number in range(40)
    ]
    later = article(
        0,
        LAST,
        body="New.",
        revision=2,
        previous_hash=records[0]["content_hash"],
        changed=["body"],
        story="0250625008",
        images=[IMAGE],
        archived_as={"file": "archive/a.warc.gz", "offset": 7, "digest": "sha1:X"},
    )
    return [*records, later]


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The archive is `output` in the current directory, as in the recipes; it has no removals."""
    monkeypatch.chdir(tmp_path)
    return write_archive(tmp_path / "output", *awkward())


def expected() -> list[tuple[Any, ...]]:
    rows = [(each["id"], each["revision"], each["title"], each["story"], each["previous_hash"]) for each in awkward()]
    return sorted(rows, key=lambda row: row[:2])


def plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def recipe(start: str, language: str) -> str:
    """The first block of a language after a line of the page that starts so."""
    section = PAGE[PAGE.index(f"\n{start}") :]
    return section.partition(f"```{language}\n")[2].partition("```")[0]


def test_articles_are_typed_records(archive: Path) -> None:
    records = list(articles("output"))
    assert [record.id for record in records] == [identity(number) for number in range(40)]
    assert all(type(record) is Article for record in records)
    first = records[0]
    assert (first.revision, first.story, first.body) == (2, "0250625008", "New.")
    assert first.images[0].caption == "조선"
    assert first.archived_as is not None
    assert first.archived_as.offset == 7


def test_versions_and_days(archive: Path) -> None:
    write_archive(archive, removal(1, LAST), teaser(3, LAST))
    versions = list(articles(archive, versions="all"))
    assert len(versions) == 41
    assert all(isinstance(version, ArticleVersion) for version in versions)
    zero = [(each.revision, each.latest, each.removed_at) for each in versions if each.id == identity(0)]  # type: ignore[union-attr]
    assert zero == [(1, False, None), (2, True, None)]
    assert [each.removed_at for each in versions if each.id == identity(1)] == [LAST]  # type: ignore[union-attr]
    assert [record.revision for record in articles(archive, as_of="2024-03-01")] == [1, 1]
    assert len(list(articles(archive))) == 39
    assert list(articles(archive, since="2030-01-01")) == []
    assert [each.id for each in removals(archive)] == [identity(1)]
    assert [each.position for each in teasers(archive)] == [4]


def test_tables_have_the_types_of_the_schema_and_every_value(archive: Path, tmp_path: Path) -> None:
    table = articles("output", versions="all").to_arrow()
    assert table.schema.field("published_on").type == pa.date32()
    assert table.schema.field("fetched_at").type == pa.timestamp("ms", tz="UTC")
    assert table.schema.field("story").type == pa.string()
    rows = exported_records(archive, tmp_path, what="articles", near_duplicates=False)
    assert table.column_names == list(rows[0])
    assert table.column("title").to_pylist() == [row["title"] for row in rows]
    frame = articles("output", versions="all").to_polars()
    assert sorted(frame.select("id", "revision", "title", "story", "previous_hash").rows()) == expected()
    assert frame.schema["published_on"] == pl.Date
    pandas = articles("output", versions="all").to_pandas()
    columns = ["id", "revision", "title", "story", "previous_hash"]
    found = [tuple(map(plain, row)) for row in pandas[columns].itertuples(index=False)]
    assert sorted(found) == expected()
    assert pandas["published_on"][0] == datetime.date(2023, 11, 14)
    # A column keeps its type without any value.
    assert removals("output").to_polars().schema["confirmed_at"] == pl.Datetime("ms", "UTC")


def test_bad_arguments_and_damage_are_named(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such directory; give the output directory of a crawl"):
        articles(tmp_path / "nothing")
    with pytest.raises(UsageError, match="versions: 'old' is not one of current, all"):
        articles(archive, versions="old")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"^--as-of: "):
        articles(archive, as_of="yesterday")
    path = archive / "articles" / "20240510T060000Z.jsonl"
    path.write_bytes(b'{"torn\n')
    with pytest.raises(StorageError, match=r"20240510T060000Z\.jsonl:1: not JSON"):
        list(articles(archive))
    assert len(list(articles(archive, skip_damaged=True))) == 40
    (tmp_path / "empty").mkdir()
    assert list(articles(tmp_path / "empty")) == []
    assert articles(tmp_path / "empty").to_arrow().num_rows == 0


@pytest.mark.parametrize("start", ["pandas:", "Polars:"])
def test_printed_recipes_for_tables(start: str, archive: Path) -> None:
    names: dict[str, Any] = {}
    exec(recipe(start, "python"), names)  # noqa: S102  it is run as it is printed
    rows = names["frame"][["id", "revision", "title", "story", "previous_hash"]]
    found = rows.rows() if isinstance(rows, pl.DataFrame) else rows.itertuples(index=False)
    assert sorted(tuple(map(plain, row)) for row in found) == expected()


def test_printed_recipe_for_csv(archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "current.csv", what="articles", near_duplicates=False)
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], names)  # noqa: S102
    frame = names["frame"]
    rows = frame[["id", "revision", "title", "story", "previous_hash"]].itertuples(index=False)
    assert sorted(tuple(map(plain, row)) for row in rows) == expected()
    (later,) = [row for row in frame.to_dict("records") if row["revision"] == 2]
    assert later["images"] == [IMAGE]
    assert later["archived_as"]["offset"] == 7
    assert later["fetched_at"] == datetime.datetime(2024, 5, 10, 6, tzinfo=datetime.UTC)


def test_printed_recipes_of_the_module(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(recipe("`vokcrawl.data` reads", "python"), names)  # noqa: S102
    assert capsys.readouterr().out.count("\n") == 40
    exec(recipe("Iterate over", "python"), names)  # noqa: S102
    assert list(names["changed"]["id"]) == [identity(0)]


def test_printed_recipe_for_duckdb(archive: Path) -> None:
    with closing(duckdb.connect()) as db:
        assert db.sql(recipe("[DuckDB]", "sql")).fetchall() == expected()


def test_printed_recipe_for_sqlite(archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "archive.sqlite", near_duplicates=False)
    with closing(sqlite3.connect(tmp_path / "archive.sqlite")) as db:
        assert db.execute(recipe("SQLite,", "sql")).fetchall() == expected()


@pytest.mark.parametrize("removed", [False, True])
def test_printed_query_for_the_archive_as_of_a_day(removed: bool, archive: Path) -> None:
    if removed:
        write_archive(archive, removal(1, LAST))
    page = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    query = page.partition("```sql\n")[2].partition("```")[0].replace("2025-06-30", "2024-05-10")
    with closing(duckdb.connect()) as db:
        rows = db.sql(query)
        found = [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
    wanted = [json.loads(each.model_dump_json(by_alias=True)) for each in articles(archive, as_of="2024-05-10")]
    assert len(found) == (39 if removed else 40)
    assert found == [{name: each[name] for name in found[0]} for each in wanted]
