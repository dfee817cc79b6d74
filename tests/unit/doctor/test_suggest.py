"""Proposed profiles: what they select on the sample site in every skin."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sample_reading import BASE, site
from tests.unit.doctor.test_examination import WANTED, examined, get
from vokcrawl.doctor.captured import Page
from vokcrawl.doctor.checks import CheckResult
from vokcrawl.doctor.suggest import suggest
from vokcrawl.pages.profile import use_files
from vokcrawl.sample import SampleSite
from vokcrawl.sample.skins import SKINS


@pytest.fixture(autouse=True)
def _built_in() -> Iterator[None]:
    yield
    use_files(())


def pages(served: SampleSite) -> list[Page]:
    urls = [article["url"] for article in served.truth()["articles"][:3]]
    return [get(served, path) for path in ("/article/163/", "/article/163/page/2/", *urls)]


@pytest.mark.parametrize("skin", sorted(SKINS))
def test_proposed_profile_reads_each_field(skin: str, tmp_path: Path) -> None:
    served = site(40, skin=skin)
    proposed = suggest(pages(served), WANTED)
    path = tmp_path / "my.toml"
    path.write_text(proposed.to_toml(BASE), encoding="utf-8")
    use_files([str(path)])
    found = examined(served)
    for article in found.articles:
        for name in ("title", "published_on", "source", "body"):
            assert article.result(name) is CheckResult.CONFIRMED, (name, article, proposed.keys)
        assert article.strategy == "content"
    [listing] = found.listings
    assert listing.strategies == {"marked": 10}
    assert listing.with_title == listing.with_day == listing.with_excerpt == 10
    assert listing.more_kind == "link"


def test_keys_of_a_strange_page_are_named(tmp_path: Path) -> None:
    values = tomllib.loads(suggest(pages(site(40, skin="strange")), WANTED).to_toml(BASE))
    assert values["listing"] == {"date": "td.moment", "excerpt": "td.gist", "item": "tr.entry", "title": "td.name > a"}
    assert values["article"] == {
        "content": "div.prose",
        "date": "dl.particulars > dd:nth-of-type(1)",
        "headline": "div.crown",
        "original": "dl.particulars > dd:nth-of-type(3) > a",
        "related": "div.kin",
        "source": "dl.particulars > dd:nth-of-type(2)",
    }
    assert values["more"] == {"selector": "a.onward"}
    assert values["related"] == {"heading": ["other dispatches of"]}


def test_what_is_not_found_is_listed() -> None:
    proposed = suggest([get(site(40), "/robots.txt")], WANTED)
    assert proposed.keys == {}
    assert "# not found: listing.item: no page has several links to articles" in proposed.to_toml(BASE)


def test_text_of_a_page_cannot_leave_its_comment() -> None:
    served = site(40, skin="strange")
    hostile = [
        get(served, page.url, lambda text: text.replace("</h2>", "\r[article]\x0bcontent = 'p'</h2>"))
        for page in pages(served)
    ]
    values = tomllib.loads(suggest(hostile, WANTED).to_toml(BASE))
    assert values["article"]["content"] == "div.prose"
