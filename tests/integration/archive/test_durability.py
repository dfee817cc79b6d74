"""The archive survives a full disk, a kill, a lost state and a damaged file; each loss is reported."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.archive_reader import archive, assert_places_hold, of_kind, pairs
from tests.support.commands import (
    ALWAYS,
    ONE_BY_ONE,
    QUIET,
    crawl_with_fault,
    crawling,
    delivered,
    ended_by,
    faults,
    log_of,
    scrapy,
    wait_for,
)
from tests.support.crawling import Crawl, run_crawl
from tests.support.expected_records import assert_same, assert_whole
from tests.support.recording_server import RecordingServer, message
from vokcrawl.sample import Answer, SampleSite
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.warc.gzip_members import compress_member, members

Crawling = Callable[..., Crawl]


def without_validators(_: str, answer: Answer) -> bytes:
    """So that each page comes whole each time."""
    kept = [each for each in answer.headers if each[0] not in ("ETag", "Last-Modified")]
    return message(answer.status, kept, answer.body)


def bulky(target: str, answer: Answer) -> bytes:
    """Pages that can hardly be packed, so that the archive is what grows."""
    bulk = random.Random(target).randbytes(15_000).hex().encode()
    body = answer.body.replace(b"</body>", b"<!-- " + bulk + b" --></body>")
    return message(answer.status, [("Content-Type", "text/html")], body)


def files(output: Path) -> list[Path]:
    return list(OutputFolder(output).archive_files())


def test_an_archive_that_cannot_grow_ends_the_run_with_15_and_the_next_one_goes_on(
    crawl: Crawling, output: Path
) -> None:
    site = SampleSite(40, faults=())
    with RecordingServer(site, bulky) as server:
        url = f"{server.url}/article/163/"
        assert crawl_with_fault("often,largest:400000", url, output, QUIET) == 15
        log = log_of(output).read_text(encoding="utf-8")
        (part,) = (output / "archive").iterdir()
        assert f"CRITICAL: {part}: " in log
        assert "what was committed is safe" in log
        had = delivered(output)
        assert 0 < had < 40
        done = crawl(url, output, settings=QUIET)
        assert done.code == 0, done.stderr
    assert_same(done.articles(), site.truth()["articles"])
    assert faults(output) == []
    assert_places_hold(output, done.articles())
    assert list(output.rglob("*.part")) == []


def killed(url: str, output: Path, settings: dict[str, object]) -> None:
    """A crawl that was killed in the middle; behind what was committed to the archive lies half a member."""
    with crawling(url, output, {**QUIET, **ONE_BY_ONE, "DOWNLOAD_DELAY": 0.02, **settings}, fault="often") as process:
        wait_for(lambda: delivered(output) >= 10, process)
        ended_by(process, signal.SIGKILL)
    for part in (output / "archive").glob("*.part"):
        with part.open("ab") as file:
            file.write(compress_member(b"WARC/1.1\r\n" * 100)[:-3])


@pytest.mark.kill
def test_a_file_is_truncated_to_its_committed_length_also_after_a_roll_over(crawl: Crawling, output: Path) -> None:
    site = SampleSite(25, faults=())
    with RecordingServer(site, without_validators) as server:
        url = f"{server.url}/article/163/"
        settings: dict[str, object] = {"VOK_ARCHIVE_SIZE": "0.02"}
        killed(url, output, settings)
        assert len(list((output / "archive").glob("*.part"))) > 1
        assert faults(output) == []
        done = crawl(url, output, settings=QUIET | settings)
        assert done.code == 0, done.stderr
    assert_whole(done, site)
    assert faults(output) == []
    assert_places_hold(output, done.articles())
    first, second = done.manifests()
    assert first["outcome"] == "crashed"
    assert "archive" not in first["counts"]
    result = [each for manifest in (first, second) for each in manifest["files"] if each["path"].startswith("archive/")]
    assert {output / each["path"] for each in result} == set(files(output))
    assert all(each["bytes"] == (output / each["path"]).stat().st_size for each in result)
    # Nothing refers to what was cut off.
    pairs(archive(output))


@pytest.mark.kill
def test_a_state_that_is_lost_after_a_kill_costs_no_whole_record_of_the_archive(crawl: Crawling, output: Path) -> None:
    site = SampleSite(25, faults=())
    with RecordingServer(site, without_validators) as server:
        url = f"{server.url}/article/163/"
        killed(url, output, {})
        for path in output.glob("state.sqlite3*"):
            path.unlink()
        (part,) = (output / "archive").glob("*.part")
        with part.open("rb") as file:
            whole = sum(member.data is not None for member in members(file))
        done = scrapy("repair", "--rebuild-state", output=output)
        assert done.code == 0, done.stderr
        assert len(archive(output)) == whole
        assert faults(output) == []
        after = crawl(url, output, settings=QUIET)
        assert after.code == 0, after.stderr
    assert_same(after.articles(), site.truth()["articles"])
    assert_places_hold(output, after.articles())
    assert faults(output) == []


def test_a_rebuilt_state_knows_which_payloads_are_archived(crawl: Crawling, output: Path) -> None:
    with RecordingServer(SampleSite(5, faults=()), without_validators) as server:
        url = f"{server.url}/article/163/"
        assert crawl(url, output, settings=ALWAYS).code == 0
        (output / "state.sqlite3").unlink()
        assert scrapy("repair", "--rebuild-state", output=output).code == 0
        assert crawl(url, output, settings=ALWAYS).code == 0
    second = [answer for answer, _ in pairs(archive(output)) if files(output)[1].name == answer.file]
    assert len(second) == 7
    assert {answer.kind for answer in second} == {"revisit"}
    assert faults(output) == []


# Gives the tables and columns of a state the names that they had in version 1.
_VERSION_1 = """
ALTER TABLE runs RENAME COLUMN manifest_draft TO draft;
ALTER TABLE listing_crawls RENAME COLUMN covered_since TO back_to;
ALTER TABLE listing_crawls RENAME TO walks;
ALTER TABLE entries RENAME COLUMN crawl TO walk;
ALTER TABLE listings RENAME COLUMN covered_since TO back_to;
ALTER TABLE listings RENAME COLUMN first_page_ids TO head;
ALTER TABLE listings RENAME COLUMN rescanned_at TO swept_at;
ALTER TABLE routes RENAME TO ways;
ALTER TABLE retries RENAME COLUMN first_failed_at TO first_at;
ALTER TABLE retries RENAME COLUMN next_attempt_at TO next_at;
ALTER TABLE retries RENAME TO owed;
PRAGMA user_version = 1;
"""


def test_a_state_from_before_there_was_an_archive_is_taken_over(crawl: Crawling, output: Path) -> None:
    with RecordingServer(SampleSite(5, faults=()), without_validators) as server:
        url = f"{server.url}/article/163/"
        assert crawl(url, output, settings=ALWAYS, env={"VOK_ARCHIVE": "0"}).code == 0
        with closing(sqlite3.connect(output / "state.sqlite3")) as db:
            db.executescript(f"DROP TABLE payloads; {_VERSION_1}")
        for kinds in ({"response"}, {"revisit"}):
            done = crawl(url, output, settings=ALWAYS)
            assert (done.code, done.manifest["counts"]) == (0, {}), done.stderr
            newest = [answer for answer, _ in pairs(archive(output)) if answer.file == files(output)[-1].name]
            assert {answer.kind for answer in newest} == kinds
    assert faults(output) == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two runs left; the second one met what the first had seen."""
    output = tmp_path_factory.mktemp("whole") / "output"
    with RecordingServer(SampleSite(5, faults=()), without_validators) as server:
        for _ in range(2):
            done = run_crawl(f"{server.url}/article/163/", output, settings=ALWAYS)
            assert done.code == 0, done.stderr
    assert faults(output) == []
    return output


@pytest.fixture
def folder(whole: Path, output: Path) -> Path:
    """A copy of it, to be harmed."""
    shutil.copytree(whole, output)
    return output


def articles(folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    (path,) = (folder / "articles").iterdir()
    return path, [json.loads(line) for line in path.read_bytes().splitlines()]


def rewrite(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records), encoding="utf-8")


def change(path: Path, offset: int, old: bytes, new: bytes) -> None:
    """Changes what a member holds, and compresses it again: its gzip check is right, its digests are not."""
    content = path.read_bytes()
    with path.open("rb") as file:
        member = next(members(file, offset))
    assert member.data is not None
    assert old in member.data
    path.write_bytes(content[:offset] + compress_member(member.data.replace(old, new, 1)) + content[member.end :])


def a_byte_of_a_member(folder: Path) -> tuple[str, str]:
    path = files(folder)[0]
    offset = articles(folder)[1][2]["archived_as"]["offset"]
    content = bytearray(path.read_bytes())
    content[offset + 400] ^= 1
    path.write_bytes(bytes(content))
    return f"{path}: offset {offset}: ", "gzip"


def a_page_that_was_changed(folder: Path) -> tuple[str, str]:
    path = files(folder)[0]
    offset = articles(folder)[1][2]["archived_as"]["offset"]
    change(path, offset, b"<p>", b"<q>")
    return f"{path}: offset {offset}: ", "its payload does not match its digest"


def a_head_that_was_changed(folder: Path) -> tuple[str, str]:
    path = files(folder)[0]
    offset = articles(folder)[1][2]["archived_as"]["offset"]
    change(path, offset, b"200 OK", b"201 OK")
    return f"{path}: offset {offset}: ", "its block does not match its digest"


def a_file_that_was_cut_off(folder: Path) -> tuple[str, str]:
    path = files(folder)[0]
    path.write_bytes(path.read_bytes()[:-5])
    return f"{path}: offset ", "the file ends within it"


def a_record_that_is_missing(folder: Path) -> tuple[str, str]:
    path = files(folder)[1]
    last = archive(folder)[-1]
    path.write_bytes(path.read_bytes()[: last.offset])
    return f"{path}: records: ", "but its manifest says"


def a_file_that_is_missing(folder: Path) -> tuple[str, str]:
    path = files(folder)[0]
    path.unlink()
    return f"{articles(folder)[0]}:1: ", "archived_as"


def a_place_that_is_another_articles(folder: Path) -> tuple[str, str]:
    path, records = articles(folder)
    records[1]["archived_as"], records[2]["archived_as"] = records[2]["archived_as"], records[1]["archived_as"]
    rewrite(path, records)
    return f"{path}:2: article {records[1]['id']}: archived_as: ", f"not of {records[1]['url']}"


def a_place_where_nothing_begins(folder: Path) -> tuple[str, str]:
    path, records = articles(folder)
    records[1]["archived_as"]["offset"] += 1
    rewrite(path, records)
    return f"{path}:2: article {records[1]['id']}: archived_as: ", "gzip"


def a_place_behind_the_end(folder: Path) -> tuple[str, str]:
    path, records = articles(folder)
    records[1]["archived_as"]["offset"] = 10**9
    rewrite(path, records)
    return f"{path}:2: article {records[1]['id']}: archived_as: ", "nothing is stored there"


def a_place_of_a_request(folder: Path) -> tuple[str, str]:
    path, records = articles(folder)
    place = records[1]["archived_as"]
    asked = next(rec for rec in of_kind(archive(folder), "request") if rec.offset > place["offset"])
    place["offset"] = asked.offset
    rewrite(path, records)
    return f"{path}:2: article {records[1]['id']}: archived_as: ", "a request record"


def a_place_that_climbs(folder: Path) -> tuple[str, str]:
    path, records = articles(folder)
    records[1]["archived_as"]["file"] = "../../../etc/passwd"
    rewrite(path, records)
    return f"{path}:2: article {records[1]['id']}: archived_as: ", "not the name of an archive file"


def a_reference_that_leads_nowhere(folder: Path) -> tuple[str, str]:
    path = files(folder)[1]
    revisit = of_kind(archive(folder), "revisit")[2]
    change(path, revisit.offset, b"WARC-Refers-To-File-Offset: ", b"WARC-Refers-To-File-Offset: 9")
    return f"{path}: offset {revisit.offset}: it refers to a missing record: ", "nothing is stored there"


def a_file_that_no_manifest_names(folder: Path) -> tuple[str, str]:
    path = folder / "archive" / "20290101T000000Z.00002.warc.gz"
    path.write_bytes(b"")
    return f"{path}: ", "no manifest names this file"


HARMS = (
    a_byte_of_a_member,
    a_page_that_was_changed,
    a_head_that_was_changed,
    a_file_that_was_cut_off,
    a_record_that_is_missing,
    a_file_that_is_missing,
    a_place_that_is_another_articles,
    a_place_where_nothing_begins,
    a_place_behind_the_end,
    a_place_of_a_request,
    a_place_that_climbs,
    a_reference_that_leads_nowhere,
    a_file_that_no_manifest_names,
)


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__.replace("_", " "))
def test_verify_names_what_is_wrong_with_the_archive_and_where(
    harm: Callable[[Path], tuple[str, str]], folder: Path
) -> None:
    place, words = harm(folder)
    found = faults(folder)
    assert any(line.startswith(place) and words in line for line in found), found
