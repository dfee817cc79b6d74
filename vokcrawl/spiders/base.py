"""What the crawl's parts share: its arguments and options, its run, and how a page's teasers are taken in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from vokcrawl.fields import absolute_url, article_id, clean_text
from vokcrawl.middlewares.on_site import authority
from vokcrawl.options import Arguments, Options
from vokcrawl.pages.document import Document, read_document
from vokcrawl.pages.gates import Gate, gate_in_page, redirected_to_gate
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.run import Run
from vokcrawl.spiders.failures import name_of

# What the engine sends first: articles before the next listing page, so that the queue stays short.
ARTICLE_PRIORITY, LISTING_PRIORITY, RECHECK_PRIORITY = 10, 0, -10


class SourceSpider(Spider):
    """Base of the crawl. `run` is set by `extensions.run` before the first request."""

    run: Run

    def __init__(self, **given: Any) -> None:
        super().__init__()
        # Names with an underscore are a scheduler's own (scrapyd passes `_job`).
        self.arguments = Arguments.read({name: value for name, value in given.items() if name[0] != "_"})
        self.requested: set[str] = set()
        # Articles asked for and not answered yet.
        self.in_flight: set[str] = set()
        # Teasers that do not say whose they are, and wait for their article, with their page's URL.
        self.undecided: dict[str, tuple[RawTeaser, str]] = {}
        # Wanted articles that only a "More From" block has shown so far, by id.
        self.in_blocks: dict[str, str] = {}
        # Teasers of such blocks that wait for the listings' end, with their page's URL and their block's source.
        self.held: dict[str, tuple[RawTeaser, str, str | None]] = {}
        # Start pages whose walk is not over yet.
        self.walks_open = 0

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Tells the site whom to write to, where `VOK_CONTACT` says it."""
        super().update_settings(settings)
        contact = clean_text(str(settings.get("VOK_CONTACT") or ""))
        if contact:
            settings.set("USER_AGENT", f"{settings['USER_AGENT']} contact: {contact}", priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Raises `UsageFault` for a wrong setting or argument."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.options = Options.read(crawler.settings)
        given = spider.arguments.start_url
        urls = (given,) if given else spider.options.start_urls
        spider.start_urls = list(dict.fromkeys(url.partition("#")[0] for url in urls))
        spider.allowed_authorities = frozenset(map(authority, spider.start_urls))
        return spider

    options: Options
    allowed_authorities: frozenset[str]

    def parse_article(self, response: Response, identity: str) -> Iterator[Any]:
        """Callback of article requests; see `spiders.articles`."""
        raise NotImplementedError

    def failed_article(self, failure: Failure) -> Iterator[Any]:
        """Errback of article requests; see `spiders.articles`."""
        raise NotImplementedError

    def article_request(self, identity: str, url: str, priority: int = ARTICLE_PRIORITY) -> Request:
        """A request for an article."""
        self.requested.add(identity)
        self.in_flight.add(identity)
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

    def reason_of(self, failure: Failure) -> str:
        """What a failed request is called in the manifest; a gate where the answer was one."""
        if isinstance(failure.value, HttpError):
            response = failure.value.response
            asked = str(response.meta.get("redirect_urls", [response.url])[0])
            gate = redirected_to_gate(asked, response.url) or gate_in_page(response.body)
            if gate is not None:
                return gate
        return name_of(failure)

    def stop_at(self, reason: str) -> None:
        """Ends the crawl when the site checks visitors or blocks them. Raises `CloseSpider`; nothing is evaded."""
        if reason in (Gate.BOT_CHECK, Gate.NATIONAL_BLOCK):
            self.run.facts.stopped_at_gate = True
            raise CloseSpider(reason)

    def document(self, response: Response) -> Document:
        """The parsed page; a wrong declaration of its encoding is noted. Raises `PageFault`."""
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        document = read_document(response.body, content_type)
        self.run.facts.pages_read += 1
        if document.wrong_charset:
            self.note("wrong_charset", response.url)
        return document

    def note(self, reason: str, url: str) -> None:
        """Counts a problem for the manifest, and in the stats under `vok/problems/<reason>`."""
        self.run.problems.note(reason, url)
        self.crawler.stats.inc_value(f"vok/problems/{reason}")

    def on_site(self, href: str, page_url: str) -> str | None:
        """The absolute URL of a link, where it stays on the start hosts; others are noted."""
        url = absolute_url(page_url, href)
        if url is None or authority(url) not in self.allowed_authorities:
            self.note("offsite_link", url or href)
            return None
        if article_id(url) != article_id(href):
            # Dots in it climb out of the article's own path.
            self.note("climbing_link", url)
            return None
        return url

    def in_window(self, day: str | None) -> bool:
        """Whether a day lies between `since` and `until`, both included; an unknown day may."""
        since, until = self.arguments.since, self.arguments.until
        return day is None or ((since is None or day >= since) and (until is None or day <= until))
