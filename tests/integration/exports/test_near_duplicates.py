"""Articles that repeat an earlier story are marked, in any order; articles that only share phrases are not."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.near_duplicates import measure
from tests.support.written_records import Record, article, exported_records, identity, removal, words, write_archive
from vokcrawl.exports.near_duplicates.index import THRESHOLD, NearDuplicates
from vokcrawl.exports.near_duplicates.similarity import SHORT, Fingerprint, particulars, similarity
from vokcrawl.sample.doubles import FORMULAS, RETOLD, make_doubles

MOMENT = "2024-01-01T00:00:00Z"
LONG = f"{words('a', 120)}. Present were Ri Un Byol and 12 guests. {words('b', 40)}."


def like(one: str, other: str) -> float:
    return similarity(Fingerprint("", one), Fingerprint("", other))


@settings(deadline=None)
@given(st.text(max_size=600), st.text(max_size=600))
def test_similarity_is_a_symmetric_share_and_1_for_equal_texts(one: str, other: str) -> None:
    assert like(one, one) == 1
    assert 0 <= like(one, other) == like(other, one) <= 1


@settings(deadline=None)
@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1, max_size=200), st.randoms())
def test_case_punctuation_and_white_space_make_no_difference(parts: list[str], rng: random.Random) -> None:
    between = ["\n\n", ", ", " – ", "  ", ". “"]
    other = "".join(word + rng.choice(between) for word in parts)
    assert like(" ".join(parts), other) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ri Un Byol came. He saw 3 farms in Narigol.", {"Ri Un Byol", "3", "Narigol"}),
        (
            '"Nobody knows," said O Chol. 12 went.\n\nPeople of Unbyol laughed--Kim Il did not',
            {"O Chol", "12", "Unbyol", "Kim Il"},
        ),
        ("12월 3일 조선", {"12월", "3일"}),
        ("", set()),
    ],
)
def test_particulars_are_numbers_and_names_but_no_word_that_only_begins_a_sentence(text: str, found: set[str]) -> None:
    assert particulars(text) == found


def test_a_small_change_of_a_long_text_is_similar_and_other_names_and_numbers_are_not() -> None:
    assert like(LONG, LONG.replace(words("b", 40)[:30], "")) > 0.9
    assert like(LONG, f"Narigol, May 3 -- {LONG}") > 0.9
    assert like(LONG, LONG.replace("Ri Un Byol", "O Chol Maru").replace("12", "40")) == 0
    assert like(LONG, f"{words('c', 160)} Ri Un Byol 12.") < 0.3


def test_a_short_text_is_like_the_same_text_alone() -> None:
    short = words("short", 30)
    assert len(Fingerprint("", short).shingles) < SHORT
    assert like(short, short.upper()) == 1
    assert like(short, short[:-1]) == 0


def test_a_headline_alone_is_compared_by_its_title() -> None:
    assert similarity(Fingerprint("One headline", ""), Fingerprint("One headline", "")) == 1
    assert similarity(Fingerprint("One headline", ""), Fingerprint("Another", "")) == 0
    assert similarity(Fingerprint("One", LONG), Fingerprint("Another", LONG)) == 1


def marked(rows: list[Record]) -> dict[str, tuple[str, float]]:
    return {
        row["id"]: (row["near_duplicate_of"], row["near_duplicate_score"])
        for row in rows
        if row["near_duplicate_of"] is not None
    }


def family() -> list[Record]:
    """Three stories; 4 and 7 tell the first one again, 5 the second; 6 is the same as 4."""
    texts = {
        0: LONG, 1: words("second", 200), 2: words("third", 200), 4: f"{LONG} -0-", 5: words("second", 198),
        6: f"{LONG} -0-", 7: f"Narigol, May 3 -- {LONG}",
    }  # fmt: skip
    return [article(number, MOMENT, body=body) for number, body in texts.items()]


def test_each_article_names_the_earliest_of_its_story_and_the_similarity(output: Path, tmp_path: Path) -> None:
    found = marked(exported_records(write_archive(output, *family()), tmp_path))
    assert {key: of for key, (of, _) in found.items()} == {
        identity(4): identity(0), identity(5): identity(1), identity(6): identity(0), identity(7): identity(0),
    }  # fmt: skip
    assert all(THRESHOLD <= score < 1 for _, score in found.values())
    assert found[identity(4)] == found[identity(6)]


def test_of_several_matches_the_most_similar_is_named_and_of_equals_the_earliest() -> None:
    parts = [words(f"part {number}", 12) for number in range(16)]
    # Each lacks an eighth, the first and the last: too much for the two to be alike, and both are like the whole.
    first, second = " ".join(parts[:14]), " ".join(parts[2:])
    nearly = " ".join(parts[1:])
    texts = {"1": first, "2": second, "3": nearly, "4": " ".join(parts)}
    index = NearDuplicates(lambda key: ("", texts[key]))
    said = {key: index.add(key, "", text) for key, text in texts.items()}
    index.close()
    assert said["1"] is None
    assert said["2"] is None
    assert [near.of for near in (said["3"], said["4"]) if near] == ["2", "1"]


def test_in_whatever_order_and_runs_articles_were_fetched_the_same_is_marked(output: Path, tmp_path: Path) -> None:
    records = family()
    wanted = marked(exported_records(write_archive(output, *records), tmp_path))
    for seed in range(3):
        rng = random.Random(seed)
        shuffled = rng.sample(records, len(records))
        days = [f"2024-01-{rng.randrange(1, 4):02d}T00:00:00Z" for _ in shuffled]
        again = [
            {**each, "fetched_at": day, "run_id": day.replace("-", "").replace(":", "")}
            for each, day in zip(shuffled, days, strict=True)
        ]
        folder = tmp_path / str(seed)
        assert marked(exported_records(write_archive(folder, *again), tmp_path)) == wanted


def test_what_is_said_of_an_article_does_not_change_when_later_ones_come(output: Path, tmp_path: Path) -> None:
    records = family()
    seen: dict[str, tuple[str, float]] = {}
    for count in range(1, len(records) + 1):
        folder = output / str(count)
        found = marked(exported_records(write_archive(folder, *records[:count]), tmp_path))
        assert {key: found[key] for key in seen} == seen
        seen = found
    assert len(seen) == 4


def test_the_latest_versions_are_compared_and_every_version_and_selection_says_the_same(
    output: Path, tmp_path: Path
) -> None:
    first, second = (
        article(0, MOMENT, body=LONG),
        article(1, MOMENT, body=words("other", 200), published_on="2025-01-01"),
    )
    later = article(1, "2024-01-02T00:00:00Z", body=LONG, revision=2, published_on="2025-01-01")
    write_archive(output, first, second, later)
    near = {identity(1): (identity(0), 1.0)}
    assert marked(exported_records(output, tmp_path)) == near
    assert marked(exported_records(output, tmp_path, since="2025-01-01")) == near
    assert [row["near_duplicate_of"] for row in exported_records(output, tmp_path, what="articles")] == [
        None,
        identity(0),
        identity(0),
    ]
    assert marked(exported_records(output, tmp_path, as_of="2024-01-01")) == {}
    assert "near_duplicate_of" not in exported_records(output, tmp_path, near_duplicates=False)[0]


def test_a_removed_article_is_still_the_first_of_its_story(output: Path, tmp_path: Path) -> None:
    write_archive(
        output, article(0, MOMENT, body=LONG), article(1, MOMENT, body=LONG), removal(0, "2024-02-01T00:00:00Z")
    )
    assert marked(exported_records(output, tmp_path)) == {identity(1): (identity(0), 1.0)}


def test_the_sample_has_every_kind_of_double_and_of_formula() -> None:
    doubles = make_doubles(60, 1)
    assert {each.kind for each in doubles} == {*RETOLD, *FORMULAS}
    assert len({each.article.id for each in doubles}) == 120
    assert make_doubles(60, 1) == doubles
    assert all(each.of is None for each in doubles if each.kind in FORMULAS)


def test_at_the_chosen_threshold_nearly_all_duplicates_are_found_and_few_formulaic_texts_are_merged() -> None:
    found = measure(THRESHOLD, 210)
    assert found.right / found.doubles > 0.97
    assert found.false.total() <= 5, found.false
    # The texts are fit to tell thresholds apart.
    assert measure(0.95, 210).right < found.right


def test_a_real_crawl_of_the_sample_site_with_doubles_is_marked_as_they_were_made(
    crawl: Any, serve: Any, output: Path, tmp_path: Path
) -> None:
    done = crawl(f"{serve(21, doubles=21).url}/article/163/", output)
    assert done.code == 0, done.stderr
    rows = exported_records(output, tmp_path)
    assert len(rows) == 63
    found = {key: of for key, (of, _) in marked(rows).items()}
    # A truncated article shows its beginning alone, and some show no text at all.
    whole = {row["id"] for row in rows if not row["truncated"]}
    doubles = {each.article.id: each for each in make_doubles(21, 1) if each.of in whole}
    assert found.items() <= {key: each.of for key, each in doubles.items()}.items()
    assert len(doubles) == 19
    assert len(found) >= len(doubles) - 1
    # A short text that loses its last sentence is not that alike any more.
    assert {doubles[key].kind for key in doubles.keys() - found.keys()} <= {"shortened"}


def test_the_index_compares_with_no_more_than_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    texts = {str(number): ("", f"{words(number, 150)}") for number in range(300)}

    def text_of(key: str) -> tuple[str, str]:
        asked.append(key)
        return texts[key]

    index = NearDuplicates(text_of)
    assert [index.add(key, *text) for key, text in texts.items()] == [None] * 300
    assert len(asked) < 10
    index.close()
