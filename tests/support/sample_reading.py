"""Reads the sample site's pages in a simple way, independent of the project's page classes."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from parsel import Selector

from vokcrawl.sample import SampleSite

BASE = "http://127.0.0.1:8000"
ID = re.compile(r"/newstream/(\d{10}-\d+)")


def site(articles: int = 40, **options: object) -> SampleSite:
    """A site with a URL, by default without faults."""
    made = SampleSite(articles, **{"faults": (), **options})  # type: ignore[arg-type]
    made.base_url = BASE
    return made


def get(served: SampleSite, target: str) -> tuple[int, Selector]:
    """Status and page of a path or URL."""
    answer = served.answer("GET", target.removeprefix(BASE), {})
    return answer.status, Selector(text=answer.body.decode() or "<html></html>")


def article_path(article_id: str) -> str:
    return f"/newstream/{article_id}/any-slug/"


def squeeze(text: str) -> str:
    return " ".join(text.split())


def visible(page: Selector) -> list[str]:
    """The page's texts and alternative texts, in order."""
    found = page.xpath("//body//text()[normalize-space() and not(ancestor::script)] | //body//img/@alt").getall()
    return [squeeze(text) for text in found if text.strip()]


def ids(page: Selector) -> list[str]:
    """The ids of a classic listing's or fragment's items, in order."""
    return [ID.search(href)[1] for href in page.css("article.clearfix .article-thumb a::attr(href)").getall()]  # type: ignore[index]


def listing_pages(served: SampleSite, start: str = "/article/163/") -> list[Selector]:
    """The pages of a classic listing with plain links."""
    pages = []
    following: str | None = start
    while following:
        status, page = get(served, following)
        assert status == 200
        pages.append(page)
        link = page.xpath("//a[.='More Articles']/@href").get()
        following = urljoin(BASE, link) if link else None
    return pages


def read_article(page: Selector) -> tuple[str, list[str]]:
    """Headline and paragraphs of a classic article page."""
    paragraphs = ["".join(each.css("::text").getall()) for each in page.css(".article-content > p")]
    return squeeze(page.css("h2::text").get("")), [squeeze(paragraph) for paragraph in paragraphs]
