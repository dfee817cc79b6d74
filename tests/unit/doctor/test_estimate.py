"""What a first complete crawl costs, by each kind of evidence about the length of the listing."""

from __future__ import annotations

from tests.support.sample_reading import BASE, site
from tests.unit.doctor.test_examination import WANTED, get
from vokcrawl.doctor.checks import ListingReport, SitemapReport
from vokcrawl.doctor.estimate import Bound, estimate_crawl
from vokcrawl.doctor.examination import Examination, examine, finish
from vokcrawl.sample import SampleSite
from vokcrawl.warc.http_response import Answer


def listing(number: int = 1, teasers: int = 10, **values: object) -> ListingReport:
    path = "/article/163/" if number == 1 else f"/article/163/page/{number}/"
    found = ListingReport(f"{BASE}{path}", "listing", "2031-05-01T00:00:00Z", teasers=teasers)
    for name, value in {"newest": "2031-04-30", "oldest": "2031-04-26", **values}.items():
        setattr(found, name, value)
    return found


def totals(*listings: ListingReport, **given: object) -> list[tuple[str, int, int, float]]:
    sitemaps = given.pop("sitemaps", {})
    found = estimate_crawl(listings, sitemaps, 4.5, **given)  # type: ignore[arg-type]
    assert found is not None
    return [(str(each.bound), each.entries, each.pages, each.hours) for each in found.totals]


def test_without_evidence_there_is_only_the_cost_of_a_year() -> None:
    # A link to the next page says nothing about the last one.
    found = estimate_crawl([listing(last_page=2)], {}, 4.5)
    assert found is not None
    assert (found.entries_per_page, found.entries_per_day, found.pages_per_year) == (10, 2, 73)
    # 730 articles and 73 pages.
    assert found.hours_per_year == 1.0
    assert found.totals == []


def test_no_teasers_give_no_estimate() -> None:
    assert estimate_crawl([listing(teasers=0)], {}, 4.5) is None


def test_last_page_number_is_a_minimum() -> None:
    # 199 pages of 10, and at least one entry on the last.
    assert totals(listing(last_page=200), listing(2, last_page=200)) == [("at least", 1991, 200, 2.7)]


def test_page_numbers_of_another_listing_do_not_count() -> None:
    stream = listing(last_page=900)
    stream.url = f"{BASE}/newstream/"
    assert totals(stream, listing(last_page=None)) == []


def test_end_of_the_listing_is_exact() -> None:
    assert totals(listing(last_page=200), complete_entries=17) == [("exactly", 17, 2, 0.0)]


def test_sitemap_is_a_maximum_and_its_oldest_article_an_estimate() -> None:
    index, part = SitemapReport(4, sitemaps=3), SitemapReport(2000, 2000, oldest="2030-05-01")
    found = totals(listing(), sitemaps={"a": index, "b": part, "c": None})
    # 365 days with 2 entries each; three sitemaps like the one that was read.
    assert [each[:2] for each in found] == [("about", 730), ("at most", 6000)]


def test_sitemap_without_articles_is_no_evidence() -> None:
    assert totals(listing(), sitemaps={"a": SitemapReport(12)}) == []


def test_pages_of_the_sample_site_give_the_evidence() -> None:
    served = site(45, sitemap=True)
    result = Examination(f"{BASE}/article/163/", WANTED, "kcnawatch")
    paths = [path for path in ("/sitemap_index.xml", "/wp-sitemap.xml") if served.answer("GET", path, {}).status == 200]
    index = get(served, paths[0])
    children = [part.partition("</loc>")[0] for part in index.answer.body.decode().split("<loc>")[1:]]
    pages = [get(served, "/article/163/"), index, *(get(served, each) for each in children)]
    examine(lambda: pages, result, "vokcrawl", 3)
    finish(result, 4.5)
    assert result.estimate is not None
    bounds = {each.bound: each.entries for each in result.estimate.totals}
    assert bounds[Bound.AT_MOST] >= 45
    assert abs(bounds[Bound.ABOUT] - 45) < 45


def test_page_numbers_on_a_page_are_read() -> None:
    class Numbered(SampleSite):
        def answer(self, method: str, target: str, headers: object) -> Answer:  # type: ignore[override]
            found = super().answer(method, target, headers)  # type: ignore[arg-type]
            links = b'<a href="/article/163/page/2/">2</a> ... <a href="/article/163/page/57/">57</a></body>'
            return found._replace(body=found.body.replace(b"</body>", links))  # type: ignore[return-value]

    served = Numbered(45, faults=())
    served.base_url = BASE
    result = Examination(f"{BASE}/article/163/", WANTED, "kcnawatch")
    examine(lambda: [get(served, "/article/163/")], result, "vokcrawl", 3)
    finish(result, 4.5)
    assert result.estimate is not None
    assert [(each.bound, each.pages) for each in result.estimate.totals] == [(Bound.AT_LEAST, 57)]
