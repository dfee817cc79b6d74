"""A short visit to the site: the crawl, limited to a few requests, whose responses are archived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler, CrawlerProcessBase
from scrapy.exceptions import DontCloseSpider, IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.settings import BaseSettings

from vokcrawl.config.alerts import Alerts
from vokcrawl.crawling.actions import FetchArticle, FetchListing, Purpose
from vokcrawl.doctor.certificates import Certificate, Refusal, find_refusal, received_certificate
from vokcrawl.downloader.capture.warc_handler import REQUESTED_BY
from vokcrawl.downloader.rendering.result import Outcome
from vokcrawl.errors import ExitCode
from vokcrawl.extensions.run import RunExtension
from vokcrawl.normalize import authority, untracked
from vokcrawl.pages.routes import SearchRoute, SitemapRoute
from vokcrawl.pages.sitemap import read_sitemap
from vokcrawl.spiders.requests import ACTION
from vokcrawl.storage.manifest import Manifest
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.utils.crawl_failure import failure_of
from vokcrawl.utils.progress import NO_PROGRESS, Progress

__all__ = [
    "MAX_REQUESTS",
    "BrowserFacts",
    "RequestFacts",
    "Visit",
    "VisitExtension",
    "VisitLimit",
    "make_visit",
    "visit_settings",
]

# robots.txt, redirects and retries included.
MAX_REQUESTS = 15
# Requests that the crawl may make, and pages in Chromium; the others are for the search and the sitemap.
_MAX_CRAWL_REQUESTS, _MAX_WITH_BROWSER = MAX_REQUESTS - 4, MAX_REQUESTS - 2
_MAX_ARTICLES, _MAX_PROBES, _MAX_PAGES = 3, 5, 2
_PURPOSES = (Purpose.NEXT, Purpose.SOURCE_PROBE, Purpose.END_PROBE)
# Nearest to the downloader, also behind the middleware of Chromium.
_LIMIT_ORDER = 960
# Seconds to connect to a host whose certificate was refused.
_MOST_TLS_SECONDS = 20.0
# The setting with the number of requests that the crawl may make.
_LIMIT = "DOCTOR_MAX_REQUESTS"
# Marks requests of the visit that are not the crawl's.
_EXTRA = "vok_doctor"
_HEADERS = ("Content-Encoding", "ETag", "Last-Modified", "Retry-After", "Server", "Location", "Cache-Control")


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One request and its response.

    `seconds` is the time until the head of the response; `clock_skew` is the site's clock minus ours in seconds.
    """

    url: str
    status: int
    seconds: float | None
    bytes: int
    headers: dict[str, str]
    clock_skew: float | None
    protocol: str | None
    certificate: Certificate | None

    def to_dict(self) -> dict[str, Any]:
        """The values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class BrowserFacts:
    """What Chromium did with a listing: the outcomes of its steps, how many requests its page sent, and how many not.

    `not_sent` were beyond the limit of the visit; `failures` are those of Chromium itself.
    """

    outcomes: dict[str, int]
    requests: int
    not_sent: int
    failures: int

    @property
    def works(self) -> bool:
        """Whether a click has added entries, or there was nothing to click."""
        return not {Outcome.MORE, Outcome.END}.isdisjoint(self.outcomes)


class VisitLimit:
    """Refuses what is beyond the limit of a visit, behind all other middlewares: no request can get around it.

    For a page in Chromium, a URL that was requested before is answered from memory, and style sheets are not requested.
    """

    def __init__(self, extension: VisitExtension) -> None:
        self._extension = extension
        self._answers: dict[str, Response] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware. Raises `NotConfigured` outside a visit."""
        extension = crawler.get_extension(VisitExtension)
        if extension is None:
            raise NotConfigured
        return cls(extension)

    def process_request(self, request: Request) -> Response | None:
        """Raises `IgnoreRequest` beyond the limit."""
        if REQUESTED_BY in request.meta:
            if request.url in self._answers and request.method == "GET":
                return self._answers[request.url].replace(request=request)
            if (request.headers.get("Accept") or b"").startswith(b"text/css"):
                raise IgnoreRequest("style sheets are not requested in a visit")
        self._extension.note_sent(request)
        return None

    def process_response(self, request: Request, response: Response) -> Response:
        """Keep a page."""
        if request.method == "GET" and response.status == 200:
            self._answers[request.url] = response
        return response


class VisitExtension:
    """Limits the requests of the crawl, requests search and sitemap at its end, and notes what was sent."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.requests: list[RequestFacts] = []
        self._limit = crawler.settings.getint(_LIMIT, _MAX_CRAWL_REQUESTS)
        self._scheduled = 0
        self._sent = 0
        self._by_page = 0
        self._not_sent = 0
        self._articles = 0
        self._pages: Counter[tuple[str, Purpose]] = Counter()
        self._extras: Iterator[Request] | None = None
        connect = crawler.signals.connect
        connect(self.request_scheduled, signal=signals.request_scheduled)
        connect(self.response_downloaded, signal=signals.response_downloaded)
        connect(self.spider_idle, signal=signals.spider_idle)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the extension."""
        return cls(crawler)

    def request_scheduled(self, request: Request) -> None:
        """Raises `IgnoreRequest` for a request that is beyond the limits of a visit."""
        if not self._is_allowed(request):
            raise IgnoreRequest("beyond the limits of a visit")
        self._scheduled += 1

    def _is_allowed(self, request: Request) -> bool:
        if _EXTRA in request.meta:
            return self._sent < MAX_REQUESTS
        if self._scheduled >= self._limit or self._sent >= _MAX_WITH_BROWSER:
            return False
        if "redirect_times" in request.meta or "retry_times" in request.meta:
            return True
        fetch = request.cb_kwargs.get(ACTION)
        if isinstance(fetch, FetchArticle):
            spider: Any = self.crawler.spider
            limit = _MAX_PROBES if fetch.is_start or spider.crawl.reads_page_of(fetch.id) else _MAX_ARTICLES
            if self._articles >= limit:
                return False
            self._articles += 1
        if isinstance(fetch, FetchListing):
            key = fetch.listing, fetch.purpose
            if fetch.purpose not in _PURPOSES or self._pages[key] >= _MAX_PAGES:
                return False
            self._pages[key] += 1
        return True

    def note_sent(self, request: Request) -> None:
        """Counts a request that is about to be sent. Raises `IgnoreRequest` beyond the limit."""
        is_by_page = REQUESTED_BY in request.meta
        if self._sent >= (_MAX_WITH_BROWSER if is_by_page else MAX_REQUESTS):
            self._not_sent += is_by_page
            raise IgnoreRequest("beyond the limits of a visit")
        self._sent += 1
        self._by_page += is_by_page

    @property
    def browser(self) -> BrowserFacts | None:
        """What Chromium did; None if it was not used."""
        prefix, stats = "vok/chromium/", self.crawler.stats.get_stats()
        found = {name.removeprefix(prefix): value for name, value in stats.items() if name.startswith(prefix)}
        if not found:
            return None
        outcomes = {each.value: found[each] for each in Outcome if each in found}
        return BrowserFacts(outcomes, self._by_page, self._not_sent, found.get("failed", 0))

    def response_downloaded(self, response: Response, request: Request) -> None:
        """Notes a response."""
        headers = {
            name: value.decode("latin-1")[:200]
            for name in _HEADERS
            if (value := response.headers.get(name)) is not None
        }
        self.requests.append(
            RequestFacts(
                request.url,
                response.status,
                round(request.meta["download_latency"], 3) if "download_latency" in request.meta else None,
                len(response.body),
                headers,
                _skew(response),
                response.protocol,
                received_certificate(response.certificate),
            )
        )

    def spider_idle(self) -> None:
        """Requests the search and the sitemap, one after the other. Raises `DontCloseSpider` while there are any."""
        if self._limit == 1:
            return
        if self._extras is None:
            self._extras = self._left()
        request = next(self._extras, None)
        if request is not None and self.crawler.engine is not None:
            self.crawler.engine.crawl(request)
            raise DontCloseSpider

    def _left(self) -> Iterator[Request]:
        spider: Any = self.crawler.spider
        start = spider.start_urls[0]
        yield self._request(SearchRoute(start).url)
        named = spider.crawl.context.sitemaps
        for route in SitemapRoute.candidates(start, named)[:2]:
            self._sitemap: Response | None = None
            yield self._request(route.url)
            # The request is answered before the spider is idle again.
            found = read_sitemap(self._sitemap.body) if self._sitemap is not None else None
            if found is None:
                continue
            if found.is_index:
                children = [url for url, _ in found.entries if authority(url) in spider.allowed_authorities]
                posts = [url for url in children if "post" in url or "news" in url]
                yield from map(self._request, [*posts, *children][:1])
            return

    def _request(self, url: str) -> Request:
        return Request(
            untracked(url),
            callback=self._take,
            errback=self._ignore,
            dont_filter=True,
            meta={_EXTRA: True, "handle_httpstatus_all": True, "dont_retry": True},
        )

    def _take(self, response: Response) -> None:
        self._sitemap = response

    @staticmethod
    def _ignore(failure: Any) -> None:
        """A failed request is seen in the list of requests."""


def _skew(response: Response) -> float | None:
    given = response.headers.get("Date")
    if given is None:
        return None
    try:
        date = parsedate_to_datetime(given.decode("latin-1"))
    except ValueError:
        return None
    return round((date - datetime.now(UTC)).total_seconds(), 1) if date.tzinfo is not None else None


def visit_settings(settings: BaseSettings, output_dir: str, *, browser: bool = False) -> None:
    """Change the settings of a crawl to those of a visit: another output directory, limits, no alerts.

    `browser` says whether a listing may be followed in Chromium.
    """
    values: dict[str, Any] = {
        **{name: field.default for name, field in Alerts.by_setting().items()},
        "VOK_OUTPUT_DIR": output_dir,
        "VOK_ARCHIVE": True,
        "VOK_PROGRESS": "off",
        "VOK_FEEDS": "off",
        "VOK_TIMESTAMP_URL": "",
        # What Splash requests cannot be limited.
        "VOK_BROWSER": "playwright" if browser else "splash",
        "SPLASH_URL": "",
        "VOK_MAX_WAIT_SECONDS": 60,
        "VOK_BACKOFF_SECONDS": min(settings.getfloat("VOK_BACKOFF_SECONDS"), 30.0),
        "RETRY_TIMES": 1,
        "LOG_ENABLED": False,
        "EXTENSIONS": {
            **settings.getdict("EXTENSIONS"),
            f"{VisitExtension.__module__}.{VisitExtension.__qualname__}": -50,
        },
    }
    for name, value in values.items():
        settings.set(name, value, priority="cmdline")
    limit = f"{VisitLimit.__module__}.{VisitLimit.__qualname__}"
    middlewares = {**settings.getdict("DOWNLOADER_MIDDLEWARES"), limit: _LIMIT_ORDER}
    # The spider adds that of the browser.
    settings.set("DOWNLOADER_MIDDLEWARES", middlewares, priority="project")


@dataclass(frozen=True, slots=True)
class Visit:
    """The results of a visit: the requests, the manifest of the crawl, the archive files, and the delay in seconds.

    `refusal` says why there was no TLS connection.
    """

    requests: list[RequestFacts]
    manifest: Manifest | None
    archives: list[Path]
    delay: float
    browser: BrowserFacts | None
    refusal: Refusal | None


def make_visit(
    process: CrawlerProcessBase,
    url: str,
    output_dir: Path,
    requests: int = _MAX_CRAWL_REQUESTS,
    progress: Progress = NO_PROGRESS,
    *,
    browser: bool = False,
) -> Visit:
    """Crawl a start page within the limits of a visit. Raises `VokcrawlError`.

    `requests` is the maximum number of requests of the crawl; with 1, search and sitemap are not requested either.
    `browser` says whether a listing may be followed in Chromium, with one click.
    """
    progress.begin("visiting the site", MAX_REQUESTS)
    visit_settings(process.settings, str(output_dir), browser=browser)
    process.settings.set(_LIMIT, requests, priority="cmdline")
    delay, timeout = process.settings.getfloat("DOWNLOAD_DELAY"), process.settings.getfloat("DOWNLOAD_TIMEOUT")
    verified = process.settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
    crawler = process.create_crawler("vok")
    crawler.signals.connect(progress.advance, signal=signals.response_downloaded)
    # With a browser: the first page, and one click.
    limits = {"max_pages": "2"} if browser else {}
    task: Any = process.crawl(crawler, start_url=url, **limits)
    process.start()
    progress.hide()
    failure = failure_of(task)
    if failure is not None:
        raise failure
    extension = crawler.get_extension(VisitExtension)
    run = crawler.get_extension(RunExtension)
    if extension is None or run is None:
        raise RuntimeError("the crawl of the visit did not start")
    if run.run.failure is not None:
        raise run.run.failure
    if run.exit_code is ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    archives, seconds = list(OutputFolder(str(output_dir)).archive_files()), min(_MOST_TLS_SECONDS, timeout)
    refusal = find_refusal(url, seconds) if not extension.requests or not verified else None
    return Visit(extension.requests, run.run.manifest, archives, delay, extension.browser, refusal)
