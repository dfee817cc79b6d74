"""Archives can be read in parts, on several machines: taken in together, the result is the same set of records."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from captures import AT, HOST, got, http, packed, record, records, site_of, whole
from crawling import Crawl
from replaying import replay
from scheduling import ALWAYS, T0, contents

from vokcrawl.sample import SampleServer


def all_records(done: Crawl) -> dict[str, list[str]]:
    """All records as they stand in the files, sorted."""
    kinds = ("articles", "teasers", "removals", "rejected")
    return {kind: sorted(json.dumps(each) for each in done.records(kind)) for kind in kinds}


def test_findings_made_in_parts_and_taken_in_together_give_the_records_of_one_replay(
    crawl: Callable[..., Crawl], serve: Callable[..., SampleServer], tmp_path: Path
) -> None:
    """With versions, removals, what was seen only once, and bodies that stand in another part (revisits)."""
    server = serve(60, page_size=10)
    url, output, site = f"{server.url}/article/163/", tmp_path / "output", server.site
    ids = [each["id"] for each in site.truth()["articles"]]
    small = {**ALWAYS, "VOK_ARCHIVE_SIZE": 1}
    for hours in (0, 1, 2, 30, 60):
        done = crawl(url, output, settings=small, at=T0 + timedelta(hours=hours))
        assert done.code == 0, done.stderr
        site.edit(ids[hours % 7])
        site.publish(1)
        if hours == 1:
            site.remove(ids[50])
        if hours == 30:
            site.restore(ids[50])
    whole_replay = replay(to=tmp_path / "whole", output=output, settings={})
    assert len(whole_replay.removals()) == 1
    files = sorted((output / "archive").iterdir())
    assert len(files) >= 5
    for number, part in enumerate((files[::2], files[1::2])):
        done = replay(*part, "--findings", tmp_path / f"part{number}", to=None, output=output, settings={})
        assert (done.code, done.stderr) == (0, "")
    merged = replay(tmp_path / "part1", tmp_path / "part0", to=tmp_path / "merged", settings={})
    assert (merged.code, merged.stderr) == (0, "")
    assert all_records(merged) == all_records(whole_replay)
    assert [each["run_id"] for each in merged.manifests()] == [each["run_id"] for each in whole_replay.manifests()]
    # Findings and archives go together, too.
    mixed = replay(tmp_path / "part0", *files[1::2], to=tmp_path / "mixed", settings={})
    assert all_records(mixed) == all_records(whole_replay)


def test_faults_and_what_is_passed_over_come_through_the_findings(tmp_path: Path) -> None:
    site = site_of(12)
    pages = whole(site)
    foreign = record("http://elsewhere.example/", http(pages[0].answer))
    written = [foreign, *records(pages)]
    path = packed(written, tmp_path / "a.warc.gz")
    path.write_bytes(path.read_bytes()[:-10])
    at_once = replay(path, to=tmp_path / "once")
    done = replay(path, "--findings", tmp_path / "found", to=None)
    assert (done.code, done.faults) == (10, at_once.faults)
    taken = replay(tmp_path / "found", to=tmp_path / "to")
    assert taken.code == 10
    assert all_records(taken) == all_records(at_once)
    told = [each.manifest["replayed"] for each in (taken, at_once)]
    assert told[0] | {"at": ""} == told[1] | {"at": ""}


@pytest.mark.parametrize("harm", ["cut", "foreign", "nonsense"])
def test_a_file_of_findings_that_is_not_whole_is_named_and_the_rest_taken_in(harm: str, tmp_path: Path) -> None:
    site = site_of(12)
    path = packed(records(whole(site)), tmp_path / "a.warc.gz")
    replay(path, "--findings", tmp_path / "found", to=None)
    [found] = (tmp_path / "found").iterdir()
    lines = found.read_bytes().splitlines(keepends=True)
    if harm == "cut":
        found.write_bytes(b"".join(lines[:-1]))
    elif harm == "foreign":
        found.write_bytes(b"".join([*lines[:-1], b'[{"kind": "article", "x": 1}]\n', lines[-1]]))
    else:
        found.write_bytes(b"".join([*lines[:-1], b"\x00\xff{{{\n", lines[-1]]))
    done = replay(found, to=tmp_path / "to")
    assert done.code == 10
    assert len(done.faults) == 1
    assert str(found) in done.faults[0]
    assert len(done.articles()) == 12


def test_findings_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = packed(records(whole(site_of(12))), tmp_path / "a.warc.gz")
    replay(path, "--findings", tmp_path / "found", to=None)
    before = contents(tmp_path / "found")
    assert [re.sub("[0-9a-f]{16}", "X", each) for each in before] == ["a.warc.gz.X.findings"]
    # Made once more they are the same.
    replay(path, "--findings", tmp_path / "found", to=None)
    assert contents(tmp_path / "found") == before


@pytest.mark.parametrize("workers", [2, 5])
def test_the_number_of_workers_changes_nothing(workers: int, tmp_path: Path) -> None:
    site = site_of(150)
    pages = whole(site)
    again = got(site, [pages[1].url.removeprefix(HOST)], AT + timedelta(days=1))
    path = packed(records([*pages, *again]), tmp_path / "a.warc.gz")
    done = replay(path, f"--workers={workers}", to=tmp_path / "to")
    one = replay(path, "--workers=1", to=tmp_path / "one")
    assert done.code == 0
    for kind in ("articles", "teasers"):
        assert done.records(kind) == one.records(kind)
