"""Archives that are made without crawling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import scale
from benchmarks.archives import REVISED_OF, ArchiveSize, make_archive
from benchmarks.children import Cost
from benchmarks.scale import Growth
from vokcrawl.integrity.verify import Verification
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.record_files import read_kind


@pytest.mark.parametrize("warc", [False, True])
def test_made_archive_has_the_asked_size_and_passes_verify(tmp_path: Path, warc: bool) -> None:
    make_archive(tmp_path / "output", ArchiveSize(articles=2 * REVISED_OF, runs=3, warc=warc))
    folder = OutputFolder(tmp_path / "output")
    check = Verification(folder)
    assert [str(fault) for fault in check.faults()] == []
    assert check.manifests == 3
    assert bool(check.archived) == warc
    ids = Counter(line.record["id"] for line in read_kind(folder, "articles") if line.record)
    assert len(ids) == 2 * REVISED_OF
    assert max(ids.values()) == 2, "one was revised"
    assert len(list(read_kind(folder, "removals"))) == 1


def test_made_archive_may_have_more_runs_than_articles(tmp_path: Path) -> None:
    make_archive(tmp_path / "output", ArchiveSize(articles=2, runs=5))
    check = Verification(OutputFolder(tmp_path / "output"))
    assert [str(fault) for fault in check.faults()] == []
    assert check.manifests == 5


@pytest.mark.parametrize(
    ("seconds", "is_linear"),
    [
        ([0.5, 1.4, 10.4], True),  # 100 us for each article
        ([0.5, 0.6, 0.9], True),  # too little to measure
        ([0.5, 1.4, 100.0], False),
        ([0.5, 0.5, 30.0], False),
    ],
)
def test_growth_above_linear_is_detected(seconds: list[float], is_linear: bool) -> None:
    costs = [Cost(wall=each, cpu=each, peak=50.0) for each in seconds]
    assert Growth("verify", [1_000, 10_000, 100_000], costs).is_linear == is_linear


@pytest.mark.parametrize(("power", "code"), [(1, 0), (2, 1)])
def test_growth_above_linear_ends_with_1(
    power: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def cost(_: Sequence[str], output: Path) -> Cost:
        size = (10, 20, 40)[int(output.name.rpartition("-")[2])]
        return Cost(wall=1.0, cpu=size**power, peak=50.0)

    # No command grows so fast.
    monkeypatch.setattr(scale, "command", cost)
    monkeypatch.setattr(scale, "make_archive", lambda *_: None)
    assert scale.main(["--articles", "10,20,40", "--runs", "10,20,40"]) == code
    assert ("CPU time per article grew by" in capsys.readouterr().err) == bool(code)
