"""The crawl core of a replay: results from the archive of one run become its events, in the order of capture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from vokcrawl.config import Arguments, Options
from vokcrawl.crawling.actions import Emit, FetchArticle
from vokcrawl.crawling.context import CrawlConfig
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
from vokcrawl.pages.article_parts import part_number
from vokcrawl.replay.results import ExtractionResult, Kind
from vokcrawl.runs.run import Run
from vokcrawl.spiders.run_recorder import RunRecorder

# The failure of a page without its end tag; a crawl has requested it again.
_CUT_OFF = "cut_off"


class ArchiveCrawl:
    """The crawl of one replayed run.

    `handle` yields the records of an archived response, `finish` those that were deferred to the end. `schemes` are the
    site's hosts, each with its port if it has one, and the scheme of its URLs in records.
    """

    def __init__(self, run: Run, options: Options, arguments: Arguments, schemes: Mapping[str, str]) -> None:
        self._run = run
        self._recorder = RunRecorder(run, options.min_coverage)
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
        self._crawl = self._recorder.crawl(config, holds_teasers=True)
        # Articles that failed, and may have been requested again: the URL and the reason, by id.
        self._failed: dict[str, tuple[str, str]] = {}
        # Whether the site's pages have an end tag, and the length of those without one, by URL.
        self._closes_pages = False
        self._unclosed: dict[str, int] = {}

    def handle(self, found: ExtractionResult) -> Iterator[dict[str, Any]]:
        """Yield the records of an archived response."""
        self._now = parse_utc(found.at)
        if found.status and found.kind is not Kind.OTHER:
            self._run.statistics.pages_read += 1
        if found.wrong_charset:
            self._run.problems.note("wrong_charset", found.url)
        if found.identity is not None:
            yield from self._handle_article(found, found.identity)
        elif found.kind is Kind.LISTING and not self._is_cut_off(found):
            yield from self._handle(TeasersFound(found.url, found.teasers))
        elif found.kind is Kind.ERROR:
            self._run.problems.note("spider_error", found.url)
            self._run.statistics.pages_failed += 1

    def finish(self, is_incomplete: bool) -> Iterator[dict[str, Any]]:
        """Yield the deferred records at the end of the archive.

        A run that ended early delivered none of them; a later run shows these teasers again.
        """
        for identity, (url, reason) in self._failed.items():
            yield from self._handle(ArticleFailed(_request(identity, url), reason, url))
        if not is_incomplete:
            yield from self._handle(AllPagesRead())

    def _handle_article(self, found: ExtractionResult, identity: str) -> Iterator[dict[str, Any]]:
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
            else:
                self._recorder.record(action)

    def _is_cut_off(self, found: ExtractionResult) -> bool:
        """Whether a page without an end tag is incomplete, by the same rule as in `downloader`."""
        self._closes_pages |= found.closed
        if not found.unclosed:
            return False
        before = self._unclosed.get(found.url)
        self._unclosed[found.url] = found.unclosed
        return self._closes_pages or before != found.unclosed


def _request(identity: str, url: str) -> FetchArticle:
    return FetchArticle(identity, url, part=part_number(url))
