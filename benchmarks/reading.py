"""Part `reading`: the cost of extracting a record from a page, compared with other libraries."""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from datetime import UTC, datetime

import trafilatura
from parsel import Selector

from benchmarks.children import BenchmarkError
from benchmarks.results import Measured, Result
from benchmarks.rounds import CPU_A_PAGE
from vokcrawl.crawling.article_result import article_page, find_article
from vokcrawl.items import validated
from vokcrawl.normalize import article_id, utc
from vokcrawl.pages.document import read_document
from vokcrawl.pages.extractors import extractor_at
from vokcrawl.sample.site import SampleSite

OURS = "vokcrawl: complete record, and teasers"
PAGES = 200
_TYPE = "text/html; charset=utf-8"


def measure_reading(articles: int, rounds: int) -> Result:
    """Read the pages of a sample site `rounds` times with each extractor."""
    site = SampleSite(min(articles, PAGES), faults=())
    site.base_url = "http://127.0.0.1"
    truth = site.truth()
    # Some articles have a headline only.
    urls = [str(record["url"]) for record in truth["articles"] if record["body"]]
    pages = [(url, site.answer("GET", url.removeprefix(site.base_url), {}).body) for url in urls]
    known = frozenset(str(teaser["id"]) for teaser in truth["teasers"])
    readers: dict[str, Callable[[str, bytes], str | None]] = {
        OURS: lambda url, body: _ours(url, body, known),
        "parsel: title and text by CSS": _by_css,
        "trafilatura: text": lambda _, body: trafilatura.extract(body.decode(), include_comments=False),
    }
    times: dict[str, list[float]] = {name: [] for name in readers}
    for number in range(-1, rounds):
        for name, read in readers.items():
            began = time.process_time()
            texts = [read(url, body) for url, body in pages]
            taken = time.process_time() - began
            if not all(texts):
                raise BenchmarkError(f"{name}: {texts.count(None) + texts.count('')} pages without a text")
            # The first round is not counted, because it imports modules and compiles patterns.
            if number >= 0:
                times[name].append(1000 * taken / len(pages))
    title = f"{len(pages)} article pages in memory, {rounds} rounds"
    return Result("reading", title, [Measured(name, {CPU_A_PAGE: ones}) for name, ones in times.items()], OURS)


def _ours(url: str, body: bytes, known: Container[str]) -> str | None:
    """Extract everything that a crawl extracts from a page with known teasers."""
    extractor, identity = extractor_at(datetime.now(UTC)), article_id(url) or ""
    found = find_article(article_page(extractor, read_document(body, _TYPE).root, url, body), identity, url, body)
    found.block(known)
    now = utc(datetime.now(UTC))
    record = {**found.item, "first_seen_at": now, "fetched_at": now, "run_id": "20241210T060000Z"}
    return str(validated(record)["body"])


def _by_css(_: str, body: bytes) -> str | None:
    """Do what the bare spider does."""
    page = Selector(body.decode())
    return page.css(".article-single h2::text").get() and "\n\n".join(page.css(".article-content > p::text").getall())
