"""Common readers of the exported files: pandas, DuckDB, sqlite3 and a plain Zstandard reader."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from tests.support.archives import (
    HOSTILE,
    Record,
    article,
    exported,
    exported_records,
    identity,
    rows_of,
    write_archive,
)
from vokcrawl.schemas import schema_of

MOMENTS = ("ingested_at", "first_seen_at", "fetched_at", "removed_at", "first_missing_at", "confirmed_at")
NESTED = ("images", "changed", "archived_as")
WHATS = ("current", "articles", "teasers", "removals")


def typed(row: Record) -> Record:
    """A row of the JSONL with days and moments as Python has them."""
    made: Record = dict(row)
    for name, value in row.items():
        if value is not None and name == "published_on":
            made[name] = date.fromisoformat(value)
        elif value is not None and name in MOMENTS:
            made[name] = datetime.fromisoformat(value)
    return made


def asked(query: str) -> list[Record]:
    """What DuckDB answers, its moments in UTC."""
    with closing(duckdb.connect()) as db:
        db.execute("SET TimeZone = 'UTC'")
        answer = db.execute(query)
        names = [column[0] for column in answer.description]
        found = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return [
        {key: value.astimezone(UTC) if isinstance(value, datetime) else value for key, value in row.items()}
        for row in found
    ]


@pytest.mark.parametrize("what", WHATS)
def test_duckdb_reads_parquet_with_days_moments_and_nested_values(what: str, archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "it's.parquet"
    exported(archive, target, what=what)
    wanted = [typed(row) for row in exported_records(archive, tmp_path, what=what)]
    assert asked(f"FROM read_parquet('{str(target).replace(chr(39), chr(39) * 2)}')") == wanted


def test_pandas_reads_parquet_with_days_moments_and_nested_values(archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "x.parquet", what="articles")
    frame = pd.read_parquet(tmp_path / "x.parquet")
    wanted = [typed(row) for row in exported_records(archive, tmp_path, what="articles")]
    assert list(frame.columns) == list(wanted[0])
    assert str(frame["fetched_at"].dtype) == "datetime64[ms, UTC]"
    for found, row in zip(frame.to_dict("records"), wanted, strict=True):
        assert list(found.pop("images")) == row.pop("images")
        assert list(found.pop("changed")) == row.pop("changed")
        assert {
            key: None if pd.api.types.is_scalar(value) and pd.isna(value) else value for key, value in found.items()
        } == row


@pytest.mark.parametrize("what", WHATS)
def test_pandas_reads_csv_as_the_page_of_the_exports_says(what: str, archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    exported(archive, target, what=what)
    page = (Path(__file__).parents[3] / "docs" / "exports.md").read_text(encoding="utf-8")
    recipe = page.partition("```python\n")[2].partition("```")[0].replace("current.csv", str(target))
    names: dict[str, Any] = {}
    exec(recipe, names)  # noqa: S102  that is the point: it is run as it is printed
    wanted = [typed(row) for row in exported_records(archive, tmp_path, what=what)]
    frame = names["frame"]
    assert list(frame.columns) == list(wanted[0])
    for found, row in zip(frame.to_dict("records"), wanted, strict=True):
        assert {
            key: None if pd.api.types.is_scalar(value) and pd.isna(value) else value for key, value in found.items()
        } == {key: value if key != "body" or value else None for key, value in row.items()}


def test_duckdb_reads_csv(archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "x.csv", what="articles")
    wanted = [typed(row) for row in exported_records(archive, tmp_path, what="articles")]
    found = asked(f"FROM read_csv('{tmp_path}/x.csv', types = {{'story': 'VARCHAR', 'near_duplicate_of': 'VARCHAR'}})")
    for one, row in zip(found, wanted, strict=True):
        nested = {name: json.loads(one.pop(name)) if one[name] else one.pop(name) for name in NESTED}
        assert nested == {name: row.pop(name) for name in NESTED}
        assert one == {key: value if key != "body" or value else None for key, value in row.items()}


def test_duckdb_reads_compressed_jsonl(archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "x.jsonl.zst")
    wanted = [typed(row) for row in exported_records(archive, tmp_path)]
    found = asked(f"SELECT id, title, published_on, fetched_at, images[1].caption AS c FROM '{tmp_path}/x.jsonl.zst'")
    assert [row["id"] for row in found] == [row["id"] for row in wanted]
    assert [row["title"] for row in found] == [row["title"] for row in wanted]
    assert [row["published_on"] for row in found] == [row["published_on"] for row in wanted]
    # DuckDB takes the `Z` for UTC, and gives a moment without a zone.
    assert [row["fetched_at"].replace(tzinfo=UTC) for row in found] == [row["fetched_at"] for row in wanted]


@pytest.mark.parametrize("what", WHATS)
def test_each_line_of_compressed_jsonl_is_valid_by_the_schema_of_its_record(
    what: str, archive: Path, tmp_path: Path
) -> None:
    exported(archive, tmp_path / "x.jsonl.zst", what=what)
    rows = rows_of(tmp_path / "x.jsonl.zst")
    assert rows
    for row in rows:
        Draft202012Validator(schema_of(row["schema"]), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(row)


def test_a_damaged_copy_of_compressed_jsonl_is_known_for_one(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl.zst"
    exported(archive, target)
    content = bytearray(target.read_bytes())
    content[-1] ^= 1
    target.write_bytes(content)
    with pytest.raises(Exception, match="checksum"):
        rows_of(target)


@pytest.fixture
def database(archive: Path, tmp_path: Path) -> sqlite3.Connection:
    exported(archive, tmp_path / "x.sqlite")
    db = sqlite3.connect(f"file:{tmp_path}/x.sqlite?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    return db


def test_sqlite_holds_all_kinds_each_as_a_table(database: sqlite3.Connection, archive: Path, tmp_path: Path) -> None:
    with closing(database) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        for what in ("articles", "teasers", "removals"):
            wanted = exported_records(archive, tmp_path, what=what)
            rows = [dict(row) for row in db.execute(f"SELECT * FROM {what} ORDER BY number")]
            assert [row.pop("number") for row in rows] == list(range(1, len(wanted) + 1))
            for row in rows:
                row.update({name: json.loads(row[name]) for name in NESTED if row.get(name)})
            assert rows == wanted


def test_the_views_show_what_is_current_what_was_revised_and_what_was_removed(
    database: sqlite3.Connection, archive: Path, tmp_path: Path
) -> None:
    with closing(database) as db:
        current = [(row["id"], row["revision"], row["body"]) for row in db.execute("SELECT * FROM current ORDER BY id")]
        assert current == [(row["id"], row["revision"], row["body"]) for row in exported_records(archive, tmp_path)]
        revised = [dict(row) for row in db.execute("SELECT * FROM revisions ORDER BY id, revision")]
        assert [(row["id"], row["revision"], row["changed"]) for row in revised] == [
            (identity(0), 2, '["body"]'), (identity(0), 3, '["title","body"]'), (identity(4), 2, "[]"),
        ]  # fmt: skip
        assert [(row["title_before"], row["title"]) for row in revised][:2] == [
            ("Title 0", "Title 0"),
            ("Title 0", "New"),
        ]
        assert [(row["body_before"], row["body"]) for row in revised][1] == ("Changed.", "Changed again.")
        (removed,) = [dict(row) for row in db.execute("SELECT * FROM removed")]
        assert (removed["id"], removed["title"], removed["status"]) == (identity(1), "Title 1", 404)
        assert (removed["first_missing_at"], removed["removed_at"]) == ("2024-04-08T06:00:00Z", "2024-04-10T06:00:00Z")


def test_sqlite_is_searched_in_full_text_over_title_and_body(database: sqlite3.Connection) -> None:
    query = """
        SELECT articles.id, revision, snippet(articles_fts, -1, '[', ']', '…', 8) AS passage
        FROM articles_fts JOIN articles ON articles.number = articles_fts.rowid
        WHERE articles_fts MATCH ? ORDER BY revision
    """
    with closing(database) as db:
        # Other forms of a word are found, too; a quotation mark or accent makes no difference.
        assert [tuple(row) for row in db.execute(query, ("change",))] == [
            (identity(0), 2, "[Changed]."), (identity(0), 3, "[Changed] again."),
        ]  # fmt: skip
        (hostile,) = db.execute(query, ("paragraphs AND hyperlink",)).fetchall()
        assert hostile["id"] == identity(2)


def test_sqlite_is_searched_by_pairs_of_characters_in_scripts_without_spaces(tmp_path: Path) -> None:
    first = "2024-03-10T06:00:00Z"
    output = write_archive(
        tmp_path / "output",
        article(0, first, body="경애하는김정은동지께서 평양에서"),
        article(1, first, title="金正恩同志"),
        article(2, first),
    )
    exported(output, tmp_path / "archive.sqlite")
    query = "SELECT id FROM articles JOIN articles_pairs ON articles_pairs.rowid = number WHERE articles_pairs MATCH ?"
    with closing(sqlite3.connect(tmp_path / "archive.sqlite")) as db:
        for phrase, expected in (
            ('"평양"', [0]),
            ('"김정 정은 은동 동지"', [0]),
            ('title: "金正 正恩"', [1]),
            ("title", []),
        ):
            assert db.execute(query, (phrase,)).fetchall() == [(identity(number),) for number in expected]


@pytest.mark.parametrize("what", ["current", "teasers", "removals"])
def test_a_database_of_one_kind_has_all_tables_and_views_and_only_that_kind_in_them(
    what: str, archive: Path, tmp_path: Path
) -> None:
    done = exported(archive, tmp_path / "x.sqlite", what=what)
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as db:
        counts = {
            name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("articles", "teasers", "removals", "current", "removed")
        }
    full = {"articles" if what == "current" else what: done.rows[what]}
    assert counts == {"articles": 0, "teasers": 0, "removals": 0, "removed": 0, "current": 0, **full} | (
        {"current": 5} if what == "current" else {}
    )


def test_csv_has_a_line_of_names_and_text_as_the_site_had_it(archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "x.csv")
    head, *_ = (tmp_path / "x.csv").read_text(encoding="utf-8").splitlines()
    assert head.startswith("schema,id,url,title,body,published_on,")
    assert head.endswith(",archived_as,near_duplicate_of,near_duplicate_score")
    frame = pd.read_csv(tmp_path / "x.csv", keep_default_na=False)
    assert frame["title"][1] == HOSTILE
    assert frame["images"][1] == "[]"
    assert list(frame["truncated"]) == [False] * 4 + [True]


def test_csv_for_a_spreadsheet_has_no_cell_that_it_would_carry_out(archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "x.csv", spreadsheet=True)
    content = (tmp_path / "x.csv").read_bytes()
    assert content.startswith("\ufeffschema".encode())
    frame = pd.read_csv(tmp_path / "x.csv", keep_default_na=False, encoding="utf-8-sig")
    assert frame["title"][1] == f"'{HOSTILE}"
    assert not any(str(cell).startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for cell in frame.to_numpy().flatten())


def test_a_spreadsheet_finds_no_formula_behind_a_separator_and_no_cell_that_is_too_long(tmp_path: Path) -> None:
    first = "2024-03-10T06:00:00Z"
    long = "word " * 10_000
    output = write_archive(
        tmp_path / "output",
        article(
            0,
            first,
            title="a;=1+1; @x;b=2",
            body="One.\n\n-2+3",
            images=[{"url": "https://site.test/a.jpg", "caption": "c;=1"}],
        ),
        article(1, first, body=long),
    )
    exported(output, tmp_path / "x.csv", spreadsheet=True, near_duplicates=False)
    frame = pd.read_csv(tmp_path / "x.csv", keep_default_na=False, encoding="utf-8-sig")
    assert frame["title"][0] == "a;'=1+1;' @x;b=2"
    assert frame["body"][0].endswith("\n'-2+3")
    assert frame["images"][0].endswith('"caption":"c;\'=1"}]')
    cut = frame["body"][1]
    assert len(cut) <= 32_767
    kept, _, rest = cut.partition("… (")
    assert rest == f"{len(long) - len(kept):,} characters omitted)"
    # Without the option, nothing is changed.
    exported(output, tmp_path / "plain.csv", near_duplicates=False)
    assert pd.read_csv(tmp_path / "plain.csv", keep_default_na=False)["body"][1] == long
