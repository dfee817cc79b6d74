"""The results about pages of the sample site, in every skin, and about changed ones."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from rich.console import Console

from tests.support.sample_reading import BASE, site
from vokcrawl.doctor.captured import Page
from vokcrawl.doctor.checks import ArticleReport, CheckResult, FieldCheck
from vokcrawl.doctor.examination import Examination, Severity, examine, finish
from vokcrawl.doctor.listings import examine_listing
from vokcrawl.doctor.months import by_month
from vokcrawl.doctor.printing import as_html, show
from vokcrawl.sample import SampleSite
from vokcrawl.sample.skins import SKINS
from vokcrawl.warc.http_response import Answer

AT = datetime(2031, 5, 1, tzinfo=UTC)
WANTED = "Voice of Korea (EN)"
Change = Callable[[str], str]


def get(served: SampleSite, target: str, change: Change = str) -> Page:
    status, headers, body = served.answer("GET", target.removeprefix(BASE), {})
    lowered = {name.lower(): value for name, value in headers}
    return Page(f"{BASE}{target.removeprefix(BASE)}", AT, Answer(status, lowered, change(body.decode()).encode()))


def examined(served: SampleSite, on_listing: Change = str, on_article: Change = str) -> Examination:
    result = Examination(f"{BASE}/article/163/", WANTED, "kcnawatch")
    urls = [article["url"] for article in served.truth()["articles"][:3]]
    pages = [get(served, "/robots.txt"), get(served, "/article/163/", on_listing)]
    pages += [get(served, url, on_article) for url in urls]
    examine(lambda: pages, result, "vokcrawl", 15)
    finish(result, 4.5)
    return result


@pytest.mark.parametrize("skin", sorted(SKINS.keys() - {"strange"}))
def test_each_skin_is_ready(skin: str) -> None:
    found = examined(site(40, skin=skin))
    assert found.code == 0, found.remarks
    assert not [remark for remark in found.remarks if remark.severity is not Severity.NOTE]
    for article in found.articles:
        for name in ("title", "published_on", "source", "body"):
            assert article.result(name) is CheckResult.CONFIRMED, (name, article)
        assert article.unexplained_share < 0.1, article.unexplained
    [listing] = found.listings
    assert listing.teasers == listing.with_day == listing.with_title == 10
    assert found.estimate is not None
    assert found.estimate.pages_per_year


def test_field_that_all_articles_lack_is_an_error() -> None:
    found = examined(site(40), on_article=lambda text: re.sub(r"Date: \d\d/\d\d/\d{4} \| ", "", text))
    assert found.code == 12
    assert found.remarks[0].text == "published_on was not found in 3 of 3 articles"
    assert found.remarks[0].remedy == "set article.date in a site profile"
    assert {article.result("published_on") for article in found.articles} == {CheckResult.MISSING}


def test_day_that_differs_from_the_teaser_is_contradicted() -> None:
    found = examined(site(40), on_article=lambda text: re.sub(r"Date: \d\d/\d\d/\d{4}", "Date: 01/01/2001", text))
    assert found.code == 10
    assert "published_on is contradicted in 3 of 3 articles" in found.remarks[0].text


def test_text_that_differs_from_the_excerpt_is_contradicted() -> None:
    found = examined(
        site(40), on_article=lambda text: re.sub(r"<p>.*?</p>", "<p>Quite another text.</p>", text, flags=re.S)
    )
    assert {article.result("body") for article in found.articles} == {CheckResult.CONTRADICTED}
    assert found.code == 10


def test_text_of_no_field_is_shown() -> None:
    advert = "<div><p>Visit the market of the hills on Sunday.</p></div>" * 20
    found = examined(site(40), on_article=lambda text: re.sub(r"(<h[1-3])", rf"{advert}\1", text, count=1))
    assert found.articles[0].unexplained[0] == "Visit the market of the hills on Sunday."
    assert found.articles[0].unexplained_share > 0.2
    assert "belongs to no field" in found.remarks[0].text


def test_listing_without_a_next_page_is_an_error() -> None:
    found = examined(site(40), on_listing=lambda text: text.replace("More Articles", "Onward"))
    assert (found.code, found.conclusion) == (12, "not ready")
    assert found.remarks[0].text == f'"More Articles": it was not found on {BASE}/article/163/'


def test_articles_of_another_source_only_are_a_warning() -> None:
    result = Examination(f"{BASE}/article/163/", "Rodong Sinmun (En)", "kcnawatch")
    served = site(40)
    url = served.truth()["articles"][0]["url"]
    examine(lambda: [get(served, "/article/163/"), get(served, url)], result, "vokcrawl")
    finish(result, 4.5)
    assert "no article of 'Rodong Sinmun (En)' was found, but of: Voice of Korea (EN)" in result.remarks[0].text


def test_newest_captures_of_different_articles_are_examined() -> None:
    served = site(40)
    first, second, third = (article["url"] for article in served.truth()["articles"][:3])
    result = Examination(f"{BASE}/article/163/", WANTED, "kcnawatch")
    pages = [get(served, url) for url in (first, second, first, third)]
    examine(lambda: pages, result, "vokcrawl", 2)
    assert [each.url for each in result.articles] == [first, third]
    examine(lambda: iter(pages), result, "vokcrawl")
    assert [each.url for each in result.articles] == [first, second, first, third]


def test_last_ajax_parameter_is_recognised_as_size_or_end() -> None:
    served = site(40, more="ajax")
    path = "/wp-admin/admin-ajax.php?action=get_cat_by_source&id=189661&from=10&to="
    number = re.search(r'data-id="(\d+)"', served.answer("GET", "/article/163/", {}).body.decode())
    assert number is not None
    path = path.replace("189661", number[1])
    batch = get(served, f"{path}10")
    assert examine_listing(batch, WANTED)[0].to_parameter == "size"
    as_end = Page(batch.url.replace("to=10", "to=20"), AT, batch.answer)
    assert examine_listing(as_end, WANTED)[0].to_parameter == "end"
    longer = Page(batch.url.replace("to=10", "to=40"), AT, batch.answer)
    assert examine_listing(longer, WANTED)[0].to_parameter is None


def test_change_of_the_site_is_a_step_by_month() -> None:
    def article(month: str, strategy: str, value: str | None) -> ArticleReport:
        fields = [FieldCheck("title", value, "", CheckResult.UNCHECKED)]
        return ArticleReport("u", "i", f"{month}-03T00:00:00Z", None, strategy, fields)

    months = by_month(
        [article("2031-02", "structure", None), article("2031-01", "content", "A"), article("2031-01", "content", "B")],
        [],
    )
    assert [(each.month, each.share("title"), each.content_share) for each in months] == [
        ("2031-01", 1.0, 1.0),
        ("2031-02", 0.0, 0.0),
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_report_fits_the_terminal(width: int) -> None:
    file = io.StringIO()
    show(examined(site(40)), Console(file=file, width=width, markup=False, highlight=False))
    lines = file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert "ready" in file.getvalue()


def test_texts_of_a_page_are_escaped() -> None:
    hostile = "<b>[red]x[/red]</b> &lt;script&gt;alert(1)&lt;/script&gt; \x1b[31m"
    found = examined(site(40), on_article=lambda text: text.replace("<p>", f"<p>{hostile}"))
    page = as_html(found)
    assert "<script>alert" not in page
    assert "[red]x[/red]" in page
    assert "\x1b" not in page
