"""Page objects for a Scrapy response, for use in `scrapy shell`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from scrapy.http import Response

from vokcrawl.crawling.article_result import ArticleResult, article_page, find_article
from vokcrawl.loaders import load_teaser
from vokcrawl.normalize import article_id
from vokcrawl.pages.document import Document, PageFault, read_document
from vokcrawl.pages.extractors import extractor_at
from vokcrawl.pages.more import More


class Page:
    """A page as the newest extractor reads it. Raises `PageFault` with the reason for an unreadable response."""

    def __init__(self, response: Response) -> None:
        self.url = response.url
        self.extractor = extractor_at(datetime.now(UTC))
        self.document: Document = read_document(response.body, _content_type(response), response.url)

    @cached_property
    def teasers(self) -> list[dict[str, Any]]:
        """The teasers as records, without the fields that a run sets."""
        return [load_teaser(raw, self.url, None) for raw in self.extractor.teasers(self.document.root)]

    @cached_property
    def more(self) -> More:
        """Whether the page has "More Articles" (`said`), and where it leads (`route`)."""
        return self.extractor.more(self.document.root, self.url, len(self.teasers))


class ListingPage(Page):
    """A listing. `teasers` are its records, `more` is the route to the next page."""

    def __repr__(self) -> str:
        return f"<ListingPage {self.url}: {len(self.teasers)} teasers, more: {self.more.route}>"


class ArticlePage(Page):
    """An article page. `item` is its record, `found` what the page says besides."""

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self._page = article_page(self.extractor, self.document.root, response.url, response.body)
        self._body = response.body

    @cached_property
    def found(self) -> ArticleResult:
        """The result of the extraction: record, source, and why it could not be delivered, if so (`unfit`)."""
        return find_article(self._page, article_id(self.url) or "", self.url, self._body)

    @property
    def item(self) -> dict[str, Any]:
        """The article as a record, without the fields that a run sets."""
        return self.found.item

    @cached_property
    def teasers(self) -> list[dict[str, Any]]:
        """The teasers of its "More From" block."""
        return [load_teaser(raw, self.url, self.found.block_source) for raw in self._page.teasers()]

    def __repr__(self) -> str:
        item = self.item
        return (
            f"<ArticlePage {item.get('title')!r}: {len(item['body'])} characters, {item.get('published_on')}, "
            f"{item.get('source')}>"
        )


def page_of(response: Response) -> Page:
    """The page object that fits the URL: an article's, or else a listing's. Raises `PageFault`."""
    return ArticlePage(response) if article_id(response.url) is not None else ListingPage(response)


def _content_type(response: Response) -> str:
    return (response.headers.get("Content-Type") or b"text/html").decode("latin-1")


__all__ = ["ArticlePage", "ListingPage", "Page", "PageFault", "page_of"]
