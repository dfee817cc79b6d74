"""Item loaders: raw strings of a page in, normalised fields out, unknown ones omitted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vokcrawl.items import validated
from vokcrawl.loaders import load_article, load_teaser
from vokcrawl.pages.article import RawArticle
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.meta_line import MetaLine

ID = "1733800000-101"
PAGE = "http://site.test/article/163/"
URL = f"http://site.test/newstream/{ID}/orchard-harvest/"
NOW = "2024-12-10T06:00:00Z"
TEXT = st.text(st.characters(codec=None), max_size=40)
MAYBE = st.none() | TEXT
HREF = st.sampled_from(["", "http://x.test?a=1", "http://x.test#f", "//x.test", "data:x", "javascript:x"]) | TEXT


def teaser(**given: Any) -> RawTeaser:
    known: dict[str, Any] = {
        "id": ID,
        "href": f"/newstream/{ID}/orchard-harvest",
        "position": 1,
        "title": None,
        "excerpt": None,
        "date": None,
        "logo": None,
        "source": None,
        "strategy": "structure",
    }
    return RawTeaser(**(known | given))


def test_all_oddities_of_a_teaser_are_normalised() -> None:
    raw = teaser(
        href=f"/newstream/{ID}/orchard-harvest%E2%80%8B?utm_source=x&fbclid=y",
        title=" · Orchard\r\n harvest\u200b begins ",
        excerpt="The harvest\r\nhas  begun\u00a0in",
        date=" December 09, 2024",
        source="Voice of  Korea (EN)",
    )
    assert load_teaser(raw, PAGE, None) == {
        "schema": "vokcrawl.teaser/1",
        "id": ID,
        "url": URL,
        "title": "Orchard harvest begins",
        "excerpt": "The harvest has begun in",
        "published_on": "2024-12-09",
        "source": "Voice of Korea (EN)",
        "language": "en",
        "found_on": PAGE,
        "position": 1,
    }


def test_missing_fields_of_a_teaser_are_left_out_without_a_substitute() -> None:
    item = load_teaser(teaser(date="February 30, 2024", title="·"), PAGE, None)
    assert not {"title", "excerpt", "published_on", "source"} & item.keys()
    assert item["language"] is None


def test_the_block_s_heading_comes_before_the_logo() -> None:
    assert load_teaser(teaser(source="Rodong Sinmun (Kr)"), PAGE, "Voice of Korea (EN)")["language"] == "en"


@given(TEXT, MAYBE, MAYBE, MAYBE, MAYBE, MAYBE)
def test_any_strings_give_a_valid_teaser(
    slug: str, title: str | None, excerpt: str | None, date: str | None, source: str | None, heading: str | None
) -> None:
    href = f"/newstream/{ID}/{slug}"
    raw = teaser(href=href, title=title, excerpt=excerpt, date=date, source=source)
    item = load_teaser(raw, PAGE, heading)
    if "url" in item:
        validated(item | {"first_seen_at": NOW, "run_id": "20241210T060000Z"})


def article(**given: Any) -> RawArticle:
    known: dict[str, Any] = {"title": "Orchard harvest", "paragraphs": ["One.", "Two."], "meta": None}
    return RawArticle(**(known | given))


def test_an_article_is_normalised() -> None:
    raw = article(
        title="· Orchard\r\n harvest\u200b",
        paragraphs=[" One\r\n line. ", "", "\u200b", "Two."],
        meta=MetaLine(" 10/12/2024 ", " Voice of Korea (EN)", "http://www.vok.rep.kp/x/ien241210008/en"),
        images=[("/a.jpg", " A\n b "), ("/a.jpg", "again"), ("http://[bad", None), ("b.jpg", None)],
    )
    item = load_article(raw, ID, f"{URL}?utm_source=x")
    assert item["url"] == URL
    assert item["title"] == "Orchard harvest"
    assert item["body"] == "One line.\n\nTwo."
    assert (item["published_on"], item["source"], item["language"]) == ("2024-12-10", "Voice of Korea (EN)", "en")
    assert (item["ingested_at"], item["story"]) == ("2024-12-10T03:06:40Z", "n241210008")
    assert item["images"] == [
        {"url": "http://site.test/a.jpg", "caption": "A b"},
        {"url": f"{URL}b.jpg", "caption": None},
    ]


@pytest.mark.parametrize("meta", [None, MetaLine(None, None, None), MetaLine("30/02/2024", None, "javascript:x")])
def test_missing_fields_of_an_article_are_left_out(meta: MetaLine | None) -> None:
    item = load_article(article(meta=meta, paragraphs=[]), ID, URL)
    assert not {"published_on", "source", "original_url"} & item.keys()
    assert (item["body"], item["images"], item["language"], item["story"]) == ("", [], None, None)


def test_paragraph_breaks_do_not_change_the_hash_but_words_do() -> None:
    one, two, other = (
        load_article(article(paragraphs=paragraphs), ID, URL)["content_hash"]
        for paragraphs in (["One. Two."], ["One.", "Two."], ["One.", "Three."])
    )
    assert one == two != other


@given(TEXT, st.lists(TEXT, max_size=4), MAYBE, MAYBE, st.none() | HREF, st.lists(st.tuples(HREF, MAYBE), max_size=3))
@example(title="x", paragraphs=[], date=None, source=None, original="http://x.test#f", images=[("//x.test#f", "c")])
def test_any_strings_give_a_valid_article(
    title: str,
    paragraphs: list[str],
    date: str | None,
    source: str | None,
    original: str | None,
    images: list[tuple[str, str | None]],
) -> None:
    raw = article(title=title, paragraphs=paragraphs, meta=MetaLine(date, source, original), images=images)
    item = load_article(raw, ID, URL)
    if "title" in item:
        record = validated(item | {"first_seen_at": NOW, "fetched_at": NOW, "run_id": "20241210T060000Z"})
        assert all(each == " ".join(each.split()) for each in record["body"].split("\n\n"))
