"""`scrapy verify` finds every inconsistency of an output directory and names file and line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator

from tests.support.commands import ALWAYS, T0, Crawling, Serving, change_state, faults, scrapy
from tests.support.commands import records_of as records_in
from tests.support.crawling import run_crawl
from vokcrawl.sample import SampleServer, SampleSite
from vokcrawl.storage.output_folder import in_run_order
from vokcrawl.utils.humanize import pluralize


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What three runs left: five articles, two of them in a second revision, then one in a third, and a removal."""
    output = tmp_path_factory.mktemp("archive") / "output"
    site = SampleSite(5, faults=())
    ids = [each["id"] for each in site.truth()["articles"]]
    with SampleServer(site) as server:
        for hours in (0, 30, 60):
            done = run_crawl(f"{server.url}/article/163/", output, settings=ALWAYS, at=T0 + timedelta(hours=hours))
            assert done.code == 0, done.stderr
            site.edit(ids[0])
            if hours == 0:
                site.edit(ids[1])
                site.remove(ids[4])
    assert (len(done.articles()), len(done.teasers()), len(done.removals())) == (8, 5, 1)
    return output


@pytest.fixture
def folder(archive: Path, output: Path) -> Iterator[Path]:
    """A copy of it, to be harmed."""
    shutil.copytree(archive, output)
    return output


def runs_of(folder: Path) -> list[str]:
    return [path.stem for path in in_run_order((folder / "runs").iterdir())]


def records_of(folder: Path, run: int, kind: str = "articles") -> tuple[Path, list[Any]]:
    path = folder / kind / f"{runs_of(folder)[run]}.jsonl"
    return path, [json.loads(line) for line in path.read_bytes().splitlines()]


def rewrite(path: Path, records: list[Any]) -> None:
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records), encoding="utf-8")


def a_changed_byte(folder: Path) -> tuple[str, str]:
    path, _ = records_of(folder, 0)
    content = path.read_bytes()
    place = content.index(b'"body":"') + 10
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    return str(path), "but its manifest says"


def a_torn_line(folder: Path) -> tuple[str, str]:
    path, _ = records_of(folder, 0)
    path.write_bytes(path.read_bytes()[:-20])
    return f"{path}:5", "the line is torn"


def a_line_that_is_no_record(folder: Path) -> tuple[str, str]:
    path, _ = records_of(folder, 0, "teasers")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"{}\n", *lines[3:]]))
    return f"{path}:3", "schema"


def a_record_that_breaks_its_schema(folder: Path) -> tuple[str, str]:
    path, records = records_of(folder, 0)
    records[1]["published_on"] = "2024-02-30T"
    rewrite(path, records)
    return f"{path}:2", "published_on"


def a_day_that_no_calendar_has(folder: Path) -> tuple[str, str]:
    path, records = records_of(folder, 0)
    records[3]["published_on"], records[3]["truncated"] = "2023-02-29", "no"
    rewrite(path, records)
    return f"{path}:4", "published_on: day is out of range for month; truncated: "


def a_missing_file(folder: Path) -> tuple[str, str]:
    path, _ = records_of(folder, 1)
    path.unlink()
    return str(path), "it is missing"


def a_file_of_nobody(folder: Path) -> tuple[str, str]:
    path = folder / "articles" / "20290101T000000Z.jsonl"
    path.write_bytes(b"")
    return str(path), "no manifest names this file"


def a_missing_manifest(folder: Path) -> tuple[str, str]:
    _, hole, last = runs_of(folder)
    (folder / "runs" / f"{hole}.json").unlink()
    return str(folder / "runs" / f"{last}.json"), f"of run {hole}, is missing"


def a_missing_first_manifest(folder: Path) -> tuple[str, str]:
    first, second, _ = runs_of(folder)
    (folder / "runs" / f"{first}.json").unlink()
    return str(folder / "runs" / f"{second}.json"), f"of run {first}, is missing"


def a_missing_last_manifest(folder: Path) -> tuple[str, str]:
    last = runs_of(folder)[-1]
    (folder / "runs" / f"{last}.json").unlink()
    return str(folder / "state.sqlite3"), f"of run {last}"


def no_manifest_at_all(folder: Path) -> tuple[str, str]:
    last = runs_of(folder)[-1]
    shutil.rmtree(folder / "runs")
    return str(folder / "state.sqlite3"), f"of run {last}"


def a_changed_manifest(folder: Path) -> tuple[str, str]:
    path = folder / "runs" / f"{runs_of(folder)[0]}.json"
    path.write_bytes(path.read_bytes().replace(b'"done"', b'"none"'))
    return str(path), "it was changed after run"


def a_manifest_that_is_none(folder: Path) -> tuple[str, str]:
    path = folder / "runs" / f"{runs_of(folder)[1]}.json"
    path.write_text('{"schema": "vokcrawl.run/2"}', encoding="utf-8")
    return str(path), "not a valid manifest"


def a_doubled_article(folder: Path) -> tuple[str, str]:
    path, records = records_of(folder, 0)
    rewrite(path, [*records, records[2]])
    return f"{path}:6", f"article {records[2]['id']}: revision 1 is duplicated"


def a_doubled_teaser(folder: Path) -> tuple[str, str]:
    path, records = records_of(folder, 0, "teasers")
    rewrite(path, [*records, records[0]])
    return f"{path}:6", f"teaser {records[0]['id']} is duplicated"


def a_hole_in_the_revisions(folder: Path) -> tuple[str, str]:
    path, records = records_of(folder, 2)
    (third,) = records
    second, kept = records_of(folder, 1)
    rewrite(second, [each for each in kept if each["id"] != third["id"]])
    return f"{path}:1", f"article {third['id']}: revisions 2 to 2 are missing"


def a_version_behind_another(folder: Path) -> tuple[str, str]:
    path, records = records_of(folder, 2)
    records[0]["previous_hash"] = "sha256:" + "0" * 64
    rewrite(path, records)
    return f"{path}:1", "previous_hash is not the hash of revision 2"


def a_state_that_knows_less(folder: Path) -> tuple[str, str]:
    _, records = records_of(folder, 0)
    change_state(folder, "DELETE FROM articles WHERE id = ?", records[3]["id"])
    return str(folder / "state.sqlite3"), f"article {records[3]['id']} was delivered, but is not in the state"


def a_state_that_knows_more(folder: Path) -> tuple[str, str]:
    change_state(folder, "INSERT INTO entries VALUES ('1700000000-1', NULL, 1)")
    return str(folder / "state.sqlite3"), "teaser 1700000000-1 is delivered according to the state, but is in no file"


def a_state_of_another_revision(folder: Path) -> tuple[str, str]:
    _, records = records_of(folder, 0)
    change_state(folder, "UPDATE articles SET revision = 7 WHERE id = ?", records[0]["id"])
    return str(folder / "state.sqlite3"), f"article {records[0]['id']}: revision 7 in the state"


def a_state_that_forgot_a_removal(folder: Path) -> tuple[str, str]:
    change_state(folder, "UPDATE articles SET status = 'delivered'")
    return str(folder / "state.sqlite3"), "is delivered in the state, but not in the files"


def a_state_that_is_missing(folder: Path) -> tuple[str, str]:
    (folder / "state.sqlite3").unlink()
    return str(folder / "state.sqlite3"), "is missing"


def a_state_that_is_damaged(folder: Path) -> tuple[str, str]:
    (folder / "state.sqlite3").write_bytes(b"no database" * 1000)
    return str(folder / "state.sqlite3"), "damaged"


HARMS = (
    a_changed_byte,
    a_torn_line,
    a_line_that_is_no_record,
    a_record_that_breaks_its_schema,
    a_day_that_no_calendar_has,
    a_missing_file,
    a_file_of_nobody,
    a_missing_manifest,
    a_missing_first_manifest,
    a_missing_last_manifest,
    no_manifest_at_all,
    a_changed_manifest,
    a_manifest_that_is_none,
    a_doubled_article,
    a_doubled_teaser,
    a_hole_in_the_revisions,
    a_version_behind_another,
    a_state_that_knows_less,
    a_state_that_knows_more,
    a_state_of_another_revision,
    a_state_that_forgot_a_removal,
    a_state_that_is_missing,
    a_state_that_is_damaged,
)


# The command does the same for all; a process for each of them would cost more than it tells.
IN_A_CHILD = (a_torn_line, a_missing_manifest, a_manifest_that_is_none, a_state_that_is_damaged)


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__.replace("_", " "))
def test_verify_names_what_is_wrong_with_file_and_line_and_ends_with_15(
    harm: Callable[[Path], tuple[str, str]], folder: Path
) -> None:
    place, words = harm(folder)
    before = records_in(folder)
    if harm in IN_A_CHILD:
        done = scrapy("verify", output=folder)
        assert (done.code, done.stderr) == (15, ""), done.stdout
        *found, last = done.stdout.splitlines()
        assert last.endswith(f": {pluralize(len(found), 'fault')}")
    else:
        found = faults(folder)
    assert any(line.startswith(f"{place}: ") and words in line for line in found), found
    # It looks, and mends nothing.
    assert records_in(folder) == before


def test_verify_says_how_much_it_has_checked_when_nothing_is_wrong(folder: Path) -> None:
    done = scrapy("verify", output=folder)
    archived = sum(
        sum(1 for _ in ArchiveIterator(str(path), parse_http=False)) for path in (folder / "archive").iterdir()
    )
    assert archived > 2 * 3
    assert (done.code, done.stdout) == (0, f"3 manifests, 8 files, 14 records, {archived} archived: no faults\n")


def test_verify_counts_one_of_each_as_one(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(1)
    assert crawl(f"{server.url}/article/163/", output, settings={"VOK_ARCHIVE": 0}).code == 0
    change_state(output, "INSERT INTO entries VALUES ('1-1', NULL, 1)")
    done = scrapy("verify", output=output)
    *_, last = done.stdout.splitlines()
    assert last == "1 manifest, 2 files, 2 records, 0 archived: 1 fault", done.stdout


def test_verify_of_a_folder_where_nothing_was_delivered_is_a_wrong_setting(output: Path) -> None:
    done = scrapy("verify", output=output)
    assert done.code == 2
    assert "VOK_OUTPUT_DIR" in done.stderr
    assert not output.exists()
