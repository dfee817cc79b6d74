"""Archives of the same name, from several folders or machines, are not taken for one another."""

from __future__ import annotations

from pathlib import Path

import pytest
from captures import packed, records, site_of, whole
from replaying import replay

SITE = site_of(12)
PAGES = whole(SITE)
IDS = {each["id"] for each in SITE.truth()["articles"]}


@pytest.mark.parametrize("calls", [1, 2])
def test_findings_of_archives_of_one_name_stand_side_by_side(calls: int, tmp_path: Path) -> None:
    """Whether one call makes them or, as on several machines, one each."""
    parts = [packed(records(PAGES[:7]), tmp_path / "a" / "site.warc.gz")]
    parts.append(packed(records(PAGES[7:]), tmp_path / "b" / "site.warc.gz"))
    for given in [parts] if calls == 1 else [parts[:1], parts[1:], parts[:1]]:
        done = replay(*given, "--findings", tmp_path / "found", to=None)
        assert (done.code, done.stderr) == (0, "")
    assert len(list((tmp_path / "found").iterdir())) == 2
    taken = replay(tmp_path / "found", to=tmp_path / "to")
    assert (taken.code, {each["id"] for each in taken.articles()}) == (0, IDS)
