"""One run of a replay: extraction results go through the pipelines into the files of the run and its manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings

from vokcrawl.config import Options
from vokcrawl.errors import ExitCode, StorageError
from vokcrawl.normalize import utc
from vokcrawl.pipelines import Chain
from vokcrawl.policy.outcome import determine_outcome
from vokcrawl.replay.archive_crawl import ArchiveCrawl
from vokcrawl.replay.extraction import Site
from vokcrawl.replay.results import Kind, from_json
from vokcrawl.replay.sources import Captures, FaultHandler, Source
from vokcrawl.runs.run import Run
from vokcrawl.storage.manifest import ReplayedFile, ReplaySummary
from vokcrawl.storage.output_folder import DELIVERED_KINDS, OutputFolder
from vokcrawl.storage.state.protocol import State

SPIDER = "replay"
# Maximum number of faults, and of kinds of skipped records, in a manifest; all faults are counted and reported.
_MAX_LISTED = 100


class Rewriting:
    """Writes one run, under its own id if it has one. `on_fault` is called with each fault as it is found."""

    def __init__(
        self,
        folder: OutputFolder,
        state: State,
        options: Options,
        settings: BaseSettings,
        captures: Captures,
        site: Site,
        on_fault: FaultHandler,
    ) -> None:
        self.captures = captures
        self.answers: Counter[str] = Counter()
        self.passed_over: Counter[str] = Counter()
        self._options = options
        self._on_fault = on_fault
        self._faults: list[str] = []
        self._flaws = 0
        self._source = captures.sources[0]
        self._hosts = site.schemes.keys()
        self._before = 0
        bounds = {name: getattr(captures.arguments, name) for name in ("since", "until")}
        self.run = Run.begin(folder, state, SPIDER, captures.started, bounds, settings, captures.run_id)
        self._crawl = ArchiveCrawl(self.run, options, captures.arguments, site.schemes)
        self._chain = Chain(self.run, options, settings)

    def open(self, source: Source) -> None:
        """Begin a file of the run."""
        self._source = source
        self._before = self.answers.total() + self._flaws

    def close(self, passed_over: Counter[str]) -> bool:
        """End the file, and return whether it contained a response of the site, or a fault.

        `passed_over` counts the records that are not responses of the site.
        """
        self.passed_over.update(passed_over)
        return self.answers.total() + self._flaws > self._before

    def report_nothing(self, path: Path, contents: Counter[str]) -> None:
        """Report that a file, directory or WACZ contains no response of the site, but `contents`."""
        found = ", ".join(f"{name} ({number})" for name, number in contents.most_common(3))
        if all(name.endswith(" records") for name in contents):
            text = f"it contains no responses, but: {found or 'nothing else'}"
        else:
            hosts = ", ".join(sorted(self._hosts))
            text = f"it contains no response of {hosts}, but: {found}; if that is the site, name it in VOK_START_URLS"
        self._fault(path.name if path != self._source.path else self._source.head.name, path, text)

    def flaw(self, offset: int, text: str) -> None:
        """Report a record of the file that could not be read."""
        self._fault(self._source.head.name, self._source.path, f"at {offset}: {text}")

    def _fault(self, name: str, path: Path, text: str) -> None:
        if len(self._faults) < _MAX_LISTED:
            self._faults.append(f"{name}: {text}")
        self._flaws += 1
        self._on_fault(path, text)

    def take(self, portion: bytes) -> None:
        """Deliver the results of a batch (`results.to_json`). Raises `StorageError`."""
        for found in from_json(portion):
            self.answers[found.reason if found.kind is Kind.OTHER else found.kind.value] += 1
            if found.kind is Kind.FLAWED:
                self.flaw(found.place["offset"], found.reason)
            self._deliver(self._crawl.handle(found))

    def end(self) -> ExitCode:
        """End the run: deliver what waited for the end, write the manifest. Raises `StorageError`.

        Returns the exit code in the manifest.
        """
        self._deliver(self._crawl.finish(self.captures.is_incomplete))
        statistics, run = self.run.statistics, self.run
        counts = run.counts
        statistics.delivered = sum(counts.get(kind, 0) for kind in DELIVERED_KINDS)
        statistics.coverage = run.readable.shares("articles")
        statistics.minimum_coverage = self._options.min_coverage
        statistics.pages_failed += self._flaws
        outcome, code = determine_outcome(statistics)
        run.finish(outcome, code, replay=self._summary())
        return ExitCode(code)

    def _deliver(self, items: Iterator[dict[str, Any]]) -> None:
        for item in items:
            self._chain.take(item)
            if isinstance(self.run.failure, StorageError):
                raise self.run.failure

    def _summary(self) -> ReplaySummary:
        """Return the part of the manifest about the replay."""
        heads = [source.head for source in self.captures.sources]
        return ReplaySummary(
            at=utc(datetime.now(UTC)),
            files=[ReplayedFile(file=head.name, bytes=head.size) for head in heads],
            answers=dict(sorted(self.answers.items())),
            skipped=dict(self.passed_over.most_common(_MAX_LISTED)),
            faults=self._faults,
            fault_count=self._flaws,
        )
