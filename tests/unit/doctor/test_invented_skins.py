"""From pages in a markup that nobody has seen to all records, by a proposed profile, without a line by hand."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.invented_skins import INVENTED
from tests.support.sample_reading import BASE, site
from tests.unit.doctor.test_examination import WANTED, get
from vokcrawl.crawling.article_result import article_page, find_article
from vokcrawl.doctor.suggest import suggest
from vokcrawl.loaders import listed_values
from vokcrawl.pages.document import PageFault, read_document
from vokcrawl.pages.extractors import extractor_at
from vokcrawl.pages.profile import use_files
from vokcrawl.sample import SampleSite
from vokcrawl.sample.skins import SKINS

LISTING = "/article/163/"
ARTICLE_FIELDS = ("title", "body", "published_on", "source", "original_url", "truncated", "images")
TEASER_FIELDS = ("title", "excerpt", "published_on")
Values = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def _skins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, skin in INVENTED.items():
        monkeypatch.setitem(SKINS, name, skin)
    yield
    use_files(())


def records(served: SampleSite) -> tuple[Values, Values]:
    """The fields of all articles, and of all teasers of the listing, as they are read with the profile in use."""
    articles: Values = {}
    for article in served.truth()["articles"]:
        page = get(served, article["url"])
        extractor, root = extractor_at(page.at), read_document(page.answer.body, "text/html", page.url).root
        with contextlib.suppress(PageFault):
            raw = article_page(extractor, root, page.url, page.answer.body)
            item = find_article(raw, page.article or "", page.url, page.answer.body).item
            articles[article["id"]] = {name: item.get(name) or None for name in ARTICLE_FIELDS}
    teasers: Values = {}
    following: str | None = LISTING
    while following is not None:
        page = get(served, following)
        extractor, root = extractor_at(page.at), read_document(page.answer.body, "text/html", page.url).root
        raws = extractor.teasers(root)
        for teaser in raws:
            values = listed_values(teaser)
            teasers.setdefault(teaser.id, {name: getattr(values, name) for name in TEASER_FIELDS})
        route = extractor.more(root, page.url, len(raws)).route
        following = route.url if route is not None else None
    return articles, teasers


def wanted(served: SampleSite) -> tuple[Values, Values]:
    truth = served.truth()
    teasers = {each["id"]: {name: each[name] for name in TEASER_FIELDS} for each in truth["teasers"]}
    return {each["id"]: {name: each[name] or None for name in ARTICLE_FIELDS} for each in truth["articles"]}, teasers


@pytest.mark.parametrize("skin", ["strange", *INVENTED])
def test_proposed_profile_reads_every_field_of_every_page(skin: str, tmp_path: Path) -> None:
    served = site(40, skin=skin)
    before, _ = records(served)
    assert before != wanted(served)[0]
    urls = [article["url"] for article in served.truth()["articles"][:3]]
    visited = [get(served, path) for path in (LISTING, f"{LISTING}page/2/", *urls)]
    proposed = suggest(visited, WANTED)
    profile = tmp_path / "my.toml"
    profile.write_text(proposed.to_toml(BASE), encoding="utf-8")
    use_files([str(profile)])
    articles, teasers = records(served)
    expected_articles, expected_teasers = wanted(served)
    # An article without a day of its own gets that of its teaser.
    for identity, values in articles.items():
        values["published_on"] = values["published_on"] or teasers[identity]["published_on"]
    assert articles == expected_articles
    assert teasers == expected_teasers


def test_there_are_ten_invented_skins() -> None:
    assert len(INVENTED) >= 10
