"""Invalid header fields cost only their own record, wherever in a file it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.replaying import replay
from tests.support.warc_captures import AT, http, member_starts, packed, record, records, site_of, whole

SITE = site_of(5)
PAGES = whole(SITE)
IDS = {each["id"] for each in SITE.truth()["articles"]}

NOT_HERE = "that is in none of the given archives"
ELSEWHERE = {"WARC-Type": "revisit", "WARC-Refers-To-Filename": "a.warc.gz"}
FORGED = {
    "a block's digest as long as its forger likes": (
        {"WARC-Block-Digest": "shake_128:abcd"},
        "its block does not match its digest",
    ),
    "a payload's digest as long as its forger likes": (
        {"WARC-Payload-Digest": "shake_256:abcd"},
        "its payload does not match its digest",
    ),
    "an offset that is no ASCII": ({**ELSEWHERE, "WARC-Refers-To-File-Offset": "²"}, NOT_HERE),
    "an offset of 5000 digits": ({**ELSEWHERE, "WARC-Refers-To-File-Offset": "9" * 5000}, NOT_HERE),
    "an offset behind all files": ({**ELSEWHERE, "WARC-Refers-To-File-Offset": "9" * 30}, NOT_HERE),
    "a file's name of 5000 letters": (
        {**ELSEWHERE, "WARC-Refers-To-Filename": "a" * 5000, "WARC-Refers-To-File-Offset": "5"},
        NOT_HERE,
    ),
    "a moment before the calendar": ({"WARC-Date": "0001-01-01T00:00:00+14:00"}, "invalid WARC-Date"),
    "a moment of the first year": ({"WARC-Date": "0001-01-01T00:00:00Z"}, "invalid WARC-Date"),
    "a moment behind the calendar": ({"WARC-Date": "9999-12-31T23:59:59-14:00"}, "invalid WARC-Date"),
    "a length of 5000 digits": ({"Content-Length": "9" * 5000}, "its Content-Length is wrong: 999"),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_field_costs_its_record_alone(forged: str, tmp_path: Path) -> None:
    fields, saying = FORGED[forged]
    bad = record(PAGES[1].url, http(PAGES[1].answer), AT, fields=fields)
    for name, at in (("first", 0), ("later", 3)):
        written = records(PAGES)
        written.insert(at, bad)
        path = packed(written, tmp_path / f"{name}.warc.gz")
        done = replay(path, "--workers=1", to=tmp_path / name)
        assert (done.code, {each["id"] for each in done.articles()}) == (10, IDS)
        assert [fault.partition(saying)[0] for fault in done.faults] == [done.faults[0].partition(saying)[0]]
        assert done.faults[0].startswith(f"{path}: at {member_starts(written)[at]}: ")
        assert saying in done.faults[0]


@pytest.mark.parametrize("name", ["20241399T000000Z.warc.gz", "00000000T000000Z-2.00003.warc.gz"])
def test_a_name_that_only_looks_like_a_run_is_one_of_others(name: str, tmp_path: Path) -> None:
    done = replay(packed(records(PAGES), tmp_path / name), "--workers=1", to=tmp_path / "to")
    assert (done.code, done.stderr) == (0, "")
    assert done.manifest["run_id"] == "20241210T060000Z"
    assert {each["id"] for each in done.articles()} == IDS
