"""Updates the feeds of an output directory with the records of new runs."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

from vokcrawl.config.watch_list import WatchList
from vokcrawl.feeds.entries import Event, Kind, change_size, entry_of, rank
from vokcrawl.feeds.feed import TITLES, WATCHED, Feed
from vokcrawl.feeds.notices import notice_of
from vokcrawl.feeds.store import FeedStore, Place
from vokcrawl.storage.output_folder import OutputFolder, matching, run_order, write_whole
from vokcrawl.storage.record_files import Line, read_at, read_file
from vokcrawl.utils.program import PROGRAM

logger = logging.getLogger(__name__)

FOLDER = "feeds"
_KINDS = ("articles", "removals")
# Raise it when entries or documents change, so that they are written again.
_FORMAT = "1"


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """What the feeds contain: `size` is the number of entries of a feed, 0 without feeds."""

    source: str
    home: str
    size: int
    base_url: str | None
    watch: WatchList
    # Notifications of changes smaller than this number of characters are not sent.
    min_change: int = 0
    # The configured channels.
    channels: Sequence[str] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The feeds that are written."""
        if not self.size:
            return ()
        return tuple(name for name in TITLES if name != WATCHED or self.watch.phrases)

    @property
    def digest(self) -> str:
        """Changes when the documents must be written again although no record is new."""
        return _digest(_FORMAT, self.source, self.home, str(self.size), self.base_url or "", *self.watch.phrases)

    @property
    def contents_digest(self) -> str:
        """Changes when the entries must be selected again from all records."""
        return _digest(_FORMAT, str(self.size), *self.watch.phrases)


def prepare(folder: OutputFolder) -> None:
    """Before the first run with feeds: note which files exist, because nobody is notified about them.

    Raises `StorageError`.
    """
    store = FeedStore(folder)
    try:
        if store.created:
            with store.transaction():
                store.add_known(_files(folder))
    finally:
        store.close()


def update(folder: OutputFolder, options: FeedOptions, run_id: str) -> None:
    """Read the files that are new, queue notifications, and write the feeds that changed. Raises `StorageError`.

    `run_id` is the run that has ended. All of it is one transaction; after a failure, the next run does it again.
    """
    store = FeedStore(folder)
    try:
        with store.transaction():
            files = _files(folder)
            if store.created:
                # It was deleted during the run, or could not be created before.
                store.add_known(each for each in files if not each.endswith(f"/{run_id}.jsonl"))
            if store.files() != set(files) or store.note("contents") != options.contents_digest:
                _Update(folder, store, options).run(files)
            if store.note("published") != options.digest or not all(path.exists() for path in _paths(folder, options)):
                _publish(folder, store, options)
    finally:
        store.close()


class _Update:
    """Reads new files, and stores entries and notifications."""

    def __init__(self, folder: OutputFolder, store: FeedStore, options: FeedOptions) -> None:
        self._folder = folder
        self._store = store
        self._options = options
        # The first events of each feed: position, key, event, and the watched phrases in it.
        self._first: dict[str, list[tuple[str, str, Event, list[str]]]] = {name: [] for name in options.names}
        self._messages: list[str] = []
        self._damaged = 0

    def run(self, files: Sequence[str]) -> None:
        store, options = self._store, self._options
        known = store.known()
        if store.note("contents") != options.contents_digest or store.files() - set(files):
            # Other watched words or another size, or a file was deleted: select all entries again.
            store.forget_records()
        unread = [path for path in files if path not in store.files()]
        for path in unread:
            for event in self._events(path):
                self._add(event, notify=path not in known)
        store.add_files(unread)
        store.add_known(unread)
        for feed, first in self._first.items():
            for position, key, event, watched in first:
                store.add_entry(feed, key, position, entry_of(event, watched))
            store.trim(feed, options.size)
        dropped = store.queue(dict.fromkeys(options.channels, self._messages))
        if dropped > 0:
            logger.warning("Notifications: the queue is full; the oldest %d were dropped", dropped)
        if self._damaged:
            logger.warning("Feeds: skipped %d damaged lines; `%s verify` lists them", self._damaged, PROGRAM)
        store.put_note("contents", options.contents_digest)
        store.put_note("published", "")

    def _events(self, path: str) -> Iterator[Event]:
        kind = path.partition("/")[0]
        for line in read_file(self._folder.path / path, kind):
            if line.record is None:
                self._damaged += 1
                continue
            event = self._removal(line.record) if kind == "removals" else self._version(line, line.record, path)
            if event is not None:
                yield event

    def _version(self, line: Line, record: dict[str, Any], path: str) -> Event:
        self._store.add_place(record["id"], record["revision"], Place(path, line.offset, len(line.raw)))
        if record["revision"] == 1:
            return Event(Kind.NEW, record)
        return Event(Kind.CHANGED, record, self._read(record["id"], record["revision"] - 1))

    def _removal(self, record: dict[str, Any]) -> Event | None:
        last = self._read(record["id"])
        if last is None:
            self._damaged += 1
            return None
        return Event(Kind.REMOVED, last, removal=record)

    def _read(self, identity: str, revision: int | None = None) -> dict[str, Any] | None:
        place = self._store.place(identity, revision)
        if place is None:
            return None
        return read_at(self._folder.path / place.path, place.offset, place.length, "articles").record

    def _add(self, event: Event, *, notify: bool) -> None:
        watched = self._options.watch.found_in(event.texts)
        # New articles are sorted by the time of ingestion: a first crawl delivers the newest ones first.
        self._offer(event.kind.value, event.record["id"] if event.kind is Kind.NEW else rank(event), event, watched)
        if watched:
            self._offer(WATCHED, rank(event), event, watched)
            if notify and self._options.channels and self._is_large(event):
                self._messages.append(notice_of(event, watched).model_dump_json())

    def _offer(self, feed: str, position: str, event: Event, watched: list[str]) -> None:
        """Keep an event if it is among the first of a feed."""
        if feed in self._first:
            first = self._first[feed]
            heappush(first, (position, event.key, event, watched))
            if len(first) > self._options.size:
                heappop(first)

    def _is_large(self, event: Event) -> bool:
        """Return whether a change reaches the minimum; an article that reappeared unchanged always does."""
        if event.kind is not Kind.CHANGED or not event.record["changed"] or event.previous is None:
            return True
        return change_size(event) >= self._options.min_change


def _publish(folder: OutputFolder, store: FeedStore, options: FeedOptions) -> None:
    """Write the documents whose content changed; the others keep their modification time."""
    from vokcrawl.feeds.atom import to_atom  # noqa: PLC0415  slow to import, and most runs find nothing new
    from vokcrawl.feeds.json_feed import to_json  # noqa: PLC0415

    for name in options.names:
        feed = Feed(name, options.source, options.home, store.entries(name), options.base_url)
        for extension, content in (("atom", to_atom(feed)), ("json", to_json(feed))):
            path = folder.path / FOLDER / f"{name}.{extension}"
            if not path.exists() or path.read_bytes() != content:
                write_whole(path, content)
    store.put_note("published", options.digest)


def _paths(folder: OutputFolder, options: FeedOptions) -> Iterator[Path]:
    for name in options.names:
        for extension in ("atom", "json"):
            yield folder.path / FOLDER / f"{name}.{extension}"


def _files(folder: OutputFolder) -> list[str]:
    """Return the record files by run, and of a run the articles before the removals."""
    found = [
        (run_order(path.stem), kind, path.name) for kind in _KINDS for path in matching(folder.path / kind, ".jsonl")
    ]
    return [f"{kind}/{name}" for _, kind, name in sorted(found)]


def _digest(*values: str) -> str:
    return hashlib.sha256("\n".join(values).encode("utf-8", "replace")).hexdigest()
