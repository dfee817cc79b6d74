"""One run while it is replayed: what was found goes through the pipelines into its files, and gets a manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from scrapy.settings import BaseSettings

from vokcrawl.config import Options
from vokcrawl.errors import StorageError
from vokcrawl.normalize import utc
from vokcrawl.pipelines import Chain
from vokcrawl.policy.outcome import determine_outcome
from vokcrawl.replay.extraction import Site
from vokcrawl.replay.findings import Kind, from_json
from vokcrawl.replay.intake import ReplayIntake
from vokcrawl.replay.sources import Captures, Source, TellFault
from vokcrawl.runs.run import Run
from vokcrawl.storage.manifest import ReplayedFile, ReplaySummary
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.protocol import State

SPIDER = "replay"
# So many faults of a run are named in its manifest; all are counted, and told.
_MOST_TOLD = 100


class Rewriting:
    """Writes one run anew, under its own id where it has one. A fault is told to `tell` as soon as it is met."""

    def __init__(
        self,
        folder: OutputFolder,
        state: State,
        options: Options,
        settings: BaseSettings,
        captures: Captures,
        site: Site,
        tell: TellFault,
    ) -> None:
        self.captures = captures
        self.answers: Counter[str] = Counter()
        self.passed_over: Counter[str] = Counter()
        self._options = options
        self._tell = tell
        self._faults: list[str] = []
        self._flaws = 0
        self._source = captures.sources[0]
        self._hosts = site.schemes.keys()
        self._before = 0
        bounds = {name: getattr(captures.arguments, name) for name in ("since", "until")}
        self.run = Run.begin(folder, state, SPIDER, captures.started, bounds, settings, captures.run_id)
        self._intake = ReplayIntake(self.run, options, captures.arguments, site.schemes)
        self._chain = Chain(self.run, options, settings)

    def open(self, source: Source) -> None:
        """A file of the run begins."""
        self._source = source
        self._before = self.answers.total() + self._flaws

    def close(self, passed_over: Counter[str]) -> None:
        """The file is over; `passed_over` counts what in it are no answers of the site's."""
        self.passed_over.update(passed_over)
        if passed_over and self.answers.total() + self._flaws == self._before:
            held = ", ".join(f"{name} ({number})" for name, number in passed_over.most_common(3))
            hosts = ", ".join(sorted(self._hosts))
            text = f"it holds no answer of {hosts}, but: {held}; if that is the site, name it in VOK_START_URLS"
            self._faults.append(f"{self._source.head.name}: {text}")
            self._flaws += 1
            self._tell(self._source.path, text)

    def flaw(self, offset: int, text: str) -> None:
        """A record of the file could not be read."""
        told = f"at {offset}: {text}"
        if len(self._faults) < _MOST_TOLD:
            self._faults.append(f"{self._source.head.name}: {told}")
        self._flaws += 1
        self._tell(self._source.path, told)

    def take(self, portion: bytes) -> None:
        """Delivers the findings of a portion (`findings.told`). Raises `StorageError`."""
        for found in from_json(portion):
            self.answers[found.reason if found.kind is Kind.OTHER else found.kind.value] += 1
            if found.kind is Kind.FLAWED:
                self.flaw(found.place["offset"], found.reason)
            self._deliver(self._intake.take(found))

    def end(self) -> None:
        """All files are over: what waited is given, and the run gets its manifest. Raises `StorageError`."""
        self._deliver(self._intake.end(self.captures.on_incomplete))
        statistics, run = self.run.statistics, self.run
        counts = run.counts
        statistics.delivered = sum(counts.get(kind, 0) for kind in ("articles", "teasers", "removals"))
        statistics.coverage = run.readable.shares("articles")
        statistics.minimum_coverage = self._options.min_coverage
        statistics.pages_failed += self._flaws
        outcome, code = determine_outcome(statistics)
        run.finish(outcome, code, replay=self._summary())

    def _deliver(self, items: Iterator[dict[str, Any]]) -> None:
        for item in items:
            self._chain.take(item)
            if isinstance(self.run.failure, StorageError):
                raise self.run.failure

    def _summary(self) -> ReplaySummary:
        """The replay as the manifest has it."""
        heads = [source.head for source in self.captures.sources]
        return ReplaySummary(
            at=utc(datetime.now(UTC)),
            files=[ReplayedFile(file=head.name, bytes=head.size) for head in heads],
            answers=dict(sorted(self.answers.items())),
            skipped=dict(self.passed_over.most_common(_MOST_TOLD)),
            faults=self._faults,
            fault_count=self._flaws,
        )
