"""The body of a record has the words that a real browser shows in the article's block."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support.page_fixtures import FIXTURES, page_of, read, read_fixture
from tests.support.sample_reading import BASE, site
from tests.support.shown_text import BLOCK, clean, shown_lines, without, words
from vokcrawl.sample.skins import SKINS
from vokcrawl.sample.texts import METER_SENTENCE

RECORDS = [name for name, each in FIXTURES.items() if "record" in each]


@pytest.mark.parametrize("name", RECORDS)
def test_words_of_the_body_are_the_words_that_chromium_shows(browser: Browser, name: str) -> None:
    """`furniture` of a fixture are the shown lines that are no text, `block` the article's block without its class."""
    expected = FIXTURES[name]
    item, _ = read_fixture(name)
    shown = shown_lines(browser, page_of(name), expected["address"], expected.get("block", BLOCK))
    assert words(item["body"].splitlines()) == words(
        without(shown, [*expected.get("furniture", []), *apart(item, shown)])
    )


@pytest.mark.parametrize(("skin", "block"), [("current", BLOCK), ("classic", BLOCK), ("plain", "div.prose")])
def test_words_of_the_sample_sites_articles_are_the_words_that_chromium_shows(
    browser: Browser, skin: str, block: str
) -> None:
    assert skin in SKINS
    served = site(12, skin=skin)
    for article in served.truth()["articles"]:
        body = served.answer("GET", article["url"].removeprefix(BASE), {}).body
        item, unfit = read(body, article["url"])
        assert unfit is None
        shown = shown_lines(browser, body, article["url"], block)
        furniture = [line for line in shown if line == METER_SENTENCE]
        assert words(item["body"].splitlines()) == words(without(shown, [*furniture, *apart(item, shown)]))


def apart(item: dict[str, Any], shown: list[str]) -> list[str]:
    """The captions that are delivered with their images and are no lines of the body."""
    captions = [clean(each["caption"]) for each in item["images"] if each["caption"]]
    return [each for each in captions if each in shown and each not in item["body"].splitlines()]
