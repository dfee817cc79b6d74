"""An article's record is held against its teaser and against the version before."""

from __future__ import annotations

from typing import Any

import pytest

from vokcrawl.normalize import content_hash
from vokcrawl.policy.article_checks import (
    ListedValues,
    complete_from_teaser,
    lacks_its_text,
    strategy_of,
    unconfirmed_change,
)

HASH = "sha256:" + "ab" * 32


def item(**fields: Any) -> dict[str, Any]:
    return {"title": "Mill opens", "body": "The mill has opened.", "published_on": "2024-12-10",
            "content_hash": HASH, "extractor": "kcnawatch-article/2+content", **fields}  # fmt: skip


def test_the_teaser_serves_where_the_page_is_silent_and_the_extractor_says_so() -> None:
    silent = item(title=None, published_on=None)
    found, problems = complete_from_teaser(silent, ListedValues("Mill opens", "x", "2024-12-09"))
    assert found["content_hash"] == content_hash("Mill opens", "The mill has opened.")
    assert (found["title"], found["published_on"], problems) == ("Mill opens", "2024-12-09", {})
    assert found["extractor"] == "kcnawatch-article/2+content+teaser(published_on,title)"
    assert strategy_of(found["extractor"]) == "content"


def test_nothing_of_a_page_that_speaks_is_replaced() -> None:
    whole = item()
    assert complete_from_teaser(whole, ListedValues("Mill Opens!", "x", "2024-12-09")) == (whole, {})
    assert complete_from_teaser(whole, ListedValues()) == (whole, {})


def test_a_contradiction_is_named_with_both_values() -> None:
    _, problems = complete_from_teaser(item(), ListedValues("Choir sings", None, "2024-12-01"))
    assert problems == {
        "article_title_contradicts_teaser": "'Mill opens' on the page, 'Choir sings' in the teaser",
        "article_date_contradicts_teaser": "2024-12-10 on the page, 2024-12-01 in the teaser",
    }


@pytest.mark.parametrize(
    ("body", "excerpt", "lacks"),
    [("", "The mill has", True), ("", "Mill opens", False), ("", None, False), ("Text", "The mill has", False)],
)
def test_an_empty_body_beside_an_excerpt_is_a_failure_unless_the_excerpt_is_the_headline(
    body: str, excerpt: str | None, lacks: bool
) -> None:
    assert lacks_its_text(item(body=body), ListedValues("Mill opens", excerpt)) is lacks


def test_a_worse_reading_is_no_revision_before_a_second_look_finds_the_same() -> None:
    assert unconfirmed_change(item(), True, None) is None
    for worse in (item(body=""), item(extractor="kcnawatch-article/2+structure")):
        reason = unconfirmed_change(worse, True, None)
        assert reason == "unconfirmed_change_" + "ab" * 8
        assert unconfirmed_change(worse, True, "http_503") == reason
        assert unconfirmed_change(worse, True, reason) is None
    assert unconfirmed_change(item(body=""), False, None) is None
