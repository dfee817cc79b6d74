"""Files of findings that were damaged or forged are named, and the rest is taken in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from captures import packed, records, site_of, whole
from replaying import replay

PAGES = whole(site_of(5))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The lines of a file of findings."""
    folder = tmp_path_factory.mktemp("found")
    archive = packed(records(PAGES), folder / "a.warc.gz")
    assert replay(archive, "--workers=1", "--findings", folder / "found", to=None).code == 0
    [path] = (folder / "found").iterdir()
    return path.read_bytes().splitlines()


HEADS: dict[str, tuple[dict[str, Any], str]] = {
    "arguments": ({"manifest": {"arguments": [1]}}, "arguments: no JSON object"),
    "settings": ({"manifest": {"settings": "x"}}, "settings: no JSON object"),
    "listings": ({"manifest": {"listings": 5}}, "listings: no list"),
    "listings of numbers": ({"manifest": {"listings": [5]}}, "listings: no list"),
    "since": ({"manifest": {"arguments": {"since": "nonsense"}}}, "since: 'nonsense'"),
    "a start page": ({"manifest": {"settings": {"VOK_START_URLS": "http://[::1"}}}, "VOK_START_URLS: 'http://[::1'"),
    "a start page's type": ({"manifest": {"arguments": {"start_url": 5}}}, "start_url: '5'"),
    "a list of start pages": ({"manifest": {"settings": {"VOK_START_URLS": ["http://a.example/"]}}}, "VOK_START_URLS"),
    "a number as manifest": ({"manifest": 5}, "must"),
    "name": ({"name": ""}, "no name of a file"),
    "a name elsewhere": ({"name": "../../etc/x.warc.gz"}, "no name of a file"),
    "a long name": ({"name": "x" * 5000}, "no name of a file"),
    "began": ({"began": "9999-99-99T99:99:99Z"}, "must"),
    "began in the first year": ({"began": "0001-01-01T00:00:00Z"}, "no moment of a capture"),
    "size": ({"size": None}, "must"),
}


@pytest.mark.parametrize("forged", HEADS)
def test_a_first_line_that_does_not_say_what_it_must_is_named(forged: str, found: list[bytes], tmp_path: Path) -> None:
    changes, saying = HEADS[forged]
    path = tmp_path / "x.findings"
    path.write_bytes(b"\n".join([json.dumps(json.loads(found[0]) | changes).encode(), *found[1:], b""]))
    done = replay(path, to=tmp_path / "to")
    assert done.code == 2
    assert done.faults[0].startswith(f"{path}: its first line does not say what it must: ")
    assert saying in done.faults[0]


Change = Callable[[dict[str, Any]], Any]
FINDINGS: dict[str, Change] = {
    "a moment": lambda each: each.update(at="nonsense"),
    "a moment of the first year": lambda each: each.update(at="0001-01-01T00:00:00Z"),
    "validators": lambda each: each.update(validators=[]),
    "an item without a body": lambda each: each.update(item={"title": 5, "nope": 1}),
    "an item without a title": lambda each: each["item"].pop("title"),
    "an item of another article": lambda each: each["item"].update(id="1733788800-1"),
    "an identity": lambda each: each.update(identity=7),
    "another identity": lambda each: each.update(identity="1733788800-1"),
    "a flaw without a reason": lambda each: each.update(kind="flawed", reason=None),
    "a kind": lambda each: each.update(kind="nonsense"),
    "a place": lambda each: each.update(place=5),
    "an offset": lambda each: each["place"].update(offset=1 << 70),
    "a position": lambda each: each.update(teasers=[each["teasers"][0] | {"position": -(1 << 70)}]),
    "a teaser": lambda each: each.update(teasers=[{"id": 5}]),
    "an address": lambda each: each.update(url="javascript:alert(1)", identity=None),
    "no address": lambda each: each.pop("url"),
}


@pytest.mark.parametrize("forged", FINDINGS)
def test_findings_that_are_none_are_named_with_their_place_and_the_rest_is_taken_in(
    forged: str, found: list[bytes], tmp_path: Path
) -> None:
    portion = json.loads(found[1])
    FINDINGS[forged](next(each for each in portion if each["kind"] == "article" and each["teasers"]))
    bad = json.dumps(portion).encode()
    path = tmp_path / "x.findings"
    path.write_bytes(b"\n".join([found[0], bad, *found[1:], b""]))
    done = replay(path, to=tmp_path / "to")
    assert (done.code, len(done.faults), len(done.articles())) == (10, 1, 5)
    assert done.faults[0].startswith(f"{path}: at {len(found[0]) + 1}: findings that cannot be read: ")


def test_findings_that_are_nested_without_end_are_named(found: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "x.findings"
    path.write_bytes(b"\n".join([found[0], b"[" * 200_000 + b"]" * 200_000, *found[1:], b""]))
    done = replay(path, to=tmp_path / "to")
    assert (done.code, len(done.faults), len(done.articles())) == (10, 1, 5)
