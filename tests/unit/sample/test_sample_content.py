"""The invented articles."""

from __future__ import annotations

import datetime

import pytest

from vokcrawl.sample import make_article, make_other, texts
from vokcrawl.sample.content import dprk_day
from vokcrawl.sample.quirks import LATE_DAYS, LATE_INDEX, MISMATCH_INDEX, PERIODIC
from vokcrawl.sample.sources import OTHERS

FORTY = [make_article(index, 1) for index in range(40)]
OTHER = [make_other(index, 1) for index in range(14)]


def test_an_article_depends_on_seed_and_index_alone() -> None:
    assert [make_article(index, 1) for index in range(40)] == FORTY
    assert [make_other(index, 1) for index in range(14)] == OTHER
    assert make_article(7, 1) != make_article(7, 2)


def test_forty_articles_have_every_quirk_of_the_table() -> None:
    assert set(PERIODIC) == set().union(*(article.quirks for article in FORTY))


def test_index_order_is_the_order_of_ingestion() -> None:
    times = [article.ts for article in FORTY]
    assert times == sorted(times)
    assert len({article.id for article in (*FORTY, *OTHER)}) == 54


def test_batches_come_minutes_after_three_nine_fifteen_and_twentyone_utc() -> None:
    for article in FORTY:
        at = datetime.datetime.fromtimestamp(article.ts, datetime.UTC)
        assert at.hour in (3, 9, 15, 21)
        assert 1 <= at.minute <= 6


def test_the_shown_day_is_the_dprk_day_except_for_one_late_and_one_mismatched_article() -> None:
    late = {
        index: (dprk_day(article.ts) - article.published_on).days
        for index, article in enumerate(FORTY)
        if dprk_day(article.ts) != article.published_on
    }
    assert late == {LATE_INDEX: LATE_DAYS, MISMATCH_INDEX: 1}
    utc_days = [datetime.datetime.fromtimestamp(article.ts, datetime.UTC).date() for article in FORTY]
    assert any(day < article.published_on for day, article in zip(utc_days, FORTY, strict=True))


def test_a_two_line_headline_is_joined_by_nothing() -> None:
    article = next(article for article in FORTY if len(article.headline) == 2)
    first, second = article.headline
    assert article.title == first + second
    assert not first.endswith(" ")


def test_excerpts_fit_130_columns_and_english_ones_end_between_words() -> None:
    for article in (*FORTY, *OTHER):
        text = article.title if article.headline_only else " ".join(article.paragraphs)
        assert texts.columns(article.excerpt) <= 130
        assert text.startswith(article.excerpt)
        if article.source.language == "en":
            assert f"{text} "[len(article.excerpt)] == " "


def test_korean_slugs_are_long_and_percent_encoded_in_lower_case() -> None:
    slugs = [article.slug for article in OTHER if article.source.language == "ko"]
    assert all(len(slug) >= 194 and slug == slug.lower() and "%" in slug for slug in slugs)
    assert any(slug.endswith(texts.ZERO_WIDTH) for slug in slugs)
    assert any(article.slug.endswith(texts.ZERO_WIDTH) for article in FORTY)


def test_every_other_source_occurs_and_one_repeats_a_wanted_title_and_slug() -> None:
    assert {article.source for article in OTHER} == set(OTHERS)
    wanted = {(article.title, article.slug) for article in FORTY}
    assert any((article.title, article.slug) in wanted for article in OTHER)


def test_original_ids_are_unique_and_shared_with_the_korean_edition() -> None:
    stories = [article.story for article in FORTY if article.story]
    assert len(set(stories)) == len(stories)
    twin = next(article for article in OTHER if article.story)
    english = next(article for article in FORTY if article.story == twin.story)
    assert twin.ts == english.ts - 1
    assert english.original_url is not None
    assert twin.original_url == english.original_url.replace("/ie", "/ik").replace("/en", "/ko")


def test_a_truncated_article_shows_a_beginning_that_ends_in_dots() -> None:
    article = next(article for article in FORTY if article.truncated)
    assert article.shown[0] == article.paragraphs[0]
    assert article.body.endswith("...")
    assert len(article.body) < len("\n\n".join(article.paragraphs))


@pytest.mark.parametrize("text", ["one two three four five", "one two"])
def test_line_breaks_change_nothing_but_white_space(text: str) -> None:
    broken = texts.with_breaks(text, 2)
    assert "\r\n" in broken
    assert texts.one_line(broken) == text
