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
from scrapy.exceptions import DontCloseSpider, IgnoreRequest
from scrapy.http import Response
from scrapy.settings import BaseSettings

from vokcrawl.config.alerts import Alerts
from vokcrawl.crawling.actions import FetchArticle, FetchListing, Purpose
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

__all__ = ["MAX_REQUESTS", "RequestFacts", "Visit", "VisitExtension", "make_visit", "visit_settings"]

# robots.txt, redirects and retries included.
MAX_REQUESTS = 15
# Requests that the crawl may make; the others are for the search and the sitemap.
_MAX_CRAWL_REQUESTS = MAX_REQUESTS - 4
_MAX_ARTICLES, _MAX_PROBES, _MAX_PAGES = 3, 5, 2
_PURPOSES = (Purpose.NEXT, Purpose.SOURCE_PROBE, Purpose.END_PROBE)
# The setting with the number of requests that the crawl may make.
_LIMIT = "DOCTOR_MAX_REQUESTS"
# Marks requests of the visit that are not the crawl's.
_EXTRA = "vok_doctor"
_HEADERS = ("Content-Encoding", "ETag", "Last-Modified", "Retry-After", "Server", "Location", "Cache-Control")


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One request and its response.

    `seconds` is the time until the head of the response; `clock_skew` is the site's clock minus ours in seconds;
    `tls` is the issuer of the certificate.
    """

    url: str
    status: int
    seconds: float | None
    bytes: int
    headers: dict[str, str]
    clock_skew: float | None
    protocol: str | None
    tls: str | None

    def to_dict(self) -> dict[str, Any]:
        """The values for JSON."""
        return asdict(self)


class VisitExtension:
    """Limits the requests of the crawl, requests search and sitemap at its end, and notes what was sent."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.requests: list[RequestFacts] = []
        self._limit = crawler.settings.getint(_LIMIT, _MAX_CRAWL_REQUESTS)
        self._scheduled = 0
        self._robots = 0
        self._articles = 0
        self._pages: Counter[tuple[str, Purpose]] = Counter()
        self._extras: Iterator[Request] | None = None
        connect = crawler.signals.connect
        connect(self.request_scheduled, signal=signals.request_scheduled)
        connect(self.request_reached_downloader, signal=signals.request_reached_downloader)
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
            return self._scheduled + max(self._robots, 1) < MAX_REQUESTS
        if self._scheduled >= self._limit:
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

    def request_reached_downloader(self, request: Request) -> None:
        """Counts the requests for robots.txt, which are not scheduled."""
        self._robots += ACTION not in request.cb_kwargs and _EXTRA not in request.meta

    def response_downloaded(self, response: Response, request: Request) -> None:
        """Notes a response."""
        headers = {
            name: value.decode("latin-1")[:200]
            for name in _HEADERS
            if (value := response.headers.get(name)) is not None
        }
        certificate: Any = response.certificate
        self.requests.append(
            RequestFacts(
                request.url,
                response.status,
                round(request.meta["download_latency"], 3) if "download_latency" in request.meta else None,
                len(response.body),
                headers,
                _skew(response),
                response.protocol,
                _issuer(certificate),
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


def _issuer(certificate: Any) -> str | None:
    if certificate is None:
        return None
    try:
        issuer = certificate.getIssuer()
        return str(getattr(issuer, "organizationName", b"") or getattr(issuer, "commonName", b""), "utf-8", "replace")
    except (AttributeError, TypeError):
        return "unknown"


def visit_settings(settings: BaseSettings, output_dir: str) -> None:
    """Change the settings of a crawl to those of a visit: another output directory, limits, no alerts."""
    values: dict[str, Any] = {
        **{name: field.default for name, field in Alerts.by_setting().items()},
        "VOK_OUTPUT_DIR": output_dir,
        "VOK_ARCHIVE": True,
        "VOK_PROGRESS": "off",
        "VOK_FEEDS": "off",
        "VOK_TIMESTAMP_URL": "",
        # What a page requests in Chromium would be beyond the limits of a visit.
        "VOK_BROWSER": "splash",
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


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit left: the requests, the manifest of the crawl, the archive files, and the delay in seconds."""

    requests: list[RequestFacts]
    manifest: Manifest | None
    archives: list[Path]
    delay: float


def make_visit(
    process: CrawlerProcessBase,
    url: str,
    output_dir: Path,
    requests: int = _MAX_CRAWL_REQUESTS,
    progress: Progress = NO_PROGRESS,
) -> Visit:
    """Crawl a start page within the limits of a visit. Raises `VokcrawlError`.

    `requests` is the maximum number of requests of the crawl; with 1, search and sitemap are not requested either.
    """
    progress.begin("visiting the site", MAX_REQUESTS)
    visit_settings(process.settings, str(output_dir))
    process.settings.set(_LIMIT, requests, priority="cmdline")
    delay = process.settings.getfloat("DOWNLOAD_DELAY")
    crawler = process.create_crawler("vok")
    crawler.signals.connect(progress.advance, signal=signals.response_downloaded)
    task: Any = process.crawl(crawler, start_url=url)
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
    folder = OutputFolder(str(output_dir))
    return Visit(extension.requests, run.run.manifest, list(folder.archive_files()), delay)
