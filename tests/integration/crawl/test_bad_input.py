"""Input that no page should give: the run goes on, the case is counted under its name, and nothing is invented.

One crawl meets all that makes a page unreadable, another one all that a page or a teaser may lack, each case at an
article of its own. All other records must be the site's to the letter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.altered_responses import (
    EMPTY,
    HUGE,
    NO_DATE,
    NO_META_LINE,
    NOT_FOUND,
    PDF,
    WRONG_DATE,
    all_of,
    kind,
    matching,
    of_day,
    replacing,
    reply,
    without_day,
    without_title,
)
from tests.support.crawling import Crawl, run_crawl
from tests.support.expected_records import Record, assert_same, assert_whole
from tests.support.hostile_site import Change, HostileSite
from vokcrawl.normalize import article_id
from vokcrawl.sample import Answer, SampleServer

START_OF_TEXT = r'(?<=<div class="article-content">\n<p>)'
FOREIGN = "Café “Moran” — 모란봉"


@dataclass(frozen=True)
class Case:
    """A damaged article page: what is reported about it, and the record that it gives all the same."""

    change: Change | Answer
    reason: str
    # What the record has otherwise than the site's own account; None where there is no record.
    record: Record | None = None
    before: str = ""


def foreign(declared: str) -> Case:
    change = all_of(matching(START_OF_TEXT, f"{FOREIGN} "), kind(f"text/html; charset={declared}"))
    return Case(change, "wrong_charset", {}, f"{FOREIGN} ")


def with_stray_byte(answer: Answer) -> Answer:
    return answer._replace(body=matching(START_OF_TEXT, "Caf@ ")(answer).body.replace(b"Caf@ ", b"Caf\xe9 "))


LISTING = HostileSite(5).answer("GET", "/newstream/", {})

UNREADABLE = {
    "an empty page": Case(EMPTY, "article_empty_page"),
    "white space only": Case(reply(" \r\n\t "), "article_empty_page"),
    "a page that is no HTML": Case(PDF, "article_not_html"),
    "text without a tag": Case(reply("Temporarily out of order\n", kind="text/plain"), "article_not_html"),
    "another type's name on a page": Case(kind("application/json"), "article_not_html"),
    "a page of five megabytes": Case(HUGE, "article_too_large"),
    "a listing in the article's place": Case(LISTING, "article_listing_in_place"),
    "an error of the server": Case(reply("<html><body>Error</body></html>", status=500), "article_http_500"),
}
LACKING = {
    "no meta line": Case(
        NO_META_LINE,
        "article_without_meta_line",
        # The day is the teaser's.
        {"source": None, "language": None, "original_url": None, "story": None},
    ),
    "no date": Case(NO_DATE, "article_without_date", {}),
    "a day that there is not": Case(WRONG_DATE, "article_wrong_date", {"published_on": None}),
    "UTF-8 declared as Latin-1": foreign("iso-8859-1"),
    "UTF-8 declared as Korean": foreign("euc-kr"),
    "a byte that is no UTF-8": Case(with_stray_byte, "wrong_charset", {}, "Caf\N{REPLACEMENT CHARACTER} "),
    "an article that is not found": Case(NOT_FOUND, "article_not_found"),
}
TEASERS = {
    "without a title": (without_title, "teaser_without_title", {"title": None}),
    "without a date": (without_day, "teaser_without_date", {"published_on": None}),
    "with a day that there is not": (
        lambda identity: of_day(identity, "February 30, 2019"),
        "teaser_wrong_date",
        {"published_on": None},
    ),
}
# An item that leads to another site: it is not one of this site's articles.
ELSEWHERE = "/newstream/1549700000-4711/choir-sings-elsewhere/"
ELSEWHERE_ITEM = (
    f'<article class="clearfix"><div class="article-desc"><h4><a href="http://another.invalid{ELSEWHERE}">Choir sings '
    'elsewhere</a></h4><p>The choir</p><p class="articled-date">February 09, 2019</p><p>The choir</p></div></article>'
)


# The first three of the listing keep their pages: there teasers are damaged.
FIRST = len(TEASERS)


@dataclass(frozen=True)
class Met:
    """A crawl that has met bad input, and what the site says of itself; `damaged` has each case's article."""

    done: Crawl
    listing: str
    articles: list[Record]
    teasers: list[Record]
    damaged: dict[str, Record]

    def assert_counted(self, reason: str, examples: list[str]) -> None:
        """`examples` are ids of articles, or whole addresses."""
        result = self.done.manifest["errors"][reason]
        assert result["count"] == len(examples)
        assert sorted(article_id(url) or url for url in result["examples"]) == sorted(examples)

    def assert_case(self, cases: dict[str, Case], name: str) -> None:
        """The case is counted, and its record is what is left of it; its teaser is whole."""
        case, article = cases[name], self.damaged[name]
        self.assert_counted(
            case.reason, [self.damaged[each]["id"] for each in cases if cases[each].reason == case.reason]
        )
        found = [each for each in self.done.articles() if each["id"] == article["id"]]
        if case.record is None:
            assert found == []
        else:
            assert_same(found, [article | {"body": case.before + article["body"]} | case.record])
        listed = [
            [each for each in teasers if each["id"] == article["id"]] for teasers in (self.done.teasers(), self.teasers)
        ]
        assert_same(*listed)

    def assert_the_rest_whole(self) -> None:
        """All other records are the site's own, and there is none that is not."""
        damaged = {each["id"] for each in self.damaged.values()}
        for found, wanted in ((self.done.articles(), self.articles), (self.done.teasers(), self.teasers)):
            assert {each["id"] for each in found} <= {each["id"] for each in wanted}
            rest = [[each for each in records if each["id"] not in damaged] for records in (found, wanted)]
            assert_same(*rest)
        assert self.done.rejected() == []
        assert self.done.removals() == []


def meet(cases: dict[str, Case], output: Path, listing: Callable[[list[Record]], Change] | None = None) -> Met:
    """Crawls a site with a damaged article for each case; `listing` changes the first page."""
    site = HostileSite(25)
    with SampleServer(site) as server:
        truth = site.truth()
        articles = truth["articles"]
        damaged = {name: articles[place] for place, name in enumerate(cases, FIRST)}
        for name, case in cases.items():
            site.change(damaged[name]["id"], case.change)
        if listing is not None:
            site.change("/article/163/", listing(articles))
        done = run_crawl(f"{server.url}/article/163/", output)
        return Met(done, f"{server.url}/article/163/", articles, truth["teasers"], damaged)


def damage_teasers(articles: list[Record]) -> Change:
    damages = (damage(article["id"]) for (damage, _, _), article in zip(TEASERS.values(), articles, strict=False))
    return all_of(*damages, replacing("</article>\n", "</article>\n" + ELSEWHERE_ITEM))


@pytest.fixture(scope="module")
def unreadable(tmp_path_factory: pytest.TempPathFactory) -> Met:
    return meet(UNREADABLE, tmp_path_factory.mktemp("unreadable"))


@pytest.fixture(scope="module")
def lacking(tmp_path_factory: pytest.TempPathFactory) -> Met:
    return meet(LACKING, tmp_path_factory.mktemp("lacking"), damage_teasers)


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_article_is_counted_and_gives_no_record(case: str, unreadable: Met) -> None:
    unreadable.assert_case(UNREADABLE, case)


def test_unreadable_articles_make_the_run_incomplete_and_are_queued_for_retry(unreadable: Met) -> None:
    assert (unreadable.done.code, unreadable.done.manifest["outcome"]) == (10, "incomplete")
    unreadable.assert_the_rest_whole()
    pending = {each["id"]: f"article_{each['reason']}" for each in unreadable.done.manifest["pending_retries"]}
    assert pending == {unreadable.damaged[name]["id"]: case.reason for name, case in UNREADABLE.items()}


@pytest.mark.parametrize("case", LACKING)
def test_what_an_article_lacks_is_null_and_counted(case: str, lacking: Met) -> None:
    lacking.assert_case(LACKING, case)


@pytest.mark.parametrize("case", TEASERS)
def test_what_a_teaser_lacks_is_null_and_counted(case: str, lacking: Met) -> None:
    place = list(TEASERS).index(case)
    _, reason, record = TEASERS[case]
    lacking.assert_counted(reason, [lacking.listing])
    wanted = lacking.teasers[place]
    assert_same([each for each in lacking.done.teasers() if each["id"] == wanted["id"]], [wanted | record])
    article = lacking.articles[place]
    assert_same([each for each in lacking.done.articles() if each["id"] == article["id"]], [article])


def test_an_item_that_leads_to_another_site_is_counted_and_gives_no_record(lacking: Met) -> None:
    result = lacking.done.manifest["errors"]["offsite_link"]
    assert set(result["examples"]) == {"http://another.invalid" + ELSEWHERE}
    assert article_id(ELSEWHERE) not in {each["id"] for each in lacking.done.articles() + lacking.done.teasers()}


def test_pages_that_lack_something_leave_all_else_whole(lacking: Met) -> None:
    # One item leads to another site, and is not resolved: the run is incomplete.
    assert lacking.done.code == 10, lacking.done.stderr
    (listing,) = lacking.done.manifest["listings"]
    assert not listing["complete"]
    assert set(lacking.done.errors) & {"listing_failed", "article_failed"} == set()
    teasers = {each["id"] for each in lacking.teasers[:FIRST]}
    rest = [[each for each in all_ if each["id"] not in teasers] for all_ in (lacking.done.teasers(), lacking.teasers)]
    assert_same(*rest)
    damaged = {each["id"] for each in lacking.damaged.values()}
    articles = [
        [each for each in all_ if each["id"] not in damaged] for all_ in (lacking.done.articles(), lacking.articles)
    ]
    assert_same(*articles)
    assert lacking.done.rejected() == []
    not_found = lacking.damaged["an article that is not found"]["id"]
    assert [each["id"] for each in lacking.done.manifest["pending_retries"]] == [not_found]


@pytest.mark.parametrize("start", ["the listing", "the article"])
def test_a_listing_in_an_articles_place_once_is_asked_again(
    start: str, crawl: Callable[..., Crawl], serve: Callable[..., SampleServer], output: Path
) -> None:
    site = HostileSite(12)
    server = serve(site=site)
    article = site.truth()["articles"][5]
    site.change(article["id"], LISTING, times=1)
    done = crawl(f"{server.url}/article/163/" if start == "the listing" else article["url"], output)
    assert done.code == 0, done.stderr
    assert_whole(done, site)
