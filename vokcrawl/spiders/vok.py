"""The crawl: `scrapy crawl vok`.

The spider carries out what `crawling.crawl.Crawl` decides: responses become events (`spiders.responses`), and the
actions that follow become requests (`spiders.requests`), records, problems and stats.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from twisted.python.failure import Failure
from typing_extensions import override

from vokcrawl.config import PREVIEW, Arguments, Options
from vokcrawl.config.required_components import (
    check_event_loop,
    check_run_extension,
    playwright_installed,
    splash_installed,
    uses_playwright,
)
from vokcrawl.config.scrapy_checks import check_scrapy_settings
from vokcrawl.crawling.actions import (
    Action,
    Emit,
    FetchArticle,
    FetchListing,
    ReadHere,
    Repeat,
    Stop,
)
from vokcrawl.crawling.context import CrawlConfig
from vokcrawl.crawling.crawl import Crawl
from vokcrawl.crawling.events import Event, Idle, Started
from vokcrawl.downloader.failures import request_of
from vokcrawl.downloader.middlewares.robotstxt import sitemaps_of
from vokcrawl.errors import StorageError
from vokcrawl.items import as_item
from vokcrawl.normalize import absolute_url, authority, clean_text, schemes_of, untracked
from vokcrawl.pages.profile import use_files
from vokcrawl.policy.failure_reasons import COMPONENT_ERROR
from vokcrawl.runs.run import Run
from vokcrawl.spiders.coordinator import Coordinator
from vokcrawl.spiders.requests import Callbacks, RequestBuilder
from vokcrawl.spiders.responses import ResponseReader
from vokcrawl.spiders.run_recorder import RunRecorder
from vokcrawl.utils.component_error import component_error_of
from vokcrawl.utils.program import PROGRAM

logger = logging.getLogger(__name__)

# The order that scrapy-splash documents for its middleware.
_SPLASH_MIDDLEWARE, _SPLASH_ORDER = "vokcrawl.downloader.splash.middleware.RenderingMiddleware", 725
# Behind all others, because its requests go through all of them themselves.
_CHROMIUM_MIDDLEWARE, _CHROMIUM_ORDER = "vokcrawl.downloader.chromium.middleware.ChromiumMiddleware", 950
# Scrapy also has middlewares for start requests, the Referer header, the length of URLs, the depth, and meta keys that
# were copied by mistake. Each adds an asynchronous generator to each page. The spider marks its start requests itself,
# no page needs a Referer, URLs are limited where they are read (`normalize.LONGEST_URL`), and a page that is requested
# again keeps its number of retries on purpose.
_SPIDER_MIDDLEWARES_BASE = {"scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": 50}
_STATS_CLASS = "vokcrawl.runs.stats.PlainStatsCollector"
# Scrapy applies -s once more after `update_settings`. The contact belongs to a User-Agent given there, too.
_ABOVE_COMMAND_LINE = SETTINGS_PRIORITIES["cmdline"] + 1
_SPLASH_FINGERPRINTER = "vokcrawl.downloader.splash.compat.SplashRequestFingerprinter"


class VokSpider(Spider):
    """Follows one source of the site. Arguments: `start_url`, `since`, `until`, `max_pages`, `full`.

    `run` is set by `extensions.run` before the first request.
    """

    name = "vok"
    options: Options
    # The site's hosts, each with its port if it has one.
    allowed_authorities: frozenset[str]
    # The scheme of each of them.
    schemes: dict[str, str]
    run: Run
    crawl: Crawl
    recorder: RunRecorder
    # Set where several workers share the crawl.
    coordinator: Coordinator | None = None

    def __init__(self, **given: Any) -> None:
        super().__init__()
        # Names with an underscore are a scheduler's own (scrapyd passes `_job`).
        self.arguments = Arguments.read({name: value for name, value in given.items() if name[0] != "_"})
        # Records on their way to the pipelines that no callback could yield.
        self._delivering: asyncio.Future[None] | None = None
        self._component_errors: set[str] = set()

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Sets what only spiders of this project need: others run with Scrapy's own components.

        `VOK_CONTACT` is added to the User-Agent, and the components of the browser that `VOK_BROWSER` selects.

        Raises `UnfitSettingsError` if the settings are not those of this project, or the event loop is another one.
        """
        super().update_settings(settings)
        check_run_extension(settings)
        check_event_loop(settings)
        settings.set("SPIDER_MIDDLEWARES_BASE", _SPIDER_MIDDLEWARES_BASE, priority="addon")
        settings.set("STATS_CLASS", _STATS_CLASS, priority="addon")
        if settings.get("JOBDIR"):
            logger.warning("JOBDIR is not used: a crawl continues from the state in VOK_OUTPUT_DIR, whatever ended it")
            settings.set("JOBDIR", None, priority=_ABOVE_COMMAND_LINE)
        contact = clean_text(str(settings.get("VOK_CONTACT") or ""))
        if contact and settings["USER_AGENT"]:
            agent = f"{settings['USER_AGENT']} contact: {contact}"
            settings.set("USER_AGENT", agent, priority=_ABOVE_COMMAND_LINE)
        # Where the package is missing, `check_required_components` says so.
        if uses_playwright(settings):
            if playwright_installed():
                _add_middleware(settings, _CHROMIUM_MIDDLEWARE, _CHROMIUM_ORDER)
        elif settings.get("SPLASH_URL") and splash_installed():
            _add_middleware(settings, _SPLASH_MIDDLEWARE, _SPLASH_ORDER)
            settings.set("REQUEST_FINGERPRINTER_CLASS", _SPLASH_FINGERPRINTER, priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Raises `UsageError` for a wrong setting or argument."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.options = Options.read(crawler.settings)
        check_scrapy_settings(crawler.settings)
        use_files(spider.options.site_profile)
        given = spider.arguments.start_url
        urls = (given,) if given else spider.options.start_urls
        spider.start_urls = list(dict.fromkeys(map(untracked, urls)))
        spider.schemes = schemes_of(spider.start_urls)
        spider.allowed_authorities = frozenset(spider.schemes)
        if not crawler.settings.getbool(PREVIEW):
            crawler.signals.connect(spider.on_idle, signal=signals.spider_idle)
            crawler.signals.connect(spider.on_robots_parsed, signal=signals.robots_parsed)
        return spider

    def begin(self) -> None:
        """Prepares the crawl of the run that is open now."""
        run = self.run
        self.recorder = RunRecorder(run, self.options.min_coverage)
        self.crawl = self.recorder.crawl(self._crawl_config())
        report = run.problems.note
        self.responses = ResponseReader(self.options, self.allowed_authorities, run.statistics, run.moment, report)
        self.requests = RequestBuilder(
            self.crawler.settings,
            self.options,
            self.allowed_authorities,
            Callbacks(self.parse, self.parse_article, self.failed),
        )

    def _crawl_config(self) -> CrawlConfig:
        options, arguments = self.options, self.arguments
        return CrawlConfig(
            start_urls=tuple(self.start_urls),
            hosts=self.allowed_authorities,
            schemes=self.schemes,
            source=options.source,
            source_id=options.source_id,
            search_id=options.search_id,
            pagination=options.pagination,
            browser=options.browser == "playwright" or bool(options.splash_url),
            stop_after_known_pages=options.stop_after_known_pages,
            lookback_days=options.lookback_days,
            rescan_hours=options.rescan_hours,
            max_run_minutes=options.max_run_minutes,
            recheck_days=options.recheck_days,
            since=arguments.since,
            until=arguments.until,
            max_pages=arguments.max_pages,
            full=arguments.full,
        )

    # Scrapy's calls

    @override
    async def start(self) -> AsyncIterator[Any]:
        try:
            if self.coordinator is None:
                self.begin()
            if self.coordinator is None or self.coordinator.may_begin():
                for each in self.handle(Started()):
                    if isinstance(each, Request):
                        # Scrapy's queue keeps these in their order.
                        each.meta["is_start_request"] = True
                    yield each
        except StorageError as failure:
            self.run.fail(failure)
        except Exception:
            self.failed_itself()

    def first_requests(self) -> list[Request]:
        """The requests of the start URLs, in a preview: Scrapy's commands send them in place of `start`."""
        self.begin()
        return [each for each in self.handle(Started()) if isinstance(each, Request)]

    def parse(self, response: Response, fetch: FetchListing) -> Iterator[Any]:
        """Callback of listing pages: teasers, and requests for their articles and for the next page.

        @start_page listing
        @returns items 1
        @returns requests 1
        @scrapes schema id url found_on position source
        """
        yield from self.handle(self.responses.event(response, fetch), response.request)

    def parse_article(self, response: Response, fetch: FetchArticle) -> Iterator[Any]:
        """Callback of article pages: the article, and the teasers of its "More From" block.

        @start_page article
        @returns items 1
        @scrapes schema id url source
        """
        yield from self.handle(self.responses.event(response, fetch), response.request)

    def failed(self, failure: Failure) -> Iterator[Any]:
        """Errback of all requests."""
        sentence = component_error_of(failure.value)
        if sentence is not None:
            self.component_failed(sentence)
        event = self.responses.failed(failure)
        if event is not None:
            yield from self.handle(event, request_of(failure))

    def component_failed(self, sentence: str) -> None:
        """Notes an error of a middleware of the user's; a sentence is logged once."""
        if sentence not in self._component_errors:
            self._component_errors.add(sentence)
            logger.error("%s; the page counts as failed, and the next run requests it again", sentence)
        self.run.problems.note(COMPONENT_ERROR, sentence)
        self.run.statistics.components_failed += 1

    def on_robots_parsed(self, robotparser: RobotParser) -> None:
        """Notes the sitemaps on the site that its robots.txt names."""
        found = (absolute_url(self.start_urls[0], url) for url in sitemaps_of(robotparser))
        self.crawl.context.sitemaps.extend(
            url for url in found if url is not None and authority(url) in self.allowed_authorities
        )

    def on_idle(self) -> None:
        """Continues with what is left for the end; raises `DontCloseSpider` while there is some."""
        if self.run.failure is not None:
            return
        if self._delivering is not None and not self._delivering.done():
            raise DontCloseSpider
        try:
            if self.coordinator is not None:
                self.coordinator.on_idle()
            else:
                self.continue_at_idle()
        except StorageError as failure:
            self.run.fail(failure)
        except (CloseSpider, DontCloseSpider):
            raise
        except Exception:
            self.failed_itself()

    def continue_at_idle(self) -> None:
        """Requests what was left for the end of the crawl; raises `DontCloseSpider` while there is something left."""
        self.give(list(self.handle(Idle())))

    def give(self, results: Sequence[Any]) -> None:
        """Gives requests and records to the engine outside a callback; raises `DontCloseSpider` if there are any."""
        items = []
        for each in results:
            if isinstance(each, Request):
                self.crawler.engine.crawl(each)
            else:
                items.append(each)
        if items:
            self._delivering = asyncio.ensure_future(self._deliver(items))
        if results:
            raise DontCloseSpider

    async def _deliver(self, items: Sequence[Any]) -> None:
        for item in items:
            await self.crawler.engine.scraper.start_itemproc_async(item, response=None)

    def failed_itself(self) -> None:
        """An error of this program outside the callbacks, where nothing else counts it: the run is incomplete."""
        url = self.start_urls[0]
        logger.exception("%s: the crawl could not go on from here", url)
        self.run.problems.note("spider_error", url)
        self.run.statistics.pages_failed += 1

    # What the crawl wants done

    def handle(self, event: Event, sent: Request | None = None) -> Iterator[Any]:
        """Hands an event to the crawl, and carries its actions out; `sent` is the request that it answers.

        Raises `CloseSpider` where the crawl is to end.
        """
        if self.coordinator is not None:
            for each in self.coordinator.events_before(event):
                yield from self._carry_out_all(each, None)
        yield from self._carry_out_all(event, sent)

    def _carry_out_all(self, event: Event, sent: Request | None) -> Iterator[Any]:
        if self.run.failure is not None:
            # The run is ending, and its state may be closed.
            return
        self.run.begin_transaction()
        stop = None
        for action in self.crawl.handle(event):
            if isinstance(action, Stop):
                stop = action
            else:
                yield from self._carry_out(action, sent)
        if self.coordinator is not None:
            self.coordinator.handled(event)
        if stop is not None:
            raise CloseSpider(stop.reason)

    def _carry_out(self, action: Action, sent: Request | None) -> Iterator[Any]:
        """Yields the request or the record that an action wants."""
        if isinstance(action, FetchListing | FetchArticle):
            request = self.request(action)
            if request is not None:
                yield request
        elif isinstance(action, Emit):
            if self.coordinator is None or self.coordinator.may_emit(action.record):
                yield as_item(action.record)
        elif isinstance(action, ReadHere):
            if self.coordinator is not None:
                yield from self.coordinator.read_here(action.id)
        elif isinstance(action, Repeat):
            yield from self._repeat(action, sent)
        else:
            self.recorder.record(action)

    def request(self, fetch: FetchListing | FetchArticle) -> Request | None:
        """The request for a fetch action; None for a URL in the state that cannot be requested, which is counted."""
        try:
            return self.requests.build(fetch)
        except ValueError as error:
            name = fetch.id if isinstance(fetch, FetchArticle) else fetch.listing
            logger.error("%s: its URL in the state cannot be requested (%s); run `%s repair`", name, error, PROGRAM)
            self.run.problems.note("stored_url_unreadable", fetch.url)
            self.run.statistics.pages_failed += 1
            return None

    def _repeat(self, action: Repeat, sent: Request | None) -> Iterator[Any]:
        """The same request once more, for the URL first requested; at Scrapy's limit the event that follows instead."""
        repeated = get_retry_request(sent, spider=self, reason=action.reason) if sent is not None else None
        if not repeated:
            yield from self.handle(action.otherwise, sent)
            return
        first = repeated.meta.get("redirect_urls", [repeated.url])[0]
        meta = {name: value for name, value in repeated.meta.items() if not name.startswith("redirect_")}
        yield repeated.replace(url=first, meta=meta)


def _add_middleware(settings: BaseSettings, path: str, order: int) -> None:
    middlewares = {**settings.getdict("DOWNLOADER_MIDDLEWARES"), path: order}
    settings.set("DOWNLOADER_MIDDLEWARES", middlewares, priority="spider")
