"""One run on one output directory: its lock, id, files and state, and the order in which they are committed.

A record is appended to a `.part` file. `commit` first syncs the files to disk, then commits, in one transaction of the
state, what the run has learned and the length of each file. After a crash at any moment, the files truncated to these
lengths agree with the state.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence, Set
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings
from scrapy.statscollectors import StatsCollector

from vokcrawl.config import PREVIEW
from vokcrawl.errors import ExitCode, StorageError, UsageError, VokcrawlError
from vokcrawl.normalize import utc
from vokcrawl.policy.outcome import RunStatistics
from vokcrawl.policy.revisit import next_attempt
from vokcrawl.runs.field_coverage import Coverage
from vokcrawl.runs.problems import Problems
from vokcrawl.runs.recovery import recover
from vokcrawl.runs.run_files import RunFiles
from vokcrawl.runs.start_check import check_start
from vokcrawl.runs.stats import CrawlStats, counts_below
from vokcrawl.storage.crawl_results import CrawlResults
from vokcrawl.storage.manifest import (
    ListingEntry,
    Manifest,
    PageCounts,
    ReplaySummary,
    write_manifest,
)
from vokcrawl.storage.output_folder import OutputFolder, run_order
from vokcrawl.storage.state.factory import Opening, in_folder
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import RetryRow, RunRow
from vokcrawl.storage.state.sqlite import SqliteState
from vokcrawl.utils.program import PROGRAM
from vokcrawl.warc.writer import Archive

logger = logging.getLogger(__name__)

# Number of records after which a batch is committed; the run extension also commits every few seconds.
BATCH = 500


class Run:
    """An open run: `open` begins it, `deliver` and `commit` write records, `close` ends it."""

    def __init__(
        self,
        folder: OutputFolder,
        state: State,
        row: RunRow,
        started: datetime,
        draft: Manifest,
        stats: MutableMapping[str, int],
    ) -> None:
        self.folder = folder
        self.state = state
        self.row = row
        self.started = started
        self.draft = draft
        # The counters, by the names of Scrapy's stats.
        self.stats = stats
        self.problems = Problems(stats)
        self.statistics = RunStatistics(stats)
        self.coverage = Coverage()
        # Coverage of all articles that were read, known ones included: VOK_MIN_COVERAGE applies to it.
        self.readable = Coverage()
        # What the crawl core leaves for the manifest and the pipelines.
        self.results = CrawlResults()
        # For the manifest; `storage.manifest.Manifest` describes each.
        self.found_late: list[str] = []
        self.leader_run_id: str | None = None
        self.failure: VokcrawlError | None = None
        # Set when the manifest is written.
        self.manifest: Manifest | None = None
        # The clock of the run. A replay sets it to the time at which a page was captured.
        self.clock: Callable[[], datetime] = _clock
        # Called once when the run fails; the run extension then closes the spider.
        self.on_failure: Callable[[], None] | None = None
        # Called by the run extension when the crawl has been closed and the run has ended, with the close reason.
        self.on_closed: Callable[[str], None] | None = None
        self._teasers: set[str] = set()
        self._articles: set[str] = set()
        self.files = RunFiles(folder, row.run_id)
        self._pending = 0
        self._retries_before = {row.id for row in state.pending_retries()}

    @classmethod
    def open(
        cls,
        output_dir: str,
        spider: str,
        arguments: Mapping[str, Any],
        settings: BaseSettings,
        opening: Opening = in_folder,
        archive_bytes: int | None = None,
        stats: StatsCollector | None = None,
    ) -> Run:
        """Locks the directory, opens its state, recovers crashed runs, and registers this run.

        `archive_bytes` is the size after which a new archive file is begun; None turns archiving off. `stats` are those
        of the crawler. Raises `FolderLockedError` or `StorageError`, and the lock is released.
        """
        started = datetime.now(UTC)
        folder = OutputFolder(output_dir)
        folder.take(f"`{PROGRAM} crawl {spider}` since {utc(started)}")
        try:
            state = opening(folder, folder.holds_records())
            try:
                check_start(folder, state)
                recover(folder, state, started)
                _warn_of_clock(state, started)
                counters = CrawlStats(stats) if stats is not None else None
                run = cls.begin(folder, state, spider, started, arguments, settings, stats=counters)
            except BaseException:
                with suppress(StorageError):
                    state.close()
                raise
        except BaseException:
            folder.release(after_failure=True)
            raise
        if archive_bytes is not None:
            run.files.archive = Archive(folder, run.id, state, run.draft.settings, archive_bytes)
        return run

    @classmethod
    def begin(
        cls,
        folder: OutputFolder,
        state: State,
        spider: str,
        started: datetime,
        arguments: Mapping[str, Any],
        settings: BaseSettings,
        run_id: str | None = None,
        stats: MutableMapping[str, int] | None = None,
    ) -> Run:
        """Registers a run on a locked directory with an open state, under `run_id` if that is still free.

        Counters are in `stats`, or in a dict of their own. Raises `StorageError`.
        """
        stem, number = run_order(run_id or started.strftime("%Y%m%dT%H%M%SZ"))
        run_id = run_id or stem
        while folder.manifest(run_id).exists() or not state.take_run_id(run_id):
            number += 1
            run_id = f"{stem}-{number}"
        draft = Manifest.draft(run_id, spider, utc(started), arguments, settings)
        row = RunRow(run_id, utc(started), None, None, None, None, draft.to_json())
        state.begin()
        state.put_run(row)
        state.commit()
        return cls(folder, state, row, started, draft, stats if stats is not None else {})

    @classmethod
    def in_memory(cls, spider: str, arguments: Mapping[str, Any], settings: BaseSettings) -> Run:
        """A run for a preview (`PREVIEW`): with an empty state in memory, without a lock, files or an end."""
        folder = OutputFolder(os.devnull)
        return cls.begin(folder, SqliteState.in_memory(), spider, datetime.now(UTC), arguments, settings)

    @staticmethod
    def of(crawler: Crawler) -> Run:
        """The run of a crawl; `extensions.run` opens it before any other component is built.

        Raises `NotConfigured` for a spider that has no runs and for a preview, and `UsageError` if that extension is
        missing.
        """
        if not has_run(crawler):
            raise NotConfigured
        run = getattr(crawler.spider, "run", None)
        if not isinstance(run, Run):
            raise UsageError(
                "EXTENSIONS: vokcrawl.extensions.run.RunExtension is missing, and nothing would be written without it; "
                "add to EXTENSIONS instead of replacing it"
            )
        return run

    @property
    def id(self) -> str:
        """The run id."""
        return self.row.run_id

    @property
    def archive(self) -> Archive | None:
        """The WARC archive of the run; None if archiving is off."""
        return self.files.archive

    def moment(self) -> datetime:
        """The current time (UTC) of the run's clock."""
        return self.clock()

    def now(self) -> str:
        """The same, formatted as in records."""
        return utc(self.clock())

    def schedule_retry(self, identity: str, url: str | None, reason: str) -> None:
        """Puts an article that failed into the retry queue; the delay grows with each attempt.

        A delivered article is queued for its next check. `url` may be None if the state knows the URL.
        """
        state = self.begin_transaction()
        row = state.articles([identity]).get(identity)
        before = state.retry_of(identity)
        known = row.url if row is not None and row.revision else url
        address = before.url if before is not None else known
        if address is None:
            return
        attempts = before.attempts + 1 if before is not None else 1
        first = before.first_failed_at if before is not None else self.now()
        state.put_retry(RetryRow(identity, address, reason, attempts, first, next_attempt(attempts, self.moment())))

    def meet_teaser(self, identity: str) -> bool:
        """Whether this teaser is new: not yet seen in this run, and not delivered by an earlier one."""
        if identity in self._teasers:
            return False
        self._teasers.add(identity)
        entry = self.state.entries([identity]).get(identity)
        return entry is None or not entry.delivered

    def meet_article(self, identity: str) -> bool:
        """Whether this article enters the pipelines for the first time in this run."""
        if identity in self._articles:
            return False
        self._articles.add(identity)
        return True

    def forget_article(self, identity: str) -> None:
        """Lets an article enter the pipelines again in this run."""
        self._articles.discard(identity)

    @property
    def met_teasers(self) -> Set[str]:
        """Ids of the teasers that have entered the pipelines in this run."""
        return self._teasers

    def count(self, name: str, number: int = 1) -> None:
        """Adds to a counter."""
        self.stats[name] = self.stats.get(name, 0) + number

    @property
    def counts(self) -> dict[str, int]:
        """Number of records written, by kind."""
        return dict(sorted(counts_below(self.stats, "records").items()))

    @property
    def extractors_used(self) -> dict[str, dict[str, int]]:
        """How often each extraction strategy succeeded, for "article" and "teaser"."""
        return {what: counts_below(self.stats, f"extractors/{what}") for what in ("article", "teaser")}

    def measure(self, record: Mapping[str, Any], fields: Iterable[str]) -> None:
        """Counts for the minimum coverage which of the fields an article's page had, whether it is delivered or not."""
        self.readable.add("articles", {name: record.get(name) for name in fields})

    def deliver(self, kind: str, record: Mapping[str, Any]) -> None:
        """Appends a record to the file of its kind; the next `commit` makes it durable.

        `kind` is one of `output_folder.DATA_KINDS`. Raises `StorageError`.
        """
        self.files.append(kind, record)
        self.coverage.add(kind, record)
        self.count(f"vok/records/{kind}")
        self._pending += 1

    def commit_if_full(self) -> None:
        """Commits if the batch is full."""
        if self._pending >= BATCH:
            self.commit()

    def begin_transaction(self) -> State:
        """Begins a transaction unless one is open, and returns the state; the next `commit` makes changes durable."""
        self.state.begin()
        return self.state

    def commit(self) -> None:
        """Commits the files, then the state. Raises `StorageError`; then nothing of the batch is committed."""
        self._sync()
        while lost := self.state.commit():
            # Another worker committed these records first; drop them from the unpublished files.
            for kind, record in self.files.remove_records(lost):
                self.coverage.remove_records(kind, record)
                self.count(f"vok/records/{kind}", -1)
            self._sync()
        self.files.mark()
        self._pending = 0

    def _sync(self) -> None:
        """Syncs the files to disk and puts their lengths into the transaction."""
        for row in self.files.sync():
            self.begin_transaction().put_file(row)

    def fail(self, failure: VokcrawlError) -> None:
        """Records a failure that ends the run, and calls `on_failure`. Later failures are ignored."""
        if self.failure is None:
            self.failure = failure
            logger.critical("%s", failure)
            if self.on_failure is not None:
                self.on_failure()

    def close(
        self, outcome: str, code: ExitCode, *, requests: int | None = None, listings: Sequence[ListingEntry] = ()
    ) -> None:
        """Finishes the run and releases the directory.

        Raises `StorageError`; the directory is released all the same, and the next run recovers this one.
        """
        try:
            self.finish(outcome, code, requests=requests, listings=listings)
        except StorageError as failure:
            # Before the errors of the clean-up, which may follow from it.
            self.fail(failure)
        finally:
            self.release()
        if self.failure is not None:
            raise self.failure

    def finish(
        self,
        outcome: str,
        code: ExitCode,
        *,
        requests: int | None = None,
        listings: Sequence[ListingEntry] = (),
        replay: ReplaySummary | None = None,
    ) -> None:
        """Commits, gives the files their final names, and writes the manifest. Raises `StorageError`."""
        self.commit()
        for name in self.files.finish():
            self.begin_transaction().drop_file(name)
        self.row.ended_at, self.row.outcome, self.row.exit_code = self.now(), outcome, int(code)
        manifest = self.draft.completed_from(
            self.state,
            self._retries_before,
            ended_at=self.row.ended_at,
            outcome=outcome,
            exit_code=int(code),
            leader_run_id=self.leader_run_id,
            counts=self.counts,
            requests=requests,
            pages=PageCounts(**self.statistics.pages()),
            listings=list(listings),
            discovery_attempts=self.results.discovery_attempts,
            found_late=self.found_late,
            files=self.files.entries(),
            coverage=self.coverage.to_dict(),
            extractors_used=self.extractors_used,
            errors=self.problems.to_dict(),
            other_sources=self.results.other_sources,
            replay=replay,
        )
        self.row.manifest_sha256 = write_manifest(self.folder, manifest)
        self.manifest = manifest
        self.state.begin()
        self.state.put_run(self.row)
        self.state.commit()

    def abandon(self) -> None:
        """Drops everything since the last commit. Raises `StorageError`."""
        self.files.abandon()
        self.state.rollback()

    def release(self) -> None:
        """The same, and releases the directory. An error is recorded as the run's `failure`, unless it has one."""
        for step in (self.abandon, self.state.close, self.folder.release):
            try:
                step()
            except StorageError as failure:
                self.fail(failure)


def has_run(crawler: Crawler) -> bool:
    """Whether the crawl has a run: its spider is one of this project, and it is not a preview."""
    return getattr(crawler.spider, "options", None) is not None and not crawler.settings.getbool(PREVIEW)


def _clock() -> datetime:
    return datetime.now(UTC)


def _warn_of_clock(state: State, started: datetime) -> None:
    last = state.runs(1)
    if last and last[0].started_at > utc(started):
        logger.warning(
            "The clock says %s, but run %s started at %s: was it set back? Times in this run's records may be wrong",
            utc(started),
            last[0].run_id,
            last[0].started_at,
        )
