"""What the parts of the crawl core share: configuration, state, time, and the actions of the current event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vokcrawl.crawling.actions import Action, Count, Emit, FetchArticle, FetchListing, Report, Stop
from vokcrawl.crawling.state import CrawlState
from vokcrawl.normalize import absolute_url, article_id, authority, upgraded, utc, with_scheme
from vokcrawl.pages.block_pages import BlockPage
from vokcrawl.policy.outcome import RunStatistics
from vokcrawl.storage.crawl_results import CrawlResults

# Blocks that end a crawl.
_ENDS_CRAWL = (BlockPage.BOT_CHECK, BlockPage.NATIONAL_BLOCK)


@dataclass(frozen=True, slots=True)
class CrawlConfig:
    """The limits of a crawl, already validated. `hosts` are the site's hosts, each with its port if it has one.

    `pagination` is `auto`, `link`, `ajax` or `browser`; `browser` says whether one is configured. `max_run_minutes` is
    0 for no limit. `since` and `until` are days, both included.
    """

    start_urls: tuple[str, ...] = ()
    hosts: frozenset[str] = frozenset()
    # The scheme of each host, where start URLs give it.
    schemes: Mapping[str, str] = field(default_factory=dict)
    source: str = "Voice of Korea (EN)"
    source_id: str = ""
    search_id: str = ""
    pagination: str = "auto"
    browser: bool = False
    stop_after_known_pages: int = 2
    lookback_days: int = 7
    rescan_hours: int = 24
    recheck_days: tuple[int, ...] = (1, 3, 7, 30, 90)
    max_run_minutes: float = 0
    since: str | None = None
    until: str | None = None
    max_pages: int | None = None
    full: bool = False


@dataclass
class Context:
    """The shared parts, and the actions of the current event so far."""

    config: CrawlConfig
    state: CrawlState
    now: Callable[[], datetime]
    run_id: str
    started: datetime
    statistics: RunStatistics = field(default_factory=RunStatistics)
    results: CrawlResults = field(default_factory=CrawlResults)
    actions: list[Action] = field(default_factory=list)
    # The sitemaps on the site that its robots.txt names.
    sitemaps: list[str] = field(default_factory=list)
    # Article links that lead to other hosts, per host: they may be the site's own under another name.
    offsite_hosts: Counter[str] = field(default_factory=Counter)
    # The time that was used last, and as records have it.
    _moment: datetime | None = None
    _utc: str = ""

    def utc_now(self) -> str:
        """The time as records have it."""
        now = self.now()
        if now is not self._moment:
            self._moment, self._utc = now, utc(now)
        return self._utc

    def emit(self, record: dict[str, Any]) -> None:
        """Adds a record to deliver; its URL gets the scheme of the start URL."""
        before = record.get("url")
        if before and (url := with_scheme(before, self.config.schemes)) != before:
            record = {**record, "url": url}
        self.actions.append(Emit(record))

    def fetch(self, request: FetchListing | FetchArticle) -> None:
        """Adds a request."""
        self.actions.append(request)

    def report(self, reason: str, url: str) -> None:
        """Adds a problem for the manifest, with its URL."""
        self.actions.append(Report(reason, url))

    def count(self, name: str) -> None:
        """Adds one to a value in the stats."""
        self.actions.append(Count(name))

    def stop_at(self, reason: str) -> None:
        """Ends the crawl at a bot check or block page: these are not circumvented."""
        if reason in _ENDS_CRAWL:
            self.statistics.stopped_at_block_page = True
            self.actions.append(Stop(reason))

    def on_site(self, href: str, page_url: str) -> str | None:
        """The absolute URL of a link, where it stays on the start hosts; others are reported."""
        url = absolute_url(page_url, href)
        if url is None or authority(url) not in self.config.hosts:
            self.report("offsite_link", url or href)
            if url is not None and "@" not in authority(url):
                self.offsite_hosts[authority(url)] += 1
            return None
        if url != href and article_id(url) != article_id(href):
            # Dots in it climb out of the article's own path.
            self.report("climbing_link", url)
            return None
        return upgraded(url, self.config.schemes)

    def in_date_range(self, day: str | None) -> bool:
        """Whether a day lies between `since` and `until`, both included; an unknown day may."""
        since, until = self.config.since, self.config.until
        return day is None or ((since is None or day >= since) and (until is None or day <= until))
