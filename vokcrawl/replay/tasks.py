"""Reads the archives in this process, and splits their records into batches for worker processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from vokcrawl.normalize import article_id, authority
from vokcrawl.replay.extraction import Site, Task
from vokcrawl.replay.payloads import Payloads
from vokcrawl.replay.sources import Captures, Source
from vokcrawl.warc.http_exchange import split_message, strip_interim
from vokcrawl.warc.reader import CapturedRecord, Flaw, read_archive
from vokcrawl.warc.records import RENDERED

# Maximum number of responses, and of bytes, in a batch.
_MAX_TASKS, _MAX_BYTES = 64, 2_000_000
_ANSWERS = ("response", "revisit", "resource")
_WITHOUT_PAGES = ("request", "metadata", "warcinfo")


@dataclass(frozen=True, slots=True)
class Begun:
    """The captures of a run begin."""

    captures: Captures


@dataclass(frozen=True, slots=True)
class Opened:
    """A file begins."""

    source: Source


@dataclass(frozen=True, slots=True)
class Closed:
    """A file ends. `passed_over` counts skipped records, which are not responses of the site, by host or kind.

    `others` counts requests, metadata and warcinfo records.
    """

    source: Source
    passed_over: Counter[str]
    others: Counter[str]


@dataclass(frozen=True, slots=True)
class Over:
    """The captures of a run end."""

    captures: Captures


Mark = Begun | Opened | Flaw | Closed | Over


def read_tasks(sources: Sequence[Captures], site: Site, longest: int) -> Iterator[Mark | list[Task]]:
    """Yield events and batches while reading the archives, in the order of capture. Raises `StorageError`."""
    files = [source for captures in sources for source in captures.sources]
    # Archives of other programs may refer to payloads by digest only.
    others = [source.path for source in files if source.run_id is None]
    payloads = Payloads([source.path for source in files], longest, others)
    try:
        for captures in sources:
            yield Begun(captures)
            for source in captures.sources:
                yield Opened(source)
                batches = _Batches(source, site, longest, payloads)
                yield from batches.read()
                payloads.file_read(source.path)
                yield Closed(source, batches.passed_over, batches.others)
            yield Over(captures)
    finally:
        payloads.close()


class _Batches:
    """Reads one archive file in batches."""

    def __init__(self, source: Source, site: Site, longest: int, payloads: Payloads) -> None:
        self.source = source
        self.is_of_others = source.run_id is None
        self.site = site
        self.longest = longest
        self.payloads = payloads
        self.passed_over: Counter[str] = Counter()
        self.others: Counter[str] = Counter()

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
            if isinstance(task, Flaw) or len(tasks) >= _MAX_TASKS or size >= _MAX_BYTES:
                # Records before a flaw are yielded first.
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
        if record.kind in _WITHOUT_PAGES:
            self.others[f"{record.kind} records"] += 1
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
        return self._revisit_task(record, url)

    def _revisit_task(self, record: CapturedRecord, url: str) -> Task | Flaw:
        """Return a revisit with the payload of the record that it refers to, and its head if it has none itself."""
        original = self.payloads.of(record)
        if original is None:
            text = f"it refers to a payload ({_named(record)}) that is in none of the given archives"
            return Flaw(record.place, text, record.url)
        head, payload = split_message(strip_interim(original.block))
        if not record.block.strip():
            record = record._replace(block=head, block_digest=None)
        return Task(record, url, self.source.head.name, payload)


def _named(revisit: CapturedRecord) -> str:
    """Return what a revisit names of the record that it refers to."""
    if revisit.payload_digest is not None or revisit.refers_to is None:
        return revisit.payload_digest or "without a digest"
    location, record_id, capture = revisit.refers_to
    if location is not None:
        return f"{location[0][:255]} at {location[1]}"
    return (record_id or " of ".join(reversed(capture or ())) or "without a digest")[:255]


def _matters(flaw: Flaw, site: Site) -> bool:
    """Return whether a flaw may affect a page; a skipped large image or video does not."""
    if not flaw.url:
        return True
    url = site.address(flaw.url)
    if url is None:
        return False
    name = urlsplit(url).path.rpartition("/")[2]
    return article_id(url) is not None or "." not in name or name.endswith((".html", ".htm", ".php"))


def _host(url: str) -> str:
    try:
        # With the port, as the site's own hosts are given, and without a password.
        host = authority(url).rpartition("@")[2] if urlsplit(url).hostname else ""
        return host or "records without a host"
    except ValueError:
        return "records without a host"
