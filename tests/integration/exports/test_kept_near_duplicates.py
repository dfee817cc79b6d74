"""The index of near duplicates is kept between exports, and gives what a new one would."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from tests.support.written_records import Record, article, exported_records, run_id, words, write_archive
from vokcrawl.exports.near_duplicates.index import NearDuplicates
from vokcrawl.exports.near_duplicates.kept import NAME

Marked = dict[str, tuple[str, float]]


def marked(output: Path, tmp_path: Path, **options: str) -> Marked:
    return {
        row["id"]: (row["near_duplicate_of"], row["near_duplicate_score"])
        for row in exported_records(output, tmp_path, **options)
    }


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the articles that exports compare with others."""
    ids: list[str] = []
    add = NearDuplicates.add

    def noted(self: NearDuplicates, identity: str, *args: object) -> object:
        ids.append(identity)
        return add(self, identity, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(NearDuplicates, "add", noted)
    return ids


def a_story(number: int, day: int = 1, **fields: object) -> Record:
    """Every third article retells the story before it."""
    moment = f"2024-01-{day:02d}T00:00:00Z"
    body = f"{words(number - number % 3 // 2, 150)} {'Again.' * (number % 3 // 2)}"
    return article(number, moment, **{"body": body, **fields})


def test_second_export_compares_only_new_articles(output: Path, tmp_path: Path, added: list[str]) -> None:
    stories = [a_story(number) for number in range(7)]
    first = marked(write_archive(output, *stories), tmp_path)
    assert first[stories[2]["id"]][0] == stories[1]["id"]
    assert len(added) == 7
    added.clear()
    assert marked(output, tmp_path) == first
    assert added == []
    late = a_story(7, day=2)
    write_archive(output, late)
    assert marked(output, tmp_path)[late["id"]] == (None, None)
    assert added == [late["id"]]


@pytest.mark.parametrize("seed", range(4))
def test_kept_index_gives_what_a_new_one_would_after_any_changes(output: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    texts: dict[int, Record] = {}
    for day in range(1, 7):
        records = []
        for number in rng.sample(range(24), 5):
            before = texts.get(number)
            if before is None:
                texts[number] = a_story(number, day)
            else:
                # Another story, or one of those that others tell.
                body = rng.choice([words(rng.random(), 150), rng.choice(list(texts.values()))["body"]])
                texts[number] = a_story(number, day, body=body, revision=before["revision"] + 1)
            records.append(texts[number])
        write_archive(output, *records)
        if day == 4:
            (output / "articles" / f"{run_id('2024-01-02T00:00:00Z')}.jsonl").unlink()
        kept = marked(output, tmp_path)
        (output / NAME).rename(tmp_path / "aside")
        assert kept == marked(output, tmp_path)
        (tmp_path / "aside").rename(output / NAME)


def test_export_of_an_earlier_day_leaves_the_index_alone(output: Path, tmp_path: Path) -> None:
    write_archive(output, a_story(1), a_story(2, day=2))
    marked(output, tmp_path)
    before = (output / NAME).read_bytes()
    assert marked(output, tmp_path, as_of="2024-01-01") == {a_story(1)["id"]: (None, None)}
    assert (output / NAME).read_bytes() == before


@pytest.mark.parametrize("content", [b"no database" * 1000, b""])
def test_damaged_index_is_rebuilt(output: Path, tmp_path: Path, content: bytes, added: list[str]) -> None:
    wanted = marked(write_archive(output, a_story(1), a_story(2)), tmp_path)
    (output / NAME).write_bytes(content)
    assert marked(output, tmp_path) == wanted
    added.clear()
    assert marked(output, tmp_path) == wanted
    assert added == []


def test_index_of_another_version_is_rebuilt(output: Path, tmp_path: Path, added: list[str]) -> None:
    wanted = marked(write_archive(output, a_story(1), a_story(2)), tmp_path)
    db = sqlite3.connect(output / NAME)
    db.execute("PRAGMA user_version=99")
    db.execute("ALTER TABLE bands RENAME TO other")
    db.close()
    assert marked(output, tmp_path) == wanted
    added.clear()
    assert marked(output, tmp_path) == wanted
    assert added == []


def test_file_of_another_program_is_not_changed(output: Path, tmp_path: Path) -> None:
    write_archive(output, a_story(1), a_story(2))
    db = sqlite3.connect(output / NAME)
    db.execute("CREATE TABLE mine (a)")
    db.close()
    before = (output / NAME).read_bytes()
    assert marked(output, tmp_path)[a_story(2)["id"]][0] == a_story(1)["id"]
    assert (output / NAME).read_bytes() == before


def test_export_works_where_no_index_can_be_kept(output: Path, tmp_path: Path) -> None:
    write_archive(output, a_story(1), a_story(2))
    (output / NAME).mkdir()
    assert marked(output, tmp_path)[a_story(2)["id"]][0] == a_story(1)["id"]


def test_failed_export_leaves_the_index_as_it_was(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_archive(output, a_story(1))
    marked(output, tmp_path)
    before = (output / NAME).read_bytes()
    write_archive(output, a_story(2, day=2))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(NearDuplicates, "add", interrupted)
        with pytest.raises(KeyboardInterrupt):
            marked(output, tmp_path)
    assert (output / NAME).read_bytes() == before
    assert marked(output, tmp_path)[a_story(2)["id"]][0] == a_story(1)["id"]
