"""The search index of a frozen site: words, files and numbers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.browse.frozen_search import (
    BLOCK,
    FINAL,
    MORE,
    SearchedArticle,
    encode_numbers,
    encode_places,
    file_of,
    fold,
    index_year,
    places_of,
)


def decoded(text: str) -> list[int]:
    found, number = [], -1
    for gap in values(text):
        number += gap + 1
        found.append(number)
    return found


def decoded_places(text: str) -> list[list[int]]:
    found, places, place = [], list[int](), -1
    for value in values(text):
        place += value // 2 + 1
        places.append(place)
        if value % 2 == 0:
            found.append(places)
            places, place = [], -1
    return found


def values(text: str) -> list[int]:
    found, value = [], 0
    for character in text:
        if character in MORE:
            value = value * 32 + MORE.index(character)
        else:
            found.append(value * 32 + FINAL.index(character))
            value = 0
    return found


def files_of(articles: list[SearchedArticle]) -> tuple[dict[str, Any], list[Any]]:
    """The content of each file, and the entry of the year."""
    index = index_year("2024", articles)
    contents = {}
    for name, script in index.files.items():
        called = json.loads(re.sub(r"^vok\((.*)\)\n$", r"[\1]", script.decode()))
        assert called[:2] == [name.removesuffix(".js"), index.entry[1]]
        contents[called[0]] = called[2]
    return contents, index.entry


@given(st.sets(st.integers(0, 10**7)))
def test_numbers_are_decoded_as_they_were(numbers: set[int]) -> None:
    assert decoded(encode_numbers(sorted(numbers))) == sorted(numbers)


@given(st.lists(st.sets(st.integers(0, 10**5), min_size=1)))
def test_places_are_decoded_as_they_were(articles: list[set[int]]) -> None:
    text = "".join(encode_places(sorted(places)) for places in articles)
    assert decoded_places(text) == [sorted(places) for places in articles]


def test_words_have_their_places_in_each_article_and_no_phrase_goes_beyond_a_line() -> None:
    texts = ("One two\none, two two.", "two", "김정은동지 KCNA는")
    contents, (_, _, files, _) = files_of([SearchedArticle("i", "T", text, "", "") for text in texts])

    def places(word: str) -> list[list[int]]:
        return decoded_places(contents[f"2024-p{file_of(word, files)}"][word])

    assert (places("one"), places("two")) == ([[0, 3]], [[1, 4, 5], [0]])
    assert (places("김정"), places("지"), places("kcna"), places("는")) == ([[0]], [[4]], [[5]], [[6]])


@pytest.mark.parametrize("count", [1, 64, 65, 600])
def test_each_word_leads_to_its_articles(count: int) -> None:
    articles = [SearchedArticle(f"i{each}", f"Title {each}", f"common n{each} 평양", "", "") for each in range(count)]
    contents, (year, _, files, total) = files_of(articles)
    assert (year, total) == ("2024", count)
    for word, expected in (
        ("common", list(range(count))),
        (f"n{count - 1}", [count - 1]),
        ("평양", list(range(count))),
    ):
        assert decoded(contents[f"2024-{file_of(word, files)}"][word]) == expected
    for number in (0, count - 1):
        assert contents[f"2024-d{number // BLOCK}"][number % BLOCK][:2] == [f"i{number}", f"Title {number}"]
    assert len([name for name in contents if "d" not in name and "p" not in name]) == files


@given(st.text(min_size=3), st.sampled_from([1, 2, 8, 64]))
def test_words_with_the_same_beginning_are_in_the_same_file(text: str, files: int) -> None:
    for word in places_of(text):
        assert file_of(word, files) == file_of(word[:2], files)


def test_case_accents_and_width_make_no_difference() -> None:
    assert places_of("CAFÉ") == places_of("cafe\u0301") == {"cafe": [0]}
    assert fold("ﾗｼﾞｵ") == "ラジオ"
    assert places_of("snake_case") == {"snake": [0], "case": [1]}


def test_content_of_a_year_changes_its_tag() -> None:
    one, other = (files_of([SearchedArticle("i", "T", text, "", "")])[1][1] for text in ("a", "b"))
    assert one != other
