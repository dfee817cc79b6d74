"""Site profiles: the built-in one, files that override it, their errors, and the dates for which they hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scrapy.settings import Settings

from vokcrawl.config import Options
from vokcrawl.config.redacted import changed_settings
from vokcrawl.errors import UsageError
from vokcrawl.normalize import article_id, canonical_url, shown_date
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.block_pages import cut_metering, redirects_to_block_page
from vokcrawl.pages.document import read_document
from vokcrawl.pages.extractors import extractor_at
from vokcrawl.pages.listing import read_teasers
from vokcrawl.pages.more import read_more
from vokcrawl.pages.profile import ProfileError, read_profile, site, use_files
from vokcrawl.pages.profile.files import BUILT_IN, built_in_profile
from vokcrawl.pages.routes import AjaxRoute, SearchRoute, SitemapRoute

URL = "https://example.org/newstream/1733000001-100001/orchard-harvest-begins/"
STRANGE = """
[listing]
item = "tr.row"
title = "td.name"
excerpt = "td.text"
date = "td.day"
[article]
content = "#story"
headline = "h3.head"
date = "dl dd.day"
source = "dl dd.outlet"
original = "dl a"
related = "table"
[more]
selector = "a.onward"
"""
ROW = (
    '<tr class="row"><td class="day">December 10, 2024</td><td class="name"><a href="/newstream/{id}/x/">'
    '{title}</a></td><td class="text">{excerpt}</td></tr>'
)
PAGE = (
    "<html><body><h2>Something else</h2><h3 class=head>Orchard harvest begins</h3>"
    "<dl><dt>Day</dt><dd class=day>10/12/2024</dd><dt>Outlet</dt><dd class=outlet>Voice of Korea (EN)</dd>"
    "<dd><a href='http://vok.test/index.php/i'>there</a></dd></dl>"
    "<div id=story><p>The harvest of apples began in the hills today.</p><p>Two villages took part in it.</p></div>"
    f"<table>{ROW.format(id='1733000002-100002', title='Mill repaired', excerpt='The mill was repaired.')}</table>"
    "<a class=onward href='/list/2/'>Onward</a></body></html>"
)


@pytest.fixture(autouse=True)
def _built_in() -> Iterator[None]:
    yield
    use_files(())


def write(path: Path, text: str) -> str:
    file = path / "my.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def page(url: str = URL) -> ArticlePage:
    return ArticlePage(read_document(PAGE.encode(), "text/html", url).root, url)


def test_built_in_profile_is_used_without_a_file() -> None:
    assert site() is built_in_profile()
    assert site().digest == ""


def test_file_without_values_is_the_built_in_profile(tmp_path: Path) -> None:
    assert read_profile(write(tmp_path, 'name = "same"\nvalid_until = 2026-01-01')).digest == ""


def test_selectors_read_each_field_of_an_article(tmp_path: Path) -> None:
    path = write(tmp_path, STRANGE)
    use_files([path])
    raw = page().read()
    assert raw.title == "Orchard harvest begins"
    assert raw.paragraphs == ["The harvest of apples began in the hills today.", "Two villages took part in it."]
    assert raw.meta is not None
    assert (raw.meta.date, raw.meta.source, raw.meta.original) == (
        "10/12/2024",
        "Voice of Korea (EN)",
        "http://vok.test/index.php/i",
    )
    assert raw.extractor == f"kcnawatch-article/2.profile-{read_profile(path).digest[:12]}+content"


def test_selectors_read_each_field_of_a_teaser(tmp_path: Path) -> None:
    use_files([write(tmp_path, STRANGE)])
    [teaser] = read_teasers(page().root)
    assert (teaser.id, teaser.title, teaser.excerpt, teaser.date, teaser.strategy) == (
        "1733000002-100002",
        "Mill repaired",
        "The mill was repaired.",
        "December 10, 2024",
        "marked",
    )


def test_selector_finds_the_link_to_more_articles(tmp_path: Path) -> None:
    assert read_more(page().root, URL, 1).route is None
    use_files([write(tmp_path, STRANGE)])
    route = read_more(page().root, URL, 1).route
    assert route is not None
    assert route.url == "https://example.org/list/2/"


def test_selector_may_read_an_attribute(tmp_path: Path) -> None:
    use_files([write(tmp_path, '[article]\ndate = "time::attr(datetime)"\nsource = "b"')])
    html = (
        b"<html><body><h1>A</h1><p>By <b>Voice of Korea (EN)</b> <time datetime='2024-12-10'>Tuesday</time></p></body>"
    )
    meta = ArticlePage(read_document(html, "text/html", URL).root, URL).read().meta
    assert meta is not None
    assert (meta.date, meta.source) == ("2024-12-10", "Voice of Korea (EN)")


def test_words_may_be_in_another_language(tmp_path: Path) -> None:
    use_files(
        [
            write(
                tmp_path,
                '[meta]\ndate = ["datum"]\nsource = ["quelle"]\noriginal = ["zum original"]\n'
                '[more]\nbutton = ["Weitere Artikel"]\n[blocks]\ntruncated = ["Jetzt anmelden"]',
            )
        ]
    )
    html = (
        "<html><body><h1>A</h1><p>Datum: 10/12/2024 | Quelle: Voice of Korea (EN) | "
        "<a href='http://v.test/'>Zum Original</a></p><p>Text.</p><a href='/2/'>Weitere Artikel</a></body>"
    )
    root = read_document(html.encode(), "text/html", URL).root
    meta = ArticlePage(root, URL).read().meta
    assert meta is not None
    assert (meta.date, meta.source, meta.original) == ("10/12/2024", "Voice of Korea (EN)", "http://v.test/")
    assert getattr(read_more(root, URL, 1).route, "url", None) == "https://example.org/2/"
    assert cut_metering("It began. Jetzt anmelden und weiterlesen.") == ("It began.", True)


def test_urls_calls_and_queries_are_those_of_the_profile(tmp_path: Path) -> None:
    use_files(
        [
            write(
                tmp_path,
                '[urls]\narticle = "/stories/"\n[ajax]\npath = "/api/more.php"\naction = "next"\nfixed = {}\n'
                '[ajax.parameters]\nfrom = "skip"\nto = "take"\n[search]\nwords = "q"\nday = "%Y-%m-%d"\n'
                '[sitemap]\npaths = ["/all.xml"]\n[blocks]\nsign_up_path = "join-us"',
            )
        ]
    )
    assert article_id("https://example.org/stories/1733000001-100001/x/") == "1733000001-100001"
    assert article_id(URL) is None
    assert canonical_url("https://example.org/stories/1733000001-100001/x/amp/") == (
        "https://example.org/stories/1733000001-100001/x/"
    )
    call = AjaxRoute("https://example.org/api/more.php", "next", "7", 10, 10)
    assert call.url == "https://example.org/api/more.php?action=next&skip=10&take=10&id=7"
    search = SearchRoute("https://example.org/", "", "2024-12-01", "2024-12-10")
    assert search.url == "https://example.org/?q=&sort=recent&start=2024-12-01&end=2024-12-10"
    assert [each.url for each in SitemapRoute.candidates("https://example.org/a/")] == ["https://example.org/all.xml"]
    assert redirects_to_block_page(URL, "https://example.org/join-us/") == "block_page_sign_up"
    use_files(())
    assert article_id(URL) == "1733000001-100001"


def test_dates_may_have_other_formats(tmp_path: Path) -> None:
    months = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober"]
    months += [
        "November",
        "Dezember",
        "Jan",
        "Feb",
        "Mär",
        "Apr",
        "Mai",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Okt",
        "Nov",
        "Dez",
    ]
    assert shown_date("10. Dezember 2024") is None
    use_files([write(tmp_path, f'[dates]\nformats = ["%d. %B %Y", "%Y/%m/%d"]\nmonths = {months}')])
    assert shown_date(" 10. Dezember 2024") == "2024-12-10"
    assert shown_date("1. mär 2024") == "2024-03-01"
    assert shown_date("2024/12/10") == "2024-12-10"
    assert shown_date("December 10, 2024") == "2024-12-10"
    assert shown_date("30. Februar 2024") is None
    assert shown_date("10. Dezember 2024 um 10 Uhr") is None
    use_files(())
    assert shown_date("2024/12/10") is None


def test_profile_is_chosen_by_the_day_of_capture(tmp_path: Path) -> None:
    new = tmp_path / "new.toml"
    new.write_text('valid_from = 2026-12-01\n[article]\ncontent = "#new"')
    old = tmp_path / "old.toml"
    old.write_text('valid_until = 2020-01-31\n[article]\ncontent = "#old"')
    use_files([str(new), str(old)])
    found = []
    for day in (
        datetime(2020, 1, 31, 23, tzinfo=UTC),
        datetime(2020, 2, 1, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    ):
        extractor_at(day)
        found.append(site().article.content.css)
    assert found == ["#old", ".article-content", "#new"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[article]\ncontnet = '#a'",
            "my.toml, line 2: article.contnet: no such key; kcnawatch.toml describes all keys",
        ),
        ("[artikel]\ncontent = '#a'", "my.toml, line 1: artikel: no such key; kcnawatch.toml describes all keys"),
        ("[article]\ncontent = 'p..a'", "my.toml, line 2: article.content: 'p..a' is not a valid CSS selector"),
        ("[article]\nremove = '*'", "my.toml, line 2: article.remove: '*' matches the whole page"),
        ("[article]\ncontent = 7", "my.toml, line 2: article.content: must be a CSS selector in quotes, or empty"),
        ("[more]\n\nbutton = ['more', '']", "my.toml, line 3: more.button: '' matches every text"),
        ("[more]\nbutton = ['.*']", "my.toml, line 2: more.button: '.*' matches every text"),
        ("[more]\nbutton = 'more'", "my.toml, line 2: more.button: must be a list of strings"),
        ("[meta]\ndate = ['(day']", "my.toml, line 2: meta.date: '(day' is not a valid regular expression"),
        ("[meta]\ndate = ['(day|date)']", "my.toml, line 2: meta.date: '(day|date)' has a group; write (?:…) instead"),
        ("[ajax.parameters]\nid = 'a b'", "my.toml, line 2: ajax.parameters.id: 'a b' is not the name of a parameter"),
        ("[dates]\nformats = ['%d %B']", "my.toml, line 2: dates.formats: '%d %B' is not a format with %d, %Y, and"),
        ("[dates]\nmonths = ['May']", "my.toml, line 2: dates.months: must have 12 names"),
        ("[ajax]\npage_size = 0", "my.toml, line 2: ajax.page_size: 0 is not allowed"),
        ("[urls]\narticle = 'newstream'", "my.toml, line 2: urls.article: 'newstream' is not a path with a slash"),
        ("valid_from = 2026-02-01\nvalid_until = 2026-01-01", "line 2: valid_until: 2026-01-01 is before valid_from"),
        ("[article\ncontent = 1", "my.toml: not valid TOML: Expected ']' at the end of a table declaration (at line 1"),
        ("[sources.logos]\nx = { words = '' }", "my.toml, line 2: sources.logos.x.words: '' is not a text of 3 to 99"),
    ],
)
def test_error_names_file_line_and_key(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ProfileError) as raised:
        read_profile(path)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    with pytest.raises(UsageError, match=r"^VOK_SITE_PROFILE: "):
        Options.read(Settings({"VOK_SITE_PROFILE": path}))


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"VOK_SITE_PROFILE: .*none\.toml: No such file or directory"):
        Options.read(Settings({"VOK_SITE_PROFILE": str(tmp_path / "none.toml")}))


def test_manifest_settings_contain_the_digest(tmp_path: Path) -> None:
    path = write(tmp_path, STRANGE)
    settings = Settings()
    settings.set("VOK_SITE_PROFILE", path, priority="cmdline")
    changed = changed_settings(settings)
    assert changed["VOK_SITE_PROFILE"] == path
    assert changed["VOK_SITE_PROFILE_SHA256"] == read_profile(path).digest
    assert len(read_profile(path).digest) == 64


def test_each_key_of_the_built_in_file_is_described() -> None:
    """A comment stands above each key or table, or above the keys before it."""
    commented = False
    for line in BUILT_IN.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            commented = False
        elif line.startswith("#"):
            commented = True
        elif line[:1].isalpha() and "=" in line and not line.startswith("name"):
            assert commented, line
