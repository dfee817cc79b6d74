"""Saved pages, and the record that each must give: a folder in `tests/fixtures/pages` each, a test each field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vokcrawl.crawling.article_result import article_page, find_article
from vokcrawl.normalize import article_id
from vokcrawl.pages.document import PageFault, read_document
from vokcrawl.pages.extractors import EXTRACTORS

FOLDER = Path(__file__).parents[2] / "fixtures" / "pages"
FIXTURES = {path.parent.name: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*/expected.json"))}
FIELDS = [(name, field) for name, each in FIXTURES.items() for field in each.get("record", {})]
FAULTS = [name for name, each in FIXTURES.items() if "fault" in each]


def read(name: str) -> tuple[dict[str, Any], str | None]:
    """The record that comes of a page without the run's fields, and why it is not delivered, if so."""
    body, url = (FOLDER / name / "page.html").read_bytes(), FIXTURES[name]["address"]
    root = read_document(body, "text/html; charset=utf-8", url).root
    found = find_article(article_page(EXTRACTORS[-1], root, url, body), str(article_id(url)), url, body)
    return found.item, found.unfit


def test_there_are_fixtures_of_both_kinds() -> None:
    assert len(FIELDS) > 100
    assert len(FAULTS) > 1


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_saved_page_gives_its_field(name: str, field: str) -> None:
    item, _ = read(name)
    value = [each["url"] for each in item["images"]] if field == "images" else item.get(field)
    assert value == FIXTURES[name]["record"][field]


@pytest.mark.parametrize("name", FAULTS)
def test_a_page_that_is_no_article_is_named(name: str) -> None:
    try:
        _, reason = read(name)
    except PageFault as fault:
        reason = fault.name
    assert reason == FIXTURES[name]["fault"]
