"""One run on one output folder: its lock, its id, its files and its memory, and the order that makes them agree.

A record is appended to its `.part`; `commit` brings the files to the disk and then, in one transaction of the
state, makes known what was met and how long each file is. So after a crash at any moment the files, cut back to
those lengths, and the memory say the same.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Set
from datetime import UTC, datetime
from typing import Any

import orjson
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from vokcrawl.errors import ExitCode, StorageError, UsageError, VokcrawlError
from vokcrawl.normalize import utc
from vokcrawl.policy.outcome import RunStatistics
from vokcrawl.policy.revisit import next_attempt
from vokcrawl.runs.field_coverage import Coverage
from vokcrawl.runs.problems import Problems
from vokcrawl.runs.recovery import recover
from vokcrawl.runs.run_files import RunFiles
from vokcrawl.storage.manifest import draft, ended, write_manifest
from vokcrawl.storage.output_folder import OutputFolder, run_order
from vokcrawl.storage.state.factory import Opening, in_folder
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import RetryRow, RunRow
from vokcrawl.utils.program import PROGRAM
from vokcrawl.warc.writer import Archive

logger = logging.getLogger(__name__)

# A batch is committed when it has so many records; the run's extension commits by the clock besides.
BATCH = 500


class Run:
    """An open run. `open` begins it, `close` ends it; in between `deliver` and `commit`."""

    def __init__(self, folder: OutputFolder, state: State, row: RunRow, started: datetime) -> None:
        self.folder = folder
        self.state = state
        self.row = row
        self.started = started
        self.problems = Problems()
        self.coverage = Coverage()
        # Of all articles that were read, also of those that are dropped as known: what the floors are held to.
        self.readable = Coverage()
        self.counts: Counter[str] = Counter()
        self.other_sources: list[str] = []
        # Which ways to the source were left, in order, and why.
        self.discovery_attempts: list[dict[str, str]] = []
        # Of a worker that has not led: the crawl that it took part in. Who leads tells of the listings.
        self.follows: str | None = None
        # How often each way of reading was the one that worked, by what was read: "article", "teaser".
        self.extractors_used: dict[str, Counter[str]] = {"article": Counter(), "teaser": Counter()}
        self.statistics = RunStatistics()
        self.failure: VokcrawlError | None = None
        # Once it is written: what the run's manifest says.
        self.manifest: dict[str, Any] | None = None
        # What time it is for this run: a replay tells it when a page was captured.
        self.clock: Callable[[], datetime] = _clock
        # Called once when the run cannot go on: its extension closes the crawl.
        self.on_failure: Callable[[], None] | None = None
        # ETag and Last-Modified of the answers that articles on their way to delivery were read from.
        self.validators: dict[str, tuple[str | None, str | None]] = {}
        self._teasers: set[str] = set()
        self._articles: set[str] = set()
        self.files = RunFiles(folder, row.run_id)
        self._pending = 0

    @classmethod
    def open(
        cls,
        output_dir: str,
        spider: str,
        arguments: Mapping[str, Any],
        settings: BaseSettings,
        opening: Opening = in_folder,
        archive_bytes: int | None = None,
    ) -> Run:
        """Takes the folder, opens its memory, finishes what dead runs left, and registers this one.

        `archive_bytes` is the size at which a file of its archive is followed by the next; None: nothing is archived.
        Raises `FolderLockedError` or `StorageError`; then the folder is free again.
        """
        started = datetime.now(UTC)
        folder = OutputFolder(output_dir)
        folder.take(f"`{PROGRAM} crawl {spider}` since {utc(started)}")
        try:
            state = opening(folder, folder.holds_records())
            try:
                recover(folder, state, started)
                _warn_of_clock(state, started)
                run = cls.begin(folder, state, spider, started, arguments, settings)
            except BaseException:
                state.close()
                raise
        except BaseException:
            folder.release()
            raise
        if archive_bytes is not None:
            run.files.archive = Archive(folder, run.id, state, orjson.loads(run.row.draft)["settings"], archive_bytes)
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
    ) -> Run:
        """Registers a run on a folder that is taken, and whose memory is open; `run_id` names it where that is free.

        Raises `StorageError`.
        """
        stem, number = run_order(run_id or started.strftime("%Y%m%dT%H%M%SZ"))
        run_id = run_id or stem
        while folder.manifest(run_id).exists() or not state.take_run_id(run_id):
            number += 1
            run_id = f"{stem}-{number}"
        known = draft(run_id, spider, utc(started), arguments, settings)
        row = RunRow(run_id, utc(started), None, None, None, None, orjson.dumps(known).decode())
        state.begin()
        state.put_run(row)
        state.commit()
        return cls(folder, state, row, started)

    @staticmethod
    def of(crawler: Crawler) -> Run:
        """The run that the crawl belongs to; `extensions.run` opens it before any other component is built.

        Raises `UsageError` where that extension is missing.
        """
        run = getattr(crawler.spider, "run", None)
        if not isinstance(run, Run):
            raise UsageError(
                "EXTENSIONS: vokcrawl.extensions.run.RunExtension is missing, and nothing would be written without it; "
                "add to EXTENSIONS instead of replacing it"
            )
        return run

    @property
    def id(self) -> str:
        return self.row.run_id

    @property
    def archive(self) -> Archive | None:
        """What the site sent; None where nothing is archived."""
        return self.files.archive

    def moment(self) -> datetime:
        """What time it is (UTC)."""
        return self.clock()

    def now(self) -> str:
        """The same as records have it."""
        return utc(self.clock())

    def schedule_retry(self, identity: str, url: str | None, reason: str) -> None:
        """Remembers an article that could not be had, to be asked for again with growing pauses.

        Of one that was delivered before a look at it is owed. `url` may be None where the address is known.
        """
        state = self.begin_transaction()
        row = state.articles([identity]).get(identity)
        before = state.retry_of(identity)
        known = row.url if row is not None and row.revision else url
        address = before.url if before is not None else known
        if address is None:
            return
        attempts = before.attempts + 1 if before is not None else 1
        first = before.first_at if before is not None else self.now()
        state.put_retry(RetryRow(identity, address, reason, attempts, first, next_attempt(attempts, self.moment())))

    def meet_teaser(self, identity: str) -> bool:
        """Whether this teaser is to be delivered: not met in this run, nor delivered by an earlier one."""
        if identity in self._teasers:
            return False
        self._teasers.add(identity)
        entry = self.state.entries([identity]).get(identity)
        return entry is None or not entry.delivered

    def meet_article(self, identity: str) -> bool:
        """Whether this article comes to the pipelines for the first time in this run."""
        if identity in self._articles:
            return False
        self._articles.add(identity)
        return True

    def forget_article(self, identity: str) -> None:
        """Lets an article come to the pipelines once more in this run."""
        self._articles.discard(identity)

    @property
    def met_teasers(self) -> Set[str]:
        """The ids of the teasers that this run has already given to the pipelines."""
        return self._teasers

    def deliver(self, kind: str, record: Mapping[str, Any]) -> None:
        """Appends a record to its file. It counts as delivered with the next `commit`.

        `kind` is one of `files.DATA_KINDS`. Raises `StorageError`.
        """
        self.files.append(kind, record)
        self.coverage.add(kind, record)
        self.counts[kind] += 1
        self._pending += 1

    def commit_if_full(self) -> None:
        """Commits when the batch is full."""
        if self._pending >= BATCH:
            self.commit()

    def begin_transaction(self) -> State:
        """The state, ready to be changed; the changes last with the next `commit`."""
        self.state.begin()
        return self.state

    def commit(self) -> None:
        """Files first, then the state. Raises `StorageError`; then nothing of the batch is known."""
        self._sync()
        while lost := self.state.commit():
            # Another worker was first: these leave the files before anybody has seen them there.
            for kind, record in self.files.remove_records(lost):
                self.coverage.remove_records(kind, record)
                self.counts[kind] -= 1
            self._sync()
        self.files.mark()
        self._pending = 0

    def _sync(self) -> None:
        """Brings the files to the disk, and tells the state how long they are."""
        for row in self.files.sync():
            self.begin_transaction().put_file(row)

    def fail(self, failure: VokcrawlError) -> None:
        """Notes that the run cannot go on, and tells `on_failure`. The first failure stays."""
        if self.failure is None:
            self.failure = failure
            logger.critical("%s", failure)
            if self.on_failure is not None:
                self.on_failure()

    def close(self, outcome: str, code: ExitCode, told: Mapping[str, Any]) -> None:
        """Finishes, and frees the folder. Raises `StorageError`; the folder is freed all the same, and the next run
        finishes what is left.
        """
        try:
            self.finish(outcome, code, told)
        finally:
            self.release()

    def finish(self, outcome: str, code: ExitCode, told: Mapping[str, Any]) -> None:
        """Commits, gives the files their names, and writes the manifest; `told` is what the caller adds to it.

        Raises `StorageError`.
        """
        self.commit()
        for name in self.files.finish():
            self.begin_transaction().drop_file(name)
        self._write_manifest(outcome, code, told)

    def abandon(self) -> None:
        """Leaves everything as it was last committed. Raises `StorageError`."""
        self.files.abandon()
        self.state.rollback()

    def release(self) -> None:
        """The same, and frees the folder."""
        try:
            self.abandon()
            self.state.close()
        except StorageError as failure:
            self.fail(failure)
        finally:
            self.folder.release()

    def _write_manifest(self, outcome: str, code: ExitCode, told: Mapping[str, Any]) -> None:
        self.row.ended_at, self.row.outcome, self.row.exit_code = self.now(), outcome, int(code)
        found = {
            "counts": {kind: count for kind, count in sorted(self.counts.items()) if count},
            **told,
            "pages": self.statistics.pages(),
            "files": self.files.to_dict(),
            "coverage": self.coverage.to_dict(),
            "readings": {what: dict(ways) for what, ways in self.extractors_used.items()},
            "ways_left": self.discovery_attempts,
            "errors": self.problems.to_dict(),
            "other_sources": self.other_sources,
            **({"follows": self.follows} if self.follows is not None else {}),
        }
        manifest = ended(self.state, self.row, found)
        self.row.manifest_sha256 = write_manifest(self.folder, manifest)
        self.manifest = manifest
        self.state.begin()
        self.state.put_run(self.row)
        self.state.commit()


def _clock() -> datetime:
    return datetime.now(UTC)


def _warn_of_clock(state: State, started: datetime) -> None:
    last = state.runs(1)
    if last and last[0].started_at > utc(started):
        logger.warning(
            "The clock says %s, but run %s began at %s: was it set back? Times in this run's records may be wrong",
            utc(started),
            last[0].run_id,
            last[0].started_at,
        )
