"""Common readers of the exported files: pandas, DuckDB, sqlite3, openpyxl and a plain Zstandard reader."""

from __future__ import annotations

import errno
import gc
import json
import re
import sqlite3
import sys
import tempfile
import zipfile
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from tests.support.written_records import (
    HOSTILE,
    Record,
    article,
    exported,
    exported_records,
    identity,
    rows_of,
    write_archive,
)
from vokcrawl.errors import StorageError, UsageError
from vokcrawl.exports import excel
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
def test_plain_jsonl_has_the_lines_of_the_compressed_file(what: str, archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "x.jsonl", what=what)
    lines = (tmp_path / "x.jsonl").read_bytes().splitlines()
    assert [json.loads(line) for line in lines] == exported_records(archive, tmp_path, what=what)


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


def test_a_spreadsheet_counts_the_texts_that_it_cut_and_a_half_character_is_left_out(tmp_path: Path) -> None:
    first = "2024-03-10T06:00:00Z"
    # Excel counts a character beyond U+FFFF as two.
    fits, long = "a" * 32_765 + "\U0001f350", "a" + "\U0001f350" * 16_384
    output = write_archive(tmp_path / "output", article(0, first, body=fits), article(1, first, body=long))
    options: dict[str, Any] = {"near_duplicates": False}
    done = exported(output, tmp_path / "x.csv", spreadsheet=True, **options)
    assert done.cut_cells == {"body": 1}
    bodies = list(pd.read_csv(tmp_path / "x.csv", encoding="utf-8-sig")["body"])
    assert bodies[0] == fits
    kept, _, rest = bodies[1].partition("… (")
    assert set(kept) == {"a", "\U0001f350"}
    assert rest == f"{len(long) - len(kept):,} characters omitted)"
    assert len(bodies[1].encode("utf-16-le")) <= 2 * 32_767
    assert exported(output, tmp_path / "plain.csv", **options).cut_cells == {}
    assert exported(output, tmp_path / "x.xlsx", **options).cut_cells == {"body": 1}
    rows = sheet(tmp_path / "x.xlsx")
    assert [row["body"] for row in rows] == bodies


def sheet(path: Path) -> list[Record]:
    """The rows of an Excel file, by the names in the first one. Any formula, link or object would be an error."""
    with zipfile.ZipFile(path) as entries:
        content = entries.read("xl/worksheets/sheet1.xml").decode()
        assert not re.search("<(f|hyperlinks|drawing|legacyDrawing|oleObjects)[ >/]", content)
        assert not [name for name in entries.namelist() if "external" in name or name.endswith(".bin")]
    book = openpyxl.load_workbook(path)
    head, *rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize("what", WHATS)
def test_excel_has_every_row_with_days_moments_and_json(what: str, archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "x.xlsx", what=what)
    wanted = [typed(row) for row in exported_records(archive, tmp_path, what=what)]
    found = sheet(tmp_path / "x.xlsx")
    assert len(found) == len(wanted)
    for row, expected in zip(found, wanted, strict=True):
        assert list(row) == list(expected)
        for name, value in expected.items():
            cell = row[name]
            if isinstance(value, datetime):
                assert cell == value.replace(tzinfo=None)
            elif isinstance(value, date):
                assert cell.date() == value
            elif name in NESTED and value is not None:
                assert json.loads(cell) == value
            else:
                assert cell == (None if value == "" else value), name


def test_pandas_reads_excel(archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "x.xlsx")
    frame = pd.read_excel(tmp_path / "x.xlsx")
    assert list(frame["title"]) == [row["title"] for row in exported_records(archive, tmp_path)]
    assert str(frame["fetched_at"].dtype).startswith("datetime64")


HOSTILE_TITLES = (
    '=HYPERLINK("http://evil.test","x")',
    "{=1+1}",
    "+1",
    "-2+3",
    "@SUM(1)",
    '<r></is></c><c r="Z9"><f>1+1</f></c><c><is></r>',
    "<r><t>bold</t></r>",
    "http://evil.test/",
    "internal:Sheet2!A1",
    "00123",
    "1e5",
    "TRUE",
    ' <b>& "q" ',
)


def test_hostile_text_stays_text_in_excel(tmp_path: Path) -> None:
    records = [article(number, "2024-03-10T06:00:00Z", title=title) for number, title in enumerate(HOSTILE_TITLES)]
    # Days before 1 March 1900 have other numbers in Excel than in other spreadsheets.
    records.append(article(99, "2024-03-10T06:00:00Z", published_on="1899-12-31", body="a\x07\x1b b\uffff"))
    output = write_archive(tmp_path / "output", *records)
    exported(output, tmp_path / "x.xlsx", near_duplicates=False)
    rows = sheet(tmp_path / "x.xlsx")
    assert [row["title"] for row in rows[:-1]] == list(HOSTILE_TITLES)
    assert rows[-1]["published_on"] == "1899-12-31"
    # This is how Excel itself stores characters that XML does not have.
    assert rows[-1]["body"] == "a_x0007__x001B_ b_xFFFF_"


def test_a_sheet_that_is_full_is_refused_with_a_hint(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert excel._MAX_ROWS == 1_048_576
    monkeypatch.setattr(excel, "_MAX_ROWS", 6)
    assert exported(archive, tmp_path / "x.xlsx").rows == {"current": 5}
    # Its own, because other tests that run meanwhile have temporary files, too.
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(excel, "_MAX_ROWS", 5)
    with pytest.raises(UsageError, match=r"a sheet of Excel has at most 5 rows.*--since and --until"):
        exported(archive, tmp_path / "y.xlsx")
    assert list(temporary.iterdir()) == []
    assert not list(tmp_path.glob("y.xlsx*"))


def test_a_failure_while_the_workbook_is_packed_leaves_nothing(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = zipfile.ZipFile.write

    def write(self: zipfile.ZipFile, name: str, arcname: str) -> None:
        written(self, name, arcname)
        if arcname.endswith("sheet1.xml"):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "write", write)
    # What fails in the garbage collector would be a traceback on standard error.
    ignored: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda failure: ignored.append(str(failure.exc_value)))
    message = ""
    try:
        exported(archive, tmp_path / "x.xlsx")
    except StorageError as failure:
        message = str(failure)
    gc.collect()
    assert message.startswith(f"{tmp_path}/x.xlsx: No space left on device; no file was written")
    assert ignored == []
    assert not list(tmp_path.glob("x.xlsx*"))
