"""Reads pages of the site from archives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from vokcrawl.normalize import article_id
from vokcrawl.replay.extraction import Site, Task, answer_to
from vokcrawl.replay.sources import find_sources
from vokcrawl.replay.tasks import Closed, read_tasks
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.warc.http_response import Answer, Unreadable
from vokcrawl.warc.reader import Flaw
from vokcrawl.warc.records import RENDERED

__all__ = ["CapturedPages", "Page"]


@dataclass(frozen=True, slots=True)
class Page:
    """A response of the site: its URL, the time of its capture, and status, headers and decoded body."""

    url: str
    at: datetime
    answer: Answer

    @property
    def article(self) -> str | None:
        """The id of the article, by the URL."""
        return article_id(self.url)


@dataclass
class CapturedPages:
    """Reads archives. `faults` says what could not be read, `others` counts records of other hosts."""

    site: Site
    longest: int
    faults: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    def read(self, paths: Sequence[str], folder: OutputFolder) -> Iterator[Page]:
        """Yield the pages of archive files, directories of them, or run ids. Raises `UsageError`, `StorageError`."""
        self.faults.clear()
        self.others.clear()
        note: Callable[[Path, str], None] = lambda path, text: self.faults.append(f"{path}: {text}")  # noqa: E731
        for event in read_tasks(find_sources(paths, folder, self.longest, note), self.site, self.longest):
            if isinstance(event, list):
                yield from filter(None, map(self._page, event))
            elif isinstance(event, Flaw):
                self.faults.append(str(event))
            elif isinstance(event, Closed):
                self.others.update(event.passed_over)

    def _page(self, task: Task) -> Page | None:
        if task.captured.url.startswith(RENDERED):
            return None
        try:
            return Page(task.url, task.captured.at, answer_to(task, self.site))
        except Unreadable as fault:
            self.faults.append(f"{task.file}: at {task.captured.place.offset}: {fault}")
            return None
