"""Replays archives into another output directory, run by run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from scrapy.settings import BaseSettings

from vokcrawl.config import Options
from vokcrawl.errors import ExitCode, StorageError
from vokcrawl.normalize import authority, utc
from vokcrawl.policy.outcome import RunStatistics, below_minimum_coverage
from vokcrawl.replay.extraction import Site, extract_all
from vokcrawl.replay.pool import in_order
from vokcrawl.replay.rewriting import SPIDER, Rewriting
from vokcrawl.replay.sources import Captures, FaultHandler
from vokcrawl.replay.tasks import Begun, Closed, Mark, Opened, Over, read_tasks
from vokcrawl.runs.field_coverage import Coverage
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.factory import in_folder
from vokcrawl.storage.state.protocol import State
from vokcrawl.utils.program import PROGRAM
from vokcrawl.utils.progress import NO_PROGRESS, Progress
from vokcrawl.warc.reader import Flaw

# Bytes of a record in addition to the body.
_ROOM = 1 << 20


@dataclass
class Done:
    """The result of a replay.

    `unread` counts the articles that no response in the archives gave a record of, by reason. `last_code` is the exit
    code in the manifest of the last run.
    """

    runs: int = 0
    answers: int = 0
    faults: int = 0
    articles: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)
    coverage: Coverage = field(default_factory=Coverage)
    below_minimum_coverage: list[str] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    last_code: ExitCode = ExitCode.OK

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the command."""
        if self.below_minimum_coverage:
            return ExitCode.LAYOUT
        return ExitCode.INCOMPLETE if self.faults or self.unread else self.last_code


class Replay:
    """One replay. `on_fault` is called with each fault as it is found."""

    def __init__(
        self,
        options: Options,
        settings: BaseSettings,
        workers: int,
        on_fault: FaultHandler,
        progress: Progress = NO_PROGRESS,
    ) -> None:
        self.options = options
        self.settings = settings
        self.workers = workers
        self.done = Done()
        self._on_fault = on_fault
        self._progress = progress

    @property
    def longest(self) -> int:
        """Maximum length of a record in bytes."""
        return self.settings.getint("DOWNLOAD_MAXSIZE") + _ROOM

    def fault(self, path: Path, text: str) -> None:
        """Count and report a fault."""
        self.done.faults += 1
        self._on_fault(path, text)

    def into(self, folder: OutputFolder, captures: Sequence[Captures]) -> Done:
        """Replay into a directory. Raises `FolderLockedError`, `StorageError` or `ReplayError`."""
        with folder.locked(f"`{PROGRAM} {SPIDER}` since {utc(datetime.now(UTC))}"):
            state = in_folder(folder, folder.holds_records())
            try:
                self._rewrite(folder, state, captures)
                self.done.unread.update(row.reason for row in state.pending_retries())
            except BaseException:
                with suppress(StorageError):
                    state.close()
                raise
            state.close()
        statistics = RunStatistics(articles=self.done.articles, coverage=self.done.coverage.shares("articles"))
        statistics.minimum_coverage = self.options.min_coverage
        self.done.below_minimum_coverage = below_minimum_coverage(statistics)
        return self.done

    def _rewrite(self, folder: OutputFolder, state: State, captures: Sequence[Captures]) -> None:
        site = site_of(self.options, self.settings, captures)
        groups = _Groups(captures)
        one: Rewriting | None = None
        self._progress.begin("extracting pages")
        try:
            for event in self._events(captures, site):
                if isinstance(event, Begun):
                    one = Rewriting(folder, state, self.options, self.settings, event.captures, site, self.fault)
                elif one is None:
                    raise RuntimeError("file outside of a run")
                elif isinstance(event, Opened):
                    one.open(event.source)
                elif isinstance(event, Flaw):
                    one.flaw(event.place.offset, event.text)
                elif isinstance(event, Closed):
                    nothing = groups.close(event, has_responses=one.close(event.passed_over))
                    if nothing is not None:
                        one.report_nothing(*nothing)
                elif isinstance(event, Over):
                    self.done.last_code = one.end()
                    self._add(one)
                    one = None
                else:
                    before = one.answers.total()
                    one.take(event)
                    self._progress.advance(one.answers.total() - before)
        finally:
            if one is not None:
                one.run.abandon()

    def _events(self, captures: Sequence[Captures], site: Site) -> Iterator[Mark | bytes]:
        work: Callable[..., bytes] = partial(extract_all, site=site)
        return in_order(read_tasks(captures, site, self.longest), work, self.workers)

    def _add(self, one: Rewriting) -> None:
        self.done.runs += 1
        self.done.counts.update(one.run.counts)
        self.done.passed_over.update(one.passed_over)
        self.done.answers += one.answers.total()
        self.done.articles += one.run.statistics.articles
        self.done.coverage.update(one.run.readable)


class _Groups:
    """Finds files, directories and WACZ files without a response of the site.

    A file that was named must have one; of those in a directory or WACZ file, one of them: a crawl by several workers
    leaves files that contain only images, or the texts that it has extracted.
    """

    def __init__(self, captures: Sequence[Captures]) -> None:
        self._last = {source.group: source for each in captures for source in each.sources}
        self._with_responses: set[Path | None] = set()
        self._contents: dict[Path | None, Counter[str]] = {}

    def close(self, event: Closed, *, has_responses: bool) -> tuple[Path, Counter[str]] | None:
        """Note the end of a file; return what has no response, and what it contains, if that is known now."""
        group = event.source.group
        contents = event.passed_over + event.others
        if group is None:
            return None if has_responses else (event.source.path, contents)
        self._contents.setdefault(group, Counter()).update(contents)
        if has_responses:
            self._with_responses.add(group)
        if group in self._with_responses or self._last[group] is not event.source:
            return None
        return group, self._contents[group]


def site_of(options: Options, settings: BaseSettings, captures: Sequence[Captures]) -> Site:
    """Return the site from the start URLs in the settings and of the runs."""
    schemes: dict[str, str] = {}
    for url in (*options.start_urls, *(url for each in captures for url in each.starts)):
        schemes.setdefault(authority(url), url.partition(":")[0])
    return Site(schemes, settings.getint("DOWNLOAD_MAXSIZE"), options.site_profile)
