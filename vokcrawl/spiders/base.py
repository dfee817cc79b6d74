"""What the crawl's parts share: its arguments and options, its run, and how a page's teasers are taken in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from vokcrawl.config import Arguments, Options
from vokcrawl.config.scrapy_checks import check_scrapy_settings
from vokcrawl.crawling.articles import ArticleIntake
from vokcrawl.downloader.failures import block_page_of, lower_headers, name_of
from vokcrawl.normalize import authority, clean_text, untracked
from vokcrawl.pages.block_pages import BlockPage, check_in_headers, redirects_to_block_page
from vokcrawl.pages.document import Document, PageFault, read_document

# What the engine sends first: articles before the next listing page, so that the queue stays short.
ARTICLE_PRIORITY, LISTING_PRIORITY, RECHECK_PRIORITY = 10, 0, -10


class SourceSpider(ArticleIntake, Spider):
    """Base of the crawl. `run` is set by `extensions.run` before the first request.

    `works_alone` says that no other worker shares its memory.
    """

    works_alone = True

    def __init__(self, **given: Any) -> None:
        super().__init__()
        # Names with an underscore are a scheduler's own (scrapyd passes `_job`).
        self.arguments = Arguments.read({name: value for name, value in given.items() if name[0] != "_"})
        self.begin_run()

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Tells the site whom to write to, where `VOK_CONTACT` says it."""
        super().update_settings(settings)
        contact = clean_text(str(settings.get("VOK_CONTACT") or ""))
        if contact and settings["USER_AGENT"]:
            # Above -s, which Scrapy applies once more after this: the contact belongs to a User-Agent given there too.
            priority = SETTINGS_PRIORITIES["cmdline"] + 1
            settings.set("USER_AGENT", f"{settings['USER_AGENT']} contact: {contact}", priority=priority)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Raises `UsageError` for a wrong setting or argument."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.options = Options.read(crawler.settings)
        check_scrapy_settings(crawler.settings)
        given = spider.arguments.start_url
        urls = (given,) if given else spider.options.start_urls
        spider.start_urls = list(dict.fromkeys(map(untracked, urls)))
        spider.allowed_authorities = frozenset(map(authority, spider.start_urls))
        return spider

    def parse_article(self, response: Response, identity: str) -> Iterator[Any]:
        """Callback of article requests; see `spiders.articles`."""
        raise NotImplementedError

    def failed_article(self, failure: Failure) -> Iterator[Any]:
        """Errback of article requests; see `spiders.articles`."""
        raise NotImplementedError

    def article_request(self, identity: str, url: str, priority: int = ARTICLE_PRIORITY) -> Request:
        """A request for an article."""
        super().article_wanted(identity, url)
        return Request(
            url,
            callback=self.parse_article,
            errback=self.failed_article,
            cb_kwargs={"identity": identity},
            # 304, 404 and 410 are answers here, not failures.
            meta={"handle_httpstatus_list": [304, 404, 410]},
            priority=priority,
            # What is asked for is decided by id; a redirect to a page already seen must still be answered for.
            dont_filter=True,
        )

    def article_wanted(self, identity: str, url: str) -> Request:
        return self.article_request(identity, url)

    def count(self, name: str) -> None:
        self.crawler.stats.inc_value(name)

    def reason_of(self, failure: Failure) -> str:
        """What a failed request is called in the manifest; a block page where the answer was one."""
        if isinstance(failure.value, HttpError):
            response = failure.value.response
            asked = str(response.meta.get("redirect_urls", [response.url])[0])
            gate = redirects_to_block_page(asked, response.url) or block_page_of(response)
            if gate is not None:
                return gate
        return name_of(failure)

    def stop_at(self, reason: str) -> None:
        """Ends the crawl when the site checks visitors or blocks them. Raises `CloseSpider`; nothing is evaded."""
        if reason in (BlockPage.BOT_CHECK, BlockPage.NATIONAL_BLOCK):
            self.run.statistics.stopped_at_gate = True
            raise CloseSpider(reason)

    def document(self, response: Response) -> Document:
        """The parsed page; a wrong declaration of its encoding is noted. Raises `PageFault`."""
        if response.status != 200:
            # A part of a page (206), or one that some proxy has changed (203), is not the page.
            raise PageFault(f"http_{response.status}")
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        check = check_in_headers(response.status, lower_headers(response), response.body)
        if check is not None:
            raise PageFault(check)
        document = read_document(response.body, content_type, response.url)
        self.run.statistics.pages_read += 1
        if document.wrong_charset:
            self.note("wrong_charset", response.url)
        return document
