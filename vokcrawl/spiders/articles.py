"""Articles: the callbacks of their requests; what follows from an answer is said by `vokcrawl.crawling`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from twisted.python.failure import Failure

from vokcrawl.crawling.article_result import article_page, find_article, led_elsewhere
from vokcrawl.downloader.capture.warc_handler import place_of
from vokcrawl.downloader.failures import CLOSING, request_of
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.document import PASSING_FAULTS, PageFault
from vokcrawl.spiders.teasers import TeaserSpider

# The headers that ask a site for an answer only if it has changed: by its ETag, and by its Last-Modified.
CONDITIONAL = ("If-None-Match", "If-Modified-Since")


class ArticleSpider(TeaserSpider):
    """The callbacks of article requests."""

    def parse_article(self, response: Response, identity: str) -> Iterator[Any]:
        """Reads an article page; gives its record, its teasers, and the teaser that waited for it."""
        if response.status == 304:
            self.article_unchanged(identity)
        elif response.status in (404, 410):
            elsewhere = led_elsewhere(asked_address(response), response.url, identity)
            if elsewhere is None:
                yield from self.article_missing(identity, response.url, response.status)
            else:
                # Not this article is missing, but what it was redirected to.
                yield from self.article_failed(identity, asked_address(response), elsewhere)
        else:
            try:
                page = self.article_page(response, identity)
            except PageFault as fault:
                again = self.once_more(response, fault)
                if again is not None:
                    yield again
                    return
                yield from self.article_failed(identity, asked_address(response), fault.name)
            else:
                yield from self.read_article(response, page, identity)
        yield from self.answered(identity)

    def article_page(self, response: Response, identity: str) -> ArticlePage:
        """The answer as an article's page. Raises `PageFault` that names what it is instead."""
        elsewhere = led_elsewhere(asked_address(response), response.url, identity)
        if elsewhere is not None:
            raise PageFault(elsewhere)
        return article_page(self.reading, self.document(response).root, response.url, response.body)

    def read_article(self, response: Response, page: ArticlePage, identity: str) -> Iterator[Any]:
        """The records of a page that is an article's; nothing of an article of another source but a note."""
        found = find_article(page, identity, response.url, response.body)
        yield from self.take_article(found, identity, response.url, validators_of(response), place_of(response))

    def failed_article(self, failure: Failure) -> Iterator[Any]:
        """Errback: the article could not be had after all retries."""
        request, reason = request_of(failure), self.reason_of(failure)
        if reason != CLOSING:
            identity = request.cb_kwargs["identity"]
            yield from self.article_failed(identity, request.url, reason)
            yield from self.answered(identity)

    def once_more(self, response: Response, fault: PageFault) -> Request | None:
        """A listing, or mere chrome, in an article's place: the site does that now and then, so it is asked again."""
        return self.repeated(response.request, fault.name) if fault.name in PASSING_FAULTS else None

    def repeated(self, request: Request | None, reason: str) -> Request | None:
        """The request once more, by the address first asked for; None when that has been done `RETRY_TIMES` times."""
        repeated = get_retry_request(request, spider=self, reason=reason) if request is not None else None
        if repeated is None:
            return None
        first = repeated.meta.get("redirect_urls", [repeated.url])[0]
        meta = {name: value for name, value in repeated.meta.items() if not name.startswith("redirect_")}
        return repeated.replace(url=first, meta=meta)


def validators_of(response: Response) -> tuple[str | None, str | None]:
    """ETag and Last-Modified of an answer, as sent."""
    return _header(response, "ETag"), _header(response, "Last-Modified")


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def asked_address(response: Response) -> str:
    """The address that was asked for, where redirects led elsewhere."""
    first = response.meta.get("redirect_urls")
    return str(first[0]) if first else response.url


def conditional_headers(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """The headers that ask a site for an answer only if it has changed."""
    return {name: value for name, value in zip(CONDITIONAL, (etag, last_modified), strict=True) if value}
