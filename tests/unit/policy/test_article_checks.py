"""An article's record is compared with its teaser and with the previous revision."""

from __future__ import annotations

from typing import Any

import pytest

from vokcrawl.normalize import content_hash
from vokcrawl.policy.article_checks import (
    DeliveredVersion,
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


def test_the_teaser_fills_missing_fields_and_the_extractor_says_so() -> None:
    silent = item(title=None, published_on=None)
    found, problems = complete_from_teaser(silent, ListedValues("Mill opens", "x", "2024-12-09"))
    assert found["content_hash"] == content_hash("Mill opens", "The mill has opened.")
    assert (found["title"], found["published_on"], problems) == ("Mill opens", "2024-12-09", {})
    assert found["extractor"] == "kcnawatch-article/2+content+teaser(published_on,title)"
    assert strategy_of(found["extractor"]) == "content"


def test_fields_of_the_page_are_not_replaced() -> None:
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


def test_much_shorter_body_than_the_excerpt_is_a_failure_unless_the_site_truncates_it() -> None:
    excerpt = "The mill on the river has opened again after the long repair of its wheel"
    for body, lacks in (("The mill.", True), ("The mill on the river has opened again after it.", False)):
        assert lacks_its_text(item(body=body), ListedValues("Mill opens", excerpt)) is lacks
    assert not lacks_its_text(item(body="The mill.", truncated=True), ListedValues("Mill opens", excerpt))
    assert not lacks_its_text(item(title=excerpt, body="Photo"), ListedValues(excerpt, excerpt))


CONTENT, STRUCTURE = "kcnawatch-article/2+content", "kcnawatch-article/2+structure"
LENGTH = len(item()["body"])


@pytest.mark.parametrize(
    ("worse", "delivered"),
    [
        (item(body=""), DeliveredVersion(True)),
        (item(body=""), DeliveredVersion(True, CONTENT, LENGTH)),
        (item(extractor=STRUCTURE), DeliveredVersion(True)),
        (item(extractor=STRUCTURE), DeliveredVersion(True, CONTENT, LENGTH)),
        (item(extractor=CONTENT), DeliveredVersion(True, STRUCTURE, LENGTH)),
        (item(extractor="kcnawatch-article/3+content"), DeliveredVersion(True, CONTENT, LENGTH)),
        (item(), DeliveredVersion(True, CONTENT, 2 * LENGTH + 1)),
    ],
)
def test_change_that_may_be_a_worse_extraction_needs_a_second_response_with_the_same_text(
    worse: dict[str, Any], delivered: DeliveredVersion
) -> None:
    reason = unconfirmed_change(worse, delivered, None)
    assert reason == "unconfirmed_change_" + "ab" * 8
    assert unconfirmed_change(worse, delivered, "http_503") == reason
    assert unconfirmed_change(worse, delivered, reason) is None


@pytest.mark.parametrize(
    ("better", "delivered"),
    [
        (item(), DeliveredVersion(True)),
        (item(), DeliveredVersion(True, CONTENT, LENGTH)),
        (item(), DeliveredVersion(True, CONTENT, 2 * LENGTH)),
        (item(), DeliveredVersion(False, CONTENT, 0)),
        (item(body=""), DeliveredVersion(False)),
        (item(extractor=STRUCTURE), DeliveredVersion(True, STRUCTURE, LENGTH)),
        (item(extractor=f"{CONTENT}+teaser(title)"), DeliveredVersion(True, CONTENT, LENGTH)),
    ],
)
def test_change_with_the_same_extractor_needs_no_confirmation(
    better: dict[str, Any], delivered: DeliveredVersion
) -> None:
    assert unconfirmed_change(better, delivered, None) is None
