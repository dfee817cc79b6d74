"""Examines a page of a listing, an AJAX batch, or the results of a search."""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qs, urlsplit

from vokcrawl.doctor.captured import Page
from vokcrawl.doctor.checks import ListingReport
from vokcrawl.loaders import listed_values
from vokcrawl.normalize import article_id, utc
from vokcrawl.pages.block_pages import find_block_page
from vokcrawl.pages.document import PageFault, read_document
from vokcrawl.pages.extractors import extractor_at
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.numbered_pages import last_page_number
from vokcrawl.pages.profile import site
from vokcrawl.pages.search import number_in_form
from vokcrawl.policy.article_checks import ListedValues

__all__ = ["LISTING", "SEARCH", "examine_listing", "is_page"]

LISTING, SEARCH, AJAX = "listing", "search", "ajax"


def is_page(page: Page) -> bool:
    """Whether a response is a page or an AJAX batch: neither robots.txt nor a sitemap, a script or an image."""
    path = urlsplit(page.url).path
    kind = page.answer.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    # A server may redirect a missing robots.txt to a page.
    return path.rstrip("/") != "/robots.txt" and kind in ("text/html", "application/xhtml+xml", "")


def examine_listing(page: Page, source: str) -> tuple[ListingReport, dict[str, ListedValues]]:
    """Examine a page. Returns also the values of its teasers by the id of the article."""
    found = ListingReport(page.url, _kind(page.url), utc(page.at))
    if page.answer.status != 200:
        block = find_block_page(page.answer.body, page.answer.status, page.answer.headers)
        found.fault = str(block or f"http_{page.answer.status}")
        return found, {}
    try:
        document = read_document(page.answer.body, page.answer.headers.get("content-type", ""), page.url)
    except PageFault as fault:
        found.fault = fault.name
        return found, {}
    extractor, root = extractor_at(page.at), document.root
    found.article_links = sum(article_id(link.attributes.get("href") or "") is not None for link in root.css("a[href]"))
    raws = extractor.teasers(root)
    if not raws:
        block = find_block_page(page.answer.body, 200, page.answer.headers)
        found.says_end = document.says_end
        found.fault = None if found.says_end else str(block or "no_teasers")
    values = _count(found, raws)
    more = extractor.more(root, page.url, len(raws))
    found.more_label = more.label_found
    if more.route is not None:
        found.more_kind, found.more = more.route.strategy, more.route.url
    found.source_number = number_in_form(root, source)
    found.to_parameter = _to_parameter(page.url, len(raws))
    found.last_page = last_page_number(root, page.url) or None
    return found, values


def _kind(url: str) -> str:
    parts = urlsplit(url)
    if site().ajax.mark in parts.path:
        return AJAX
    return SEARCH if site().search.words in parse_qs(parts.query, keep_blank_values=True) else LISTING


def _to_parameter(url: str, received: int) -> str | None:
    """What the entries of an AJAX batch show about its parameter ``to``; None if it is not a batch behind the first."""
    names, query = site().ajax.names, parse_qs(urlsplit(url).query)
    start, to = (query.get(names[name], [""])[0] for name in ("from", "to"))
    if not (start.isascii() and start.isdigit() and to.isascii() and to.isdigit()) or not received or start == "0":
        return None
    # More entries than up to the position `to`: it can only be the size of the batch.
    if received > int(to) - int(start):
        return "size"
    return "end" if received == int(to) - int(start) else None


def _count(found: ListingReport, raws: list[RawTeaser]) -> dict[str, ListedValues]:
    values = {raw.id: listed_values(raw) for raw in raws}
    days = sorted(each.published_on for each in values.values() if each.published_on)
    found.teasers = len(raws)
    found.with_title = sum(listed_values(raw).title is not None for raw in raws)
    found.with_excerpt = sum(listed_values(raw).excerpt is not None for raw in raws)
    found.with_day = sum(listed_values(raw).published_on is not None for raw in raws)
    found.with_source = sum(raw.source is not None for raw in raws)
    found.strategies = dict(Counter(raw.strategy for raw in raws))
    found.newest, found.oldest = (days[-1], days[0]) if days else (None, None)
    return values
