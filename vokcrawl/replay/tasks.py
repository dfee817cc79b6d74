"""Reads the archives in this process, and parts what is in them into portions that other processes can work on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from vokcrawl.normalize import article_id
from vokcrawl.replay.extraction import Site, Task
from vokcrawl.replay.payloads import Payloads
from vokcrawl.replay.sources import Captures, Source
from vokcrawl.warc.reader import CapturedRecord, Flaw, read_archive
from vokcrawl.warc.records import RENDERED

# A portion has so many answers, or so many bytes, whatever comes first.
_MOST_TASKS, _MOST_BYTES = 64, 2_000_000
_ANSWERS = ("response", "revisit", "resource")


@dataclass(frozen=True, slots=True)
class Begun:
    """A run's captures begin."""

    captures: Captures


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of them begins."""

    source: Source


@dataclass(frozen=True, slots=True)
class Closed:
    """A file is over. `passed_over` counts the records that are no answers of the site's, by host or kind."""

    source: Source
    passed_over: Counter[str]


@dataclass(frozen=True, slots=True)
class Over:
    """A run's captures are over."""

    captures: Captures


Mark = Begun | Opened | Flaw | Closed | Over


def read_tasks(sources: Sequence[Captures], site: Site, longest: int) -> Iterator[Mark | list[Task]]:
    """What happens while the archives are read, in the order of capture. Raises `StorageError`."""
    files = [source.path for captures in sources for source in captures.sources]
    payloads = Payloads(files, longest)
    try:
        for captures in sources:
            yield Begun(captures)
            for source in captures.sources:
                yield Opened(source)
                passed_over: Counter[str] = Counter()
                yield from _Portions(source, site, longest, payloads, passed_over).read()
                yield Closed(source, passed_over)
            yield Over(captures)
    finally:
        payloads.close()


class _Portions:
    """One archive file in portions."""

    def __init__(self, source: Source, site: Site, longest: int, payloads: Payloads, passed_over: Counter[str]) -> None:
        self.source = source
        # Others may refer to a payload by its digest alone.
        self.is_of_others = source.run_id is None
        self.site = site
        self.longest = longest
        self.payloads = payloads
        self.passed_over = passed_over

    def read(self) -> Iterator[Flaw | list[Task]]:
        tasks: list[Task] = []
        size = 0
        for record in read_archive(self.source.path, self.longest):
            task = self._task(record)
            if task is None:
                continue
            if isinstance(task, Task):
                tasks.append(task)
                size += len(task.captured.block)
            if isinstance(task, Flaw) or len(tasks) >= _MOST_TASKS or size >= _MOST_BYTES:
                # In the order in which it was met: what stands before it comes first.
                yield tasks
                tasks, size = [], 0
            if isinstance(task, Flaw):
                yield task
        yield tasks

    def _task(self, record: CapturedRecord | Flaw) -> Task | Flaw | None:
        if isinstance(record, Flaw):
            if _matters(record, self.site):
                return record
            self.passed_over["large files"] += 1
            return None
        if record.kind == "warcinfo":
            return None
        if record.kind not in _ANSWERS:
            self.passed_over[f"{record.kind} records"] += 1
            return None
        url = self.site.address(record.url.removeprefix(RENDERED))
        if url is None:
            self.passed_over[_host(record.url)] += 1
            return None
        if record.kind == "response" and self.is_of_others:
            self.payloads.note(record)
        if record.kind != "revisit" or b" 304" in record.block[:16]:
            return Task(record, url, self.source.head.name)
        payload = self.payloads.of(record)
        if payload is None:
            named = record.payload_digest or "without a digest"
            if record.payload_digest is None and record.refers_to is not None:
                named = f"{record.refers_to[0][:255]} at {record.refers_to[1]}"
            text = f"it refers to a payload ({named}) that is in none of the archives at hand"
            return Flaw(record.place, text, record.url)
        return Task(record, url, self.source.head.name, payload)


def _matters(flaw: Flaw, site: Site) -> bool:
    """Whether a flaw may have cost a page: a film or a picture that is passed over for its length has not."""
    if not flaw.url:
        return True
    url = site.address(flaw.url)
    if url is None:
        return False
    name = urlsplit(url).path.rpartition("/")[2]
    return article_id(url) is not None or "." not in name or name.endswith((".html", ".htm", ".php"))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no address of the web"
    except ValueError:
        return "no address of the web"
