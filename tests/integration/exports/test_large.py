"""A large archive needs little more memory than a small one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.children import measure
from tests.conftest import FULL_SIZE
from tests.support.children import ROOT
from tests.support.crawling import environment
from tests.support.written_records import article, removal, run_id, teaser, words, write_archive, write_lines

pytestmark = pytest.mark.thorough

FIRST, SECOND, THIRD = "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"
SMALL, LARGE = (10_000, 70_000) if FULL_SIZE else (5_000, 40_000)
CHARACTERS = 800
# What a large archive may take more: caches that a small one does not fill, and nothing that grows with the records.
MOST_MB = 60.0


def make(output: Path, count: int) -> Path:
    """An archive of so many articles: a tenth has a second version, a twentieth is gone; a teaser for each."""
    pool = words("pool", 200_000)

    def body(place: int) -> str:
        start = place * 787 % (len(pool) - CHARACTERS)
        return f"{place} {pool[start : start + CHARACTERS]}"

    write_lines(
        output / "articles" / f"{run_id(FIRST)}.jsonl", (article(each, FIRST, body=body(each)) for each in range(count))
    )
    write_lines(
        output / "articles" / f"{run_id(SECOND)}.jsonl",
        (article(each, SECOND, revision=2, body=body(-each - 1)) for each in range(0, count, 10)),
    )
    write_lines(output / "teasers" / f"{run_id(FIRST)}.jsonl", (teaser(each, FIRST) for each in range(count)))
    write_lines(output / "removals" / f"{run_id(THIRD)}.jsonl", (removal(each, THIRD) for each in range(0, count, 20)))
    return output


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("archives")
    return make(folder / "small", SMALL), make(folder / "large", LARGE)


def peak(archive: Path, target: Path, *options: str) -> float:
    """The most memory that an export took, in MB."""
    command = [sys.executable, "-m", "scrapy", "export", "--to", str(target), "-s", f"VOK_OUTPUT_DIR={archive}"]
    return measure([*command, *options], ROOT, environment()).peak


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("x.csv", ("--no-near-duplicates",)),
        ("x.jsonl.zst", ("--no-near-duplicates", "--what", "articles")),
        ("x.parquet", ("--no-near-duplicates",)),
        ("x.xlsx", ("--no-near-duplicates",)),
        ("x.sqlite", ("--no-near-duplicates",)),
    ],
    ids=["csv", "all versions", "parquet", "xlsx", "sqlite"],
)
def test_memory_does_not_grow_with_the_archive(
    name: str, options: tuple[str, ...], archives: tuple[Path, Path], tmp_path: Path
) -> None:
    small, large = archives
    few = peak(small, tmp_path / f"small-{name}", *options)
    many = peak(large, tmp_path / f"large-{name}", *options)
    assert many - few < MOST_MB, f"{few:.0f} MB for {SMALL} articles, {many:.0f} MB for {LARGE}"


def test_the_index_of_near_duplicates_is_not_kept_in_memory(tmp_path: Path) -> None:
    # Texts that have nothing in common, so that each is remembered, with a kilobyte; both archives fill the caches.
    small, large = (15_000, 45_000) if FULL_SIZE else (10_000, 35_000)
    few, many = (
        write_archive(tmp_path / str(count), *(article(number, FIRST) for number in range(count)))
        for count in (small, large)
    )
    less, more = peak(few, tmp_path / "few.csv"), peak(many, tmp_path / "many.csv")
    print(f"{less:.0f} MB for {small} articles, {more:.0f} MB for {large}")
    assert more - less < 20
