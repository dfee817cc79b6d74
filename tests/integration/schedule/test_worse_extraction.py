"""A delivered article is not replaced by a worse reading of its page: a change of the theme is not an edit."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.commands import ALWAYS, T0, Crawling, Serving, faults
from tests.support.crawling import Crawl, Record
from tests.support.expected_records import assert_same
from tests.support.hostile_site import HostileSite, with_body
from vokcrawl.sample import Answer

Change = Callable[[Answer], Answer]
CONTENT = re.compile(rb'(<div class="article-content">)(.*?)(</div>)', re.DOTALL)


def replaced(pattern: str, by: bytes) -> Change:
    def change(answer: Answer) -> Answer:
        body = re.sub(pattern.encode(), by, answer.body, flags=re.DOTALL)
        assert body != answer.body
        return with_body(answer, body)

    return change


# The paragraphs of the content element but the first lost; all of them; and the known class names gone, so that other
# text is read.
SHORT = replaced(r'(<div class="article-content">.*?</p>).*?(</div>)', rb"\1\2")
EMPTY = replaced(r'(<div class="article-content">).*?(</div>)', rb"\1\2")
NEW_THEME = replaced(r'<div class="article-content">\s*<p>', rb"<div><p>Read aloud by the editors of this new theme: ")


def versions(done: Crawl, identity: str) -> list[Record]:
    return [each for each in done.articles() if each["id"] == identity]


def long_article(site: HostileSite) -> str:
    """The id of an article whose first paragraph is less than half of its text."""
    return next(
        str(each["id"])
        for each in site.truth()["articles"]
        if len(paragraphs := each["body"].split("\n\n")) > 2 and len(paragraphs[0]) < len(each["body"]) / 2
    )


@pytest.mark.parametrize("change", [SHORT, EMPTY, NEW_THEME], ids=["much shorter", "empty", "without class names"])
def test_worse_extraction_is_no_revision_and_is_named(
    change: Change, crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(6)
    server = serve(site=site)
    url = f"{server.url}/article/163/"
    before = crawl(url, output, settings=ALWAYS, at=T0)
    identity = long_article(site)
    site.change(identity, change)
    worse = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=5))
    assert (worse.code, worse.errors["article_unconfirmed_change"]) == (10, 1), worse.stderr
    assert worse.articles() == before.articles()
    # The page is as it was again.
    site.change(identity, change, times=0)
    after = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=30))
    assert (after.code, after.errors) == (0, {}), after.stderr
    assert after.articles() == before.articles()
    assert faults(output) == []


def test_second_response_with_the_same_text_makes_a_revision_and_the_next_edit_needs_none(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(6)
    server = serve(site=site)
    url = f"{server.url}/article/163/"
    crawl(url, output, settings=ALWAYS, at=T0)
    identity = long_article(site)
    site.change(identity, NEW_THEME)
    assert crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=5)).code == 10
    confirmed = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=30))
    assert (confirmed.code, confirmed.errors) == (0, {}), confirmed.stderr
    _, revision = versions(confirmed, identity)
    assert (revision["revision"], revision["changed"]) == (2, ["body"])
    assert revision["extractor"].endswith("+structure")
    # The same strategy as before: an edit is an edit.
    site.edit(identity)
    edited = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=60))
    assert (edited.code, edited.errors) == (0, {}), edited.stderr
    assert [each["revision"] for each in versions(edited, identity)] == [1, 2, 3]


def test_theme_that_changes_no_text_makes_no_revision(crawl: Crawling, serve: Serving, output: Path) -> None:
    site = HostileSite(6)
    server = serve(site=site)
    url = f"{server.url}/article/163/"
    before = crawl(url, output, settings=ALWAYS, at=T0)
    identity = long_article(site)
    site.change(identity, replaced(r'<div class="article-content">', b"<div>"))
    after = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=5))
    assert (after.code, after.errors) == (0, {}), after.stderr
    assert_same(after.articles(), site.truth()["articles"])
    assert after.articles() == before.articles()
