"""The text of a real page in the sample site's three markups and an unknown one, through a real crawl."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import pytest

from tests.support.altered_responses import NOT_FOUND, reply
from tests.support.children import ROOT
from tests.support.crawling import Crawl
from tests.support.hostile_site import HostileSite
from vokcrawl.sample import SampleServer
from vokcrawl.sample.skins import SKINS
from vokcrawl.sample.views import ArticleView, MoreView, TeaserView

# The text of a page as a browser shows it. It is not part of the repository: it is somebody's.
REAL_PAGE = ROOT.parent / "shared" / "pages" / "talks-held-in-pyongyang.txt"
HEADING = "More From Voice of Korea (EN)"
# What the text does not tell is made up.
IDENTITY = "1732914150-480112733"
HEADLINE = "Defence Ministers Meet"
LOGO = "/uploads/sites/4/2019/01/Voice-of-Korea-EN.jpg"
META = "Date: 30/11/2024 | Source: Voice of Korea (EN)"
ORIGINAL = "http://www.vok.rep.kp/index.php/revo_de/getDetail/ien241130004/en"

Teasers = list[tuple[str, str]]


def read_page() -> tuple[list[str], Teasers]:
    """The paragraphs, and the excerpt and the date of each teaser; each excerpt stands there twice."""
    lines = REAL_PAGE.read_text(encoding="utf-8").splitlines()
    cut = lines.index(HEADING)
    assert lines[-1] == "More Articles"
    block = lines[cut + 1 : -1]
    assert block[0::3] == block[2::3]
    return lines[:cut], list(zip(block[0::3], block[1::3], strict=True))


def path_of(place: int) -> str:
    return f"/newstream/{1733800000 - place * 997}-{1000 + place}/an-article-that-is-not-there-{place}/"


def in_a_skin(name: str, paragraphs: Sequence[str], teasers: Teasers) -> str:
    skin = SKINS[name]()
    head, tail = skin.page("Newstream | KCNA Watch", datetime.date(2024, 12, 11))
    article = skin.article(ArticleView(HEADLINE, META, ORIGINAL, tuple(paragraphs), (), "Voice of Korea (EN)"))
    cards = [
        skin.teaser(TeaserView(path_of(place), "", None, LOGO, excerpt, day))
        for place, (excerpt, day) in enumerate(teasers)
    ]
    return head + article + skin.block(HEADING, cards, MoreView(href="/article/163/")) + tail


def in_tables(paragraphs: Sequence[str], teasers: Teasers) -> str:
    """A markup that has nothing in common with the sample site's: tables, and the excerpt is the link."""
    text = "<br><br>".join(map(escape, paragraphs))
    rows = "".join(
        f"<tr><td><img src='{LOGO}'></td><td><a href='{path_of(place)}'>{escape(excerpt)}</a></td><td>{day}</td>"
        f"<td class='narrow'><a href='{path_of(place)}'>{escape(excerpt)}</a></td></tr>"
        for place, (excerpt, day) in enumerate(teasers)
    )
    return (
        f"<html><head><title>Newstream | KCNA Watch</title></head><body><table><tr><td><a href='/'>Browse</a></td></tr>"
        f"</table><center><font size=5><h3>{HEADLINE}</h3></font><i>{META} | <a href='{ORIGINAL}'>Read original "
        f"version at source</a></i></center><table><tr><td>{text}</td></tr></table><h3>{HEADING}</h3>"
        f"<table>{rows}</table>"
        "<button onclick=\"location='/article/163/'\">More Articles</button></body></html>"
    )


MARKUPS: dict[str, Callable[[Sequence[str], Teasers], str]] = {
    "current": lambda *text: in_a_skin("current", *text),
    "classic": lambda *text: in_a_skin("classic", *text),
    "plain": lambda *text: in_a_skin("plain", *text),
    "tables": in_tables,
}


@pytest.mark.skipif(not REAL_PAGE.is_file(), reason=f"{REAL_PAGE.name} is not beside the repository")
@pytest.mark.parametrize("markup", MARKUPS)
def test_a_real_page_gives_its_article_and_its_twenty_teasers_to_the_letter(
    markup: str, crawl: Callable[..., Crawl], serve: Callable[..., SampleServer], output: Path
) -> None:
    paragraphs, teasers = read_page()
    assert (len(paragraphs), len(teasers)) == (4, 20)
    path = f"/newstream/{IDENTITY}/defence-ministers-meet/"
    site = HostileSite(0)
    site.change(path, reply(MARKUPS[markup](paragraphs, teasers)))
    site.change("/article/163/", NOT_FOUND)
    server = serve(site=site)

    done = crawl(server.url + path, output)

    (article,) = done.articles()
    assert article["body"].split("\n\n") == paragraphs
    assert (article["id"], article["url"], article["title"]) == (IDENTITY, server.url + path, HEADLINE)
    assert (article["published_on"], article["source"]) == ("2024-11-30", "Voice of Korea (EN)")
    assert (article["original_url"], article["story"]) == (ORIGINAL, "n241130004")
    assert not article["truncated"]
    found = done.teasers()
    assert len(found) == 20
    assert sorted(each["url"] for each in found) == sorted(server.url + path_of(place) for place in range(20))
    assert [each["excerpt"] for each in sorted(found, key=lambda each: each["position"])] == [one for one, _ in teasers]
    assert [each["position"] for each in found] == list(range(1, 21))
    days = {day: f"2024-12-{re.findall(r'[0-9]+', day)[0]}" for _, day in teasers}
    assert set(days.values()) == {f"2024-12-{day:02}" for day in range(7, 11)}
    assert [each["published_on"] for each in found] == [days[day] for _, day in teasers]
    assert {each["source"] for each in found} == {"Voice of Korea (EN)"}
    assert {each["title"] for each in found} == {None}
    assert {each["found_on"] for each in found} == {server.url + path}
    assert done.rejected() == []
