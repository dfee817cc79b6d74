"""Hands what the archive of one run holds to the crawl core, in the order of capture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from vokcrawl.config import Arguments, Options
from vokcrawl.crawling.actions import Count, Emit, FetchArticle, Measure, Report
from vokcrawl.crawling.context import CrawlConfig
from vokcrawl.crawling.crawl import Crawl
from vokcrawl.crawling.events import (
    AllPagesRead,
    ArticleFailed,
    ArticleFetched,
    ArticleMissing,
    ArticleNotModified,
    Event,
    TeasersFound,
    no_more,
)
from vokcrawl.normalize import parse_utc
from vokcrawl.replay.results import ExtractionResult, Kind
from vokcrawl.pages.article_parts import part_number
from vokcrawl.runs.run import Run

# The failure of a page without its end; a crawl has requested it again.
_CUT_OFF = "cut_off"


class ReplayIntake:
    """One run that is replayed. `take` yields the records of an archived answer, `end` those that waited for the end.

    `schemes` are the site's hosts, each with its port if it has one, and the scheme of its URLs in records.
    """

    def __init__(self, run: Run, options: Options, arguments: Arguments, schemes: Mapping[str, str]) -> None:
        self._run = run
        self._minimum_coverage = options.min_coverage
        self._now: datetime = run.started
        run.clock = lambda: self._now
        config = CrawlConfig(
            hosts=frozenset(schemes),
            schemes=schemes,
            source=options.source,
            recheck_days=options.recheck_days,
            since=arguments.since,
            until=arguments.until,
        )
        # Until the end it is unknown which teasers a listing is still to show with their titles.
        self._crawl = Crawl(config, run.state, run.moment, run.id, statistics=run.statistics, holds_teasers=True)
        context = self._crawl.context
        run.other_sources, run.validators = context.other_sources, context.validators
        # Articles that failed, and may have been requested again: the URL and the reason, by id.
        self._failed: dict[str, tuple[str, str]] = {}
        # Whether the site closes its pages, and how long those were that had no end, by their URLs.
        self._closes_pages = False
        self._unclosed: dict[str, int] = {}

    def take(self, found: ExtractionResult) -> Iterator[dict[str, Any]]:
        """The records that follow from an archived answer."""
        self._now = parse_utc(found.at)
        if found.status and found.kind is not Kind.OTHER:
            self._run.statistics.pages_read += 1
        if found.wrong_charset:
            self._report("wrong_charset", found.url)
        if found.identity is not None:
            yield from self._take_article(found, found.identity)
        elif found.kind is Kind.LISTING and not self._is_cut_off(found):
            yield from self._handle(TeasersFound(found.url, found.teasers))
        elif found.kind is Kind.ERROR:
            self._report("spider_error", found.url)
            self._run.statistics.pages_failed += 1

    def end(self, on_incomplete: bool) -> Iterator[dict[str, Any]]:
        """The archive is over. A run that broke off emitted nothing of what waited: a later one shows it again."""
        for identity, (url, reason) in self._failed.items():
            yield from self._handle(ArticleFailed(_request(identity, url), reason, url))
        if not on_incomplete:
            yield from self._handle(AllPagesRead())

    def _take_article(self, found: ExtractionResult, identity: str) -> Iterator[dict[str, Any]]:
        if found.kind is Kind.OTHER:
            return
        if found.kind in (Kind.FAILED, Kind.ERROR, Kind.FLAWED) or self._is_cut_off(found):
            self._failed[identity] = (found.url, found.reason or _CUT_OFF)
            return
        self._failed.pop(identity, None)
        self._crawl.articles.requested.add(identity)
        yield from self._handle(self._article_event(found, _request(identity, found.url)))

    def _article_event(self, found: ExtractionResult, request: FetchArticle) -> Event:
        if found.kind is Kind.UNCHANGED:
            return ArticleNotModified(request)
        if found.kind is Kind.MISSING:
            return ArticleMissing(request, found.url, found.status)
        # An archive of others may hold an article twice: each version counts.
        self._run.forget_article(request.id)
        etag, last_modified = found.validators
        return ArticleFetched(request, found.url, found.article(), no_more, etag, last_modified, found.place)

    def _handle(self, event: Event) -> Iterator[dict[str, Any]]:
        self._run.begin_transaction()
        for action in self._crawl.handle(event):
            if isinstance(action, Emit):
                yield action.record
            elif isinstance(action, Report):
                self._report(action.reason, action.url)
            elif isinstance(action, Count):
                self._run.count(action.name)
            elif isinstance(action, Measure):
                self._run.measure(action.record, self._minimum_coverage)

    def _report(self, reason: str, url: str) -> None:
        self._run.problems.note(reason, url)

    def _is_cut_off(self, found: ExtractionResult) -> bool:
        """Whether a page without an end is taken for a part of one, by the same rule as in `downloader`."""
        self._closes_pages |= found.closed
        if not found.unclosed:
            return False
        before = self._unclosed.get(found.url)
        self._unclosed[found.url] = found.unclosed
        return self._closes_pages or before != found.unclosed


def _request(identity: str, url: str) -> FetchArticle:
    return FetchArticle(identity, url, part=part_number(url))
