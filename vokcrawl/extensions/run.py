"""Opens the run before other components are built, commits it at intervals, and closes it: outcome and manifest."""

from __future__ import annotations

import asyncio
import gc
import logging
import traceback
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.utils.asyncio import create_looping_call
from scrapy.utils.conf import build_component_list
from twisted.python.failure import Failure

from vokcrawl.config.required_components import check_required_components
from vokcrawl.crawling.crawl import Crawl
from vokcrawl.crawling.listing import ListingState
from vokcrawl.downloader.failures import request_of
from vokcrawl.errors import ExitCode, StorageError, UsageError
from vokcrawl.extensions.component_errors import ComponentErrors
from vokcrawl.extensions.feed_exports import FeedExports
from vokcrawl.items import ARTICLE, TEASER
from vokcrawl.normalize import article_id, canonical_url
from vokcrawl.pipelines import RecordDropped
from vokcrawl.policy.outcome import WORDS, RunStatistics, below_minimum_coverage, determine_outcome, never_seen
from vokcrawl.policy.pagination import StopReason
from vokcrawl.runs.run import Run, has_run
from vokcrawl.storage.output_folder import DELIVERED_KINDS
from vokcrawl.storage.state.factory import opening_of
from vokcrawl.storage.state.rows import Status
from vokcrawl.utils.component_error import component_error_of

logger = logging.getLogger(__name__)

# The extension of the profile that shares a crawl among workers.
_WORKERS = "vokcrawl.distributed.extension.WorkersExtension"
# Maximum time in seconds between two commits.
COMMIT_SECONDS = 3.0


class RunExtension:
    """Gives the spider its `run`. After the crawl `exit_code` says how it ended."""

    def __init__(self, crawler: Crawler, run: Run) -> None:
        self.crawler = crawler
        self.run = run
        # Valid until the spider closes; a second Ctrl-C ends the crawl before that.
        self.exit_code = ExitCode.INTERRUPTED
        self.outcome = WORDS[ExitCode.INTERRUPTED]
        self._clock = create_looping_call(self._commit)
        self._records_lost = False
        run.on_failure = self._close
        spider: Any = crawler.spider
        self._component_errors = ComponentErrors(spider, self._component_failed)
        self._component_errors.start()
        connect = crawler.signals.connect
        connect(self.engine_started, signal=signals.engine_started)
        connect(self.spider_error, signal=signals.spider_error)
        connect(self.item_error, signal=signals.item_error)
        connect(self.item_dropped, signal=signals.item_dropped)
        connect(self.spider_idle, signal=signals.spider_idle)
        connect(self.spider_closed, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Opens the run of the crawl.

        Raises `NotConfigured` for a spider without runs and for a preview, and `FolderLockedError` or `StorageError` if
        the output directory cannot be opened.
        """
        spider: Any = crawler.spider
        options, arguments = getattr(spider, "options", None), getattr(spider, "arguments", None)
        if options is None or arguments is None:
            raise NotConfigured
        if not has_run(crawler):
            spider.run = Run.in_memory(spider.name, arguments.model_dump(), crawler.settings)
            raise NotConfigured
        has_workers = _WORKERS in build_component_list(crawler.settings.getwithbase("EXTENSIONS"))
        if (options.state == "redis") != has_workers:
            raise UsageError(
                f"VOK_STATE: {options.state!r} does not fit this profile; the profile that needs it sets it, "
                "SCRAPY_PROJECT=distributed"
            )
        check_required_components(crawler.settings)
        size = options.archive_size if options.archive else None
        spider.run = Run.open(
            options.output_dir,
            spider.name,
            arguments.model_dump(),
            crawler.settings,
            opening_of(options),
            size,
            crawler.stats,
        )
        return cls(crawler, spider.run)

    def engine_started(self) -> None:
        """Starts the commits at intervals, and warns about a state of another source."""
        logger.info("Run %s on %s", self.run.id, self.run.folder.path)
        try:
            self._warn_of_other_sources()
        except StorageError as failure:
            self.run.fail(failure)
        self._clock.start(COMMIT_SECONDS, now=False)
        # Modules and components stay until the end: the garbage collector need not look at them again and again.
        gc.freeze()

    def _warn_of_other_sources(self) -> None:
        """A directory may hold several sources on purpose, so they are not refused. Raises `StorageError`."""
        spider: Any = self.crawler.spider
        source, state = spider.options.source, self.run.state
        others = {row.source for row in state.listings() if row.source.casefold() != source.casefold()}
        if others:
            logger.warning(
                "%s has records of %s, and VOK_SOURCE is %s now: their records will be mixed; to keep them apart, give "
                "each source its own %s",
                state.where,
                ", ".join(sorted(others)),
                source,
                "VOK_OUTPUT_DIR and VOK_REDIS_PREFIX" if state.shared else "VOK_OUTPUT_DIR",
            )

    def spider_idle(self) -> None:
        """Commits while the crawl waits."""
        self._commit()

    def spider_error(self, failure: Failure, response: Response | Failure | None) -> None:
        """Ends the run after a storage error; counts any other error of a callback."""
        if isinstance(failure.value, StorageError):
            self.run.fail(failure.value)
        else:
            # The page is counted as failed and retried.
            url, sentence = self._url_of(response), component_error_of(failure.value)
            if sentence is None:
                # An error of this program.
                self.run.problems.note("spider_error", url)
            else:
                self._spider().component_failed(sentence)
            self.run.statistics.pages_failed += 1
            self._schedule_retry(url)

    def _spider(self) -> Any:
        """The spider, which is a `VokSpider`: it has a run."""
        return self.crawler.spider

    def _url_of(self, response: Response | Failure | None) -> str:
        """The URL of a page that led to an error; the start URL where no page did."""
        if isinstance(response, Response):
            return response.url
        return request_of(response).url if response is not None else self._spider().start_urls[0]

    def item_error(self, failure: Failure, item: Any) -> None:
        """Counts a record as lost because a pipeline raised an exception, and logs the error as one sentence."""
        try:
            delivered = self._is_delivered(item)
        except StorageError as fault:
            self.run.fail(fault)
            return
        error = failure.value
        last = traceback.extract_tb(error.__traceback__ if error is not None else None)[-1]
        logger.error(
            "A pipeline raised %s: %s (%s, line %d) for %s; the record is %s",
            type(error).__name__,
            error,
            last.filename,
            last.lineno or 0,
            item.get("url"),
            "in the output directory" if delivered else "not delivered, and the next run requests it again",
        )
        self._record_lost("pipeline_error", item)

    def item_dropped(self, item: Any, exception: BaseException) -> None:
        """Counts a record that a pipeline of another project dropped as lost, unless it was written before."""
        if isinstance(exception, RecordDropped):
            return
        try:
            delivered = self._is_delivered(item)
        except StorageError as failure:
            self.run.fail(failure)
            return
        if not delivered:
            self._record_lost("dropped_by_pipeline", item)

    def _is_delivered(self, item: Any) -> bool:
        """Whether this record was written by this run or an earlier one. Raises `StorageError`."""
        schema, identity = item.get("schema"), str(item.get("id"))
        if schema == TEASER:
            entry = self.run.state.entries([identity]).get(identity)
            return entry is not None and entry.delivered
        row = self.run.state.articles([identity]).get(identity)
        if schema == ARTICLE:
            return row is not None and bool(row.revision) and row.content_hash == item.get("content_hash")
        return row is not None and row.status is Status.REMOVED

    def _record_lost(self, reason: str, item: Any) -> None:
        """Makes the run incomplete: an article is retried, and no listing crawl of this run counts as complete."""
        url = str(item.get("url") or "")
        self.run.problems.note(reason, url)
        self.run.statistics.pages_failed += 1
        self._records_lost = True
        if item.get("schema") == ARTICLE:
            self._schedule_retry(url)

    def _schedule_retry(self, url: str) -> None:
        identity, address = article_id(url), canonical_url(url)
        if identity is None or address is None:
            return
        try:
            self.run.schedule_retry(identity, address, "error")
        except StorageError as failure:
            self.run.fail(failure)

    async def spider_closed(self, spider: Spider, reason: str) -> None:
        """Commits, closes the feeds, determines the outcome and closes the run."""
        self._commit()
        await self._finish_components(spider)
        self._close_run(spider, reason)
        if self.run.on_closed is not None:
            self.run.on_closed(reason)

    async def _finish_components(self, spider: Spider) -> None:
        """Waits for the feeds, and for other handlers of this signal, so that the outcome includes their errors."""
        feeds = self.crawler.get_extension(FeedExports)
        if feeds is not None:
            for uri in await feeds.finish(spider):
                self.run.problems.note("feed_failed", uri)
                self.run.statistics.components_failed += 1
        await asyncio.sleep(0)
        self._component_errors.stop()

    def _component_failed(self, sentence: str) -> None:
        self.run.problems.note("component_error", sentence)
        self.run.statistics.components_failed += 1

    def _close_run(self, spider: Spider, reason: str) -> None:
        self.run.on_failure = None
        if self._clock.running:
            self._clock.stop()
        crawl: Crawl | None = getattr(spider, "crawl", None)
        listings = list(crawl.listings.values()) if crawl is not None else []
        finished = reason == "finished" and self.run.failure is None
        statistics = self.run.statistics
        try:
            if crawl is not None:
                self._finish(crawl, finished)
            self._fill(statistics, spider, reason)
            self.outcome, self.exit_code = determine_outcome(statistics)
            for field in below_minimum_coverage(statistics):
                self.run.problems.note(f"coverage_{field}", "")
            if never_seen(statistics):
                self.run.problems.note("source_never_seen", spider.start_urls[0])
            if self.run.failure is not None:
                self.run.release()
            else:
                requests = self.crawler.stats.get_value("downloader/request_count", 0)
                entries = [listing.to_manifest() for listing in listings]
                self.run.close(self.outcome, self.exit_code, requests=requests, listings=entries)
        except StorageError as failure:
            self.run.fail(failure)
            statistics.failure = failure
            self.outcome, self.exit_code = determine_outcome(statistics)
        self._log_result(statistics)

    def _finish(self, crawl: Crawl, finished: bool) -> None:
        for listing in crawl.listings.values():
            if self._records_lost and listing.progress.complete:
                listing.progress.mark_incomplete(StopReason.UNRESOLVED)
            if finished and listing.progress.stopped is None and listing.state is not ListingState.SUSPENDED:
                # There is nothing left to do, and yet it has not come to its end.
                logger.error("%s: a page was lost to an error, or to a middleware that drops requests", listing.key)
        self.run.begin_transaction()
        crawl.finish(finished)

    def _fill(self, statistics: RunStatistics, spider: Spider, reason: str) -> None:
        statistics.failure = self.run.failure
        statistics.interrupted = reason == "shutdown"
        counts = self.run.counts
        statistics.delivered = sum(counts.get(kind, 0) for kind in DELIVERED_KINDS)
        statistics.coverage = self.run.readable.shares("articles")
        statistics.minimum_coverage = spider.options.min_coverage  # type: ignore[attr-defined]
        if reason not in ("finished", "shutdown"):
            # Closed early: by one of Scrapy's limits, at a block page, or because the site refused.
            statistics.cut_short = True
            self.run.problems.note(f"closed_{reason}", "")

    def _log_result(self, statistics: RunStatistics) -> None:
        for field in below_minimum_coverage(statistics):
            logger.error(
                "%s: %.0f %% of the articles have it; the minimum in VOK_MIN_COVERAGE is %.0f %%",
                field,
                100 * statistics.coverage.get(field, 0.0),
                100 * statistics.minimum_coverage[field],
            )
        for what, uses in self.run.extractors_used.items():
            if uses and set(uses) == {"structure"}:
                logger.warning(
                    "The class names of the site's %s pages are missing on all %d of them: read by structure alone; "
                    "the selectors in vokcrawl/pages/ may need an update",
                    what,
                    sum(uses.values()),
                )
        if never_seen(statistics):
            logger.error("The listings contain no articles of VOK_SOURCE: check that its name is as the site writes it")
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(self.run.counts.items())) or "no records"
        logger.info("Run %s: %s (exit code %d), %s", self.run.id, self.outcome, self.exit_code, counts)

    def _commit(self) -> None:
        if self.run.failure is not None:
            return
        try:
            self.run.commit()
        except StorageError as failure:
            self.run.fail(failure)

    def _close(self) -> None:
        """Closes the crawl; the next run fetches again what was not committed."""
        # Closing is a coroutine; the event loop of the crawl runs it.
        self._closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="storage_failed"))
