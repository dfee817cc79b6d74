"""The difference of two texts is correct for both, readable, and bounded in cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cpu_limit import cpu_limit
from vokcrawl.reporting.report.difference import Comparison, Paragraph, Piece, Unchanged
from vokcrawl.reporting.report.excerpt import excerpt, shortened

words = st.lists(st.sampled_from(["a", "b", "c", "the", "river", "was", "wide,", "조선"]), max_size=30)
texts = st.lists(words.map(" ".join).filter(bool), max_size=8).map("\n\n".join)


def side(pieces: tuple[Piece, ...], kind: str) -> list[str]:
    """The words of the old text (`deleted`) or of the new one (`inserted`), as the pieces tell them."""
    return [word for piece in pieces if piece.kind in ("same", kind) for word in piece.text.split()]


@given(words, words)
def test_both_lines_can_be_read_from_their_difference(old: list[str], new: list[str]) -> None:
    pieces = Comparison().line(" ".join(old), " ".join(new))
    assert side(pieces, "deleted") == old
    assert side(pieces, "inserted") == new
    assert all(piece.text for piece in pieces)


@given(texts, texts)
def test_both_texts_can_be_read_from_their_difference(old: str, new: str) -> None:
    result = Comparison().text(old, new)
    for text, kind in ((old, "deleted"), (new, "inserted")):
        changed = [each for each in result if isinstance(each, Paragraph)]
        read = [word for each in changed for word in side(each.pieces, kind)]
        unchanged = sum(each.paragraphs for each in result if isinstance(each, Unchanged))
        # Unchanged paragraphs are only counted: the words shown are those of the others.
        assert len(read) <= len(text.split())
        assert unchanged <= len(text.split("\n\n"))
        if not unchanged:
            assert read == text.split()


def test_a_word_that_was_changed_stands_between_what_stayed() -> None:
    assert Comparison().line("five boats left the harbour", "six boats left the harbour") == (
        Piece("deleted", "five"),
        Piece("inserted", "six"),
        Piece("same", "boats left the harbour"),
    )


def test_a_single_word_between_two_changes_is_no_island() -> None:
    assert Comparison().line("so we met and old friends sang here", "so we met or old foes danced here") == (
        Piece("same", "so we met"),
        Piece("deleted", "and old friends sang"),
        Piece("inserted", "or old foes danced"),
        Piece("same", "here"),
    )


def test_texts_with_little_in_common_are_shown_one_after_the_other() -> None:
    assert Comparison().line("rain fell on the hills", "the ministry has issued a long statement") == (
        Piece("deleted", "rain fell on the hills"),
        Piece("inserted", "the ministry has issued a long statement"),
    )


def test_paragraphs_that_stayed_are_counted_and_those_that_came_are_whole() -> None:
    result = Comparison().text("one\n\ntwo\n\nthree little words here", "one\n\ntwo\n\nthree little birds here\n\nfour")
    assert result == [
        Unchanged(2),
        Paragraph(
            (
                Piece("same", "three little"),
                Piece("deleted", "words"),
                Piece("inserted", "birds"),
                Piece("same", "here"),
            )
        ),
        Paragraph((Piece("inserted", "four"),)),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" ".join(["a", "b"] * 150_000), " ".join(["a"] * 150_000 + ["b"] * 150_000)),
        ("\n\n".join(["a", "b"] * 50_000), "\n\n".join(["b", "a", "a"] * 50_000)),
        ("x" * 2_000_000, "x" * 2_000_001),
        ("\n\n" * 200_000, "y"),
    ],
    ids=["words", "paragraphs", "one word", "empty paragraphs"],
)
def test_a_hostile_text_costs_no_more_than_an_honest_one(old: str, new: str) -> None:
    with cpu_limit(2000):
        result, _ = excerpt(Comparison().text(old, new))
    assert sum(len(piece.text) for each in result if isinstance(each, Paragraph) for piece in each.pieces) < 8_000


def test_many_hostile_texts_cost_no_more_than_one() -> None:
    comparison = Comparison()
    old, new = " ".join(["a", "b"] * 200), " ".join(["a"] * 200 + ["b"] * 200)
    with cpu_limit(4000):
        for _ in range(100):
            comparison.line(old, new)


def test_of_a_long_paragraph_what_stands_around_the_change_is_shown() -> None:
    around = " ".join(["word"] * 200)
    (paragraph,) = Comparison().text(f"{around} red {around}", f"{around} blue {around}")
    assert isinstance(paragraph, Paragraph)
    pieces = shortened(paragraph).pieces
    assert [piece.kind for piece in pieces] == ["same", "deleted", "inserted", "same"]
    assert pieces[0].text.startswith("… word")
    assert pieces[3].text.endswith("word …")
    assert all(len(piece.text) < 200 for piece in pieces)


def test_of_a_very_long_difference_the_beginning_is_shown_and_the_rest_is_counted() -> None:
    new = "\n\n".join(f"{number} {'x' * 1000}" for number in range(50))
    result, left_out = excerpt(Comparison().text("nothing", new))
    assert len(result) + left_out == 50
    assert 0 < left_out < 50
    assert excerpt([]) == ([], 0)
