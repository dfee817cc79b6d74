"""Saved pages and their expected records: a directory in `tests/fixtures/pages` each, a test per field."""

from __future__ import annotations

import pytest

from tests.support.page_fixtures import FIXTURES, read_fixture
from vokcrawl.pages.document import PageFault

FIELDS = [(name, field) for name, each in FIXTURES.items() for field in each.get("record", {})]
FAULTS = [name for name, each in FIXTURES.items() if "fault" in each]


def test_there_are_fixtures_of_both_kinds() -> None:
    assert len(FIELDS) > 100
    assert len(FAULTS) > 1


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_saved_page_gives_the_expected_field(name: str, field: str) -> None:
    item, _ = read_fixture(name)
    value = [each["url"] for each in item["images"]] if field == "images" else item.get(field)
    assert value == FIXTURES[name]["record"][field]


@pytest.mark.parametrize("name", FAULTS)
def test_a_page_that_is_not_an_article_is_named(name: str) -> None:
    try:
        _, reason = read_fixture(name)
    except PageFault as fault:
        reason = fault.name
    assert reason == FIXTURES[name]["fault"]
