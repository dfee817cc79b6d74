"""The records of an export: by kind, by day, and as of a date."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.written_records import (
    Record,
    article,
    exported,
    exported_records,
    identity,
    removal,
    rows_of,
    write_archive,
)
from vokcrawl.errors import UsageError
from vokcrawl.exports.selection import Selection

ROOT = Path(__file__).parents[3]
ADDED = ("latest", "removed_at", "near_duplicate_of", "near_duplicate_score")


def ids(rows: list[Record]) -> list[str]:
    return [row["id"] for row in rows]


def numbers(rows: list[Record]) -> list[int]:
    return [int(row["id"].partition("-")[2]) - 1000 for row in rows]


def plain(row: Record) -> Record:
    """The record, without what the export has added."""
    return {name: value for name, value in row.items() if name not in ADDED}


def folded(records: list[Record], as_of: str) -> list[Record]:
    """The archive as of a day, by the three steps of docs/records.md, one after the other."""
    end = f"{as_of}T23:59:59Z"
    versions = [each for each in records if "fetched_at" in each and each["fetched_at"] <= end]
    gone = [each for each in records if "confirmed_at" in each and each["confirmed_at"] <= end]
    latest: dict[str, Record] = {}
    for each in versions:
        if each["id"] not in latest or each["revision"] > latest[each["id"]]["revision"]:
            latest[each["id"]] = each
    for each in gone:
        if each["id"] in latest and each["confirmed_at"] >= latest[each["id"]]["fetched_at"]:
            del latest[each["id"]]
    return [latest[identity] for identity in sorted(latest)]


def test_by_default_an_export_holds_the_articles_as_they_stand_in_the_order_of_their_ids(
    records: list[Record], archive: Path, tmp_path: Path
) -> None:
    rows = exported_records(archive, tmp_path)
    assert [plain(row) for row in rows] == folded(records, "2030-01-01")
    assert numbers(rows) == [0, 2, 3, 4, 5]
    assert [row["revision"] for row in rows] == [3, 1, 1, 2, 1]


def test_every_version_says_whether_it_is_the_latest_and_whether_the_article_is_gone(
    archive: Path, tmp_path: Path
) -> None:
    rows = exported_records(archive, tmp_path, what="articles")
    assert [(number, row["revision"]) for number, row in zip(numbers(rows), rows, strict=True)] == [
        (0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (0, 2), (4, 2), (0, 3),
    ]  # fmt: skip
    assert [row["latest"] for row in rows] == [False, True, True, True, False, True, False, True, True]
    assert [row["removed_at"] for row in rows] == [None, "2024-04-10T06:00:00Z", *[None] * 7]


@pytest.mark.parametrize("what", ["teasers", "removals"])
def test_other_kinds_are_exported_as_they_were_delivered(
    what: str, records: list[Record], archive: Path, tmp_path: Path
) -> None:
    key = "found_on" if what == "teasers" else "confirmed_at"
    assert exported_records(archive, tmp_path, what=what) == [record for record in records if key in record]


@pytest.mark.parametrize(
    ("as_of", "standing"),
    [
        ("2024-03-10", {0: 1, 1: 1, 2: 1, 3: 1, 4: 1}),
        ("2024-04-09", {0: 1, 1: 1, 2: 1, 3: 1, 4: 1}),
        ("2024-04-10", {0: 2, 2: 1, 3: 1, 5: 1}),
        ("2024-05-10", {0: 2, 2: 1, 3: 1, 4: 2, 5: 1}),
        ("2024-06-10", {0: 3, 2: 1, 3: 1, 4: 2, 5: 1}),
        ("2031-01-01", {0: 3, 2: 1, 3: 1, 4: 2, 5: 1}),
    ],
)
def test_the_archive_as_of_a_day_is_what_was_known_at_its_end(
    as_of: str, standing: dict[int, int], records: list[Record], archive: Path, tmp_path: Path
) -> None:
    rows = exported_records(archive, tmp_path, as_of=as_of)
    assert dict(zip(numbers(rows), (row["revision"] for row in rows), strict=True)) == standing
    for what, moment in (("articles", "fetched_at"), ("teasers", "first_seen_at"), ("removals", "confirmed_at")):
        key = {"articles": "body", "teasers": "found_on", "removals": "last_hash"}[what]
        known = [each for each in records if key in each and each[moment][:10] <= as_of]
        assert [plain(row) for row in exported_records(archive, tmp_path, what=what, as_of=as_of)] == known


HISTORIES = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["version", "removal"])), min_size=1, max_size=14)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES, day=st.integers(0, 14))
def test_any_history_is_folded_as_the_page_of_the_records_says(
    history: list[tuple[int, str]], day: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    records: list[Record] = []
    revisions: dict[int, int] = {}
    for step, (number, kind) in enumerate(history, 1):
        moment = f"2024-03-{step:02d}T{step:02d}:00:00Z"
        if kind == "version":
            revisions[number] = revisions.get(number, 0) + 1
            records.append(article(number, moment, revision=revisions[number]))
        else:
            records.append(removal(number, moment))
    folder = tmp_path_factory.mktemp("history")
    write_archive(folder / "output", *records)
    as_of = f"2024-03-{max(day, 1):02d}"
    rows = exported_records(folder / "output", folder, as_of=as_of, near_duplicates=False)
    assert [plain(row) for row in rows] == folded(records, as_of)


def test_the_query_on_the_page_of_the_records_comes_to_the_same(archive: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    query = page.partition("```sql\n")[2].partition("```")[0]
    assert query.count("2025-06-30") == 2
    for as_of in ("2024-03-20", "2024-04-10", "2024-05-10", "2024-06-30"):
        asked = query.replace("2025-06-30", as_of).replace("'output/", f"'{archive}/")
        found = duckdb.sql(asked).project("id, revision, title, body").fetchall()
        rows = exported_records(archive, tmp_path, as_of=as_of)
        assert found == [(row["id"], row["revision"], row["title"], row["body"]) for row in rows]


def test_days_are_those_that_the_site_shows_and_both_are_included(output: Path, tmp_path: Path) -> None:
    days = ["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03", None]
    articles = [article(number, "2024-02-01T00:00:00Z", published_on=day) for number, day in enumerate(days)]
    write_archive(output, *articles, removal(4, "2024-02-02T23:59:59Z"), removal(3, "2024-02-03T00:00:00Z"))
    bounds: list[tuple[dict[str, Any], list[int], list[int]]] = [
        ({}, [0, 1, 2, 3, 4], [4, 3]),
        ({"since": "2024-01-02"}, [1, 2, 3], [4, 3]),
        ({"until": "2024-01-02"}, [0, 1, 2], []),
        ({"since": "2024-01-02", "until": "2024-01-02"}, [1, 2], []),
        ({"since": "2024-02-03"}, [], [3]),
        ({"until": "2024-02-02"}, [0, 1, 2, 3], [4]),
    ]
    for bound, wanted, removed in bounds:
        assert numbers(exported_records(output, tmp_path, what="articles", **bound)) == wanted
        # A removal has no day of the site's: the day of its confirmation counts.
        assert numbers(exported_records(output, tmp_path, what="removals", **bound)) == removed


def test_an_article_is_the_same_as_in_the_whole_archive_whatever_days_are_selected(
    output: Path, tmp_path: Path
) -> None:
    old = article(0, "2024-02-01T00:00:00Z", published_on="2024-01-01")
    moved = article(0, "2024-02-02T00:00:00Z", published_on="2024-01-05", revision=2)
    write_archive(output, old, moved)
    (row,) = exported_records(output, tmp_path, what="articles", until="2024-01-01")
    assert (row["revision"], row["latest"]) == (1, False)
    assert exported_records(output, tmp_path, until="2024-01-01") == []


def test_records_without_a_day_are_left_out_once_a_day_is_asked_for_and_counted(archive: Path, tmp_path: Path) -> None:
    selection = Selection(since="2000-01-01")
    assert selection.takes("current", {"published_on": None}) is False
    assert selection.without_day == 1
    assert identity(3) not in ids(exported_records(archive, tmp_path, since="2000-01-01"))
    assert identity(3) in ids(exported_records(archive, tmp_path))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"what": "everything"}, "--what: 'everything' is not one of current, articles, teasers, removals"),
        ({"since": "2024-02-30"}, "--since: '2024-02-30' is not a day"),
        ({"until": "yesterday"}, "--until: 'yesterday' is not a day"),
        ({"as_of": "2024"}, "--as-of: '2024' is not a day"),
        ({"since": "2024-02-02", "until": "2024-02-01"}, "--since: '2024-02-02' is later than --until: '2024-02-01'"),
    ],
)
def test_a_wrong_option_is_named_with_its_value_and_what_is_allowed(options: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        Selection.read(options)


def test_a_day_before_the_first_run_is_refused_and_the_first_run_is_named(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--as-of: 2024-03-09 is before the first run, on 2024-03-10"):
        exported(archive, tmp_path / "x.csv", as_of="2024-03-09")
    assert not list(tmp_path.glob("x.csv*"))


def test_files_that_a_crawl_still_writes_are_not_read(archive: Path, tmp_path: Path) -> None:
    before = exported_records(archive, tmp_path)
    (archive / "articles" / "20240710T060000Z.jsonl.part").write_bytes(b'{"half a li')
    assert exported_records(archive, tmp_path) == before
    assert rows_of(tmp_path / "exported.jsonl.zst") == before
