"""Rebuilds the state from the delivered files and manifests."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vokcrawl.integrity.rebuild_files import finish_part, lost_records, missing_manifests, retries_are_cut
from vokcrawl.normalize import utc
from vokcrawl.policy.revisit import next_check
from vokcrawl.storage.article_status import ArticleStatus
from vokcrawl.storage.manifest import ListingEntry, Manifest
from vokcrawl.storage.manifest_chain import ChainNode, read_chain
from vokcrawl.storage.output_folder import ARCHIVE, OutputFolder, sync_folder, translate_os_errors
from vokcrawl.storage.record_files import read_file
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import ArticleRow, FileRow, ListingRow, PayloadRow, RetryRow, RunRow, Status
from vokcrawl.storage.state.sqlite import SqliteState
from vokcrawl.utils.progress import NO_PROGRESS, Progress
from vokcrawl.warc.validation import answers

logger = logging.getLogger(__name__)

_PAYLOAD = ("warc-payload-digest", "warc-target-uri", "warc-date")
# The note of when a state was rebuilt.
REBUILT_AT = "rebuilt_at"
# An SQLite file, and the files beside it while it is open.
_SUFFIXES = ("", "-wal", "-shm")


def rebuild_state(folder: OutputFolder, recheck_days: Sequence[int], progress: Progress = NO_PROGRESS) -> SqliteState:
    """Rebuilds the state and returns it; an old one is kept under another name. The directory must be locked.

    Partial files are truncated to their last complete record and finished, because only the old state knew what was
    committed. Raises `StorageError`.
    """
    for part in list(folder.parts()):
        finish_part(folder, part)
    nodes, _ = read_chain(folder)
    nodes.extend(missing_manifests(folder, nodes))
    # Replaces the old state only when it is complete: with half a state, records would be delivered again.
    new = folder.state.with_name(folder.state.name + ".new")
    with translate_os_errors(new):
        for suffix in _SUFFIXES:
            new.with_name(new.name + suffix).unlink(missing_ok=True)
    state = SqliteState.open(new, expected=False)
    try:
        state.begin()
        lost = lost_records(folder, nodes) or retries_are_cut(nodes)
        builder = Builder(folder, state, recheck_days, nodes, lost=lost)
        progress.begin("reading runs", len(nodes))
        for node in nodes:
            builder.add(node)
            progress.advance()
        builder.finish(nodes)
        # Of an article that was first seen while the clock was ahead, the next check counts from now (`verify`).
        state.put_note(REBUILT_AT, utc(builder.now))
        state.commit()
        state.close()
    except BaseException:
        state.close()
        for suffix in _SUFFIXES:
            new.with_name(new.name + suffix).unlink(missing_ok=True)
        raise
    progress.hide()
    _keep_old(folder)
    with translate_os_errors(folder.state):
        os.replace(new, folder.state)
        sync_folder(folder.path)
    return SqliteState.open(folder.state, expected=bool(nodes))


def _keep_old(folder: OutputFolder) -> None:
    """Keep the old state under another name. It also stays under its own until the new one replaces it, if it can."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    _close_log(folder.state)
    olds = [folder.state.with_name(folder.state.name + suffix) for suffix in _SUFFIXES]
    olds = [old for old in olds if old.exists()]
    for old in olds:
        kept = old.with_name(old.name.replace(folder.state.name, f"{folder.state.name}.{stamp}.old", 1))
        with translate_os_errors(old):
            # A log belongs to the file beside it, so both move; file systems without hard links move the file, too.
            if olds != [folder.state] or not _link(old, kept):
                os.replace(old, kept)
        logger.info("%s was kept as %s", old, kept.name)


def _close_log(state: Path) -> None:
    """Write the log of a state that was not closed into its file; nothing if the state is damaged."""
    if state.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(state)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _link(path: Path, other: Path) -> bool:
    """Give a file a second name. Return whether the file system can."""
    try:
        os.link(path, other)
    except OSError:
        return False
    return True


@dataclass(eq=False)
class _Seen:
    """Teasers that one run delivered.

    They are covered when each listing that may have shown them has been crawled completely since; `awaited` are the
    listings for which that is still missing.
    """

    ids: list[str]
    awaited: set[str]


class Builder:
    """Adds runs to a new state, in their order."""

    def __init__(
        self, folder: OutputFolder, state: State, recheck_days: Sequence[int], nodes: Sequence[ChainNode], *, lost: bool
    ) -> None:
        self.folder = folder
        self.state = state
        self.recheck_days = recheck_days
        self.now = datetime.now(UTC)
        # The manifest of a killed run does not name its listings.
        self._listings = {listing.url for node in nodes for listing in node.manifest.listings}
        self._seen = _Seen([], set())
        # By listing: the teasers that its next complete crawl covers, and those that need one without `since`.
        self._awaiting: defaultdict[str, list[_Seen]] = defaultdict(list)
        self._awaiting_whole: defaultdict[str, list[_Seen]] = defaultdict(list)
        # URLs of teasers, if delivered records were lost: their articles are requested again.
        self._lost = lost
        self._addresses: dict[str, str] = {}

    def add(self, node: ChainNode) -> None:
        """Adds one run: its manifest and its record files."""
        manifest, run_id = node.manifest, node.run_id
        ended = manifest.ended_at or manifest.started_at
        draft = manifest.to_draft().to_json()
        outcome, code = manifest.outcome, manifest.exit_code
        self.state.put_run(RunRow(run_id, manifest.started_at, ended, outcome, code, node.sha256, draft))
        for entry in manifest.files:
            path = self.folder.path / entry.path
            if path.exists():
                # Its present size: the next run compares sizes, and `verify` the manifest.
                self.state.put_file(FileRow(entry.path, run_id, path.stat().st_size, entry.records))
            if entry.path.startswith(f"{ARCHIVE}/"):
                self._payloads(entry.path)
        crawled = {listing.url for listing in manifest.listings} or self._listings
        self._seen = _Seen([], set(crawled))
        for url in crawled:
            self._awaiting[url].append(self._seen)
            self._awaiting_whole[url].append(self._seen)
        handlers = {"articles": self.add_article, "teasers": self.add_teaser, "removals": self.add_removal}
        for kind, handle in handlers.items():
            path = self.folder.path / kind / f"{run_id}.jsonl"
            for line in read_file(path, kind) if path.exists() else ():
                if line.record is None:
                    logger.warning("%s:%d: skipped: %s", path, line.number, line.fault)
                else:
                    handle(line.record)
                    self.on_record()
        for identity in manifest.other_sources:
            self.add_other(identity, ended)
        for listing in manifest.listings:
            # If records were lost, nothing counts as covered: the next run reads the whole listing again.
            if listing.complete and not self._lost:
                self._complete_crawl(listing, run_id, manifest)

    def finish(self, nodes: Sequence[ChainNode]) -> None:
        """Takes the retry queue from the newest manifest, and adds the articles that are in no file."""
        newest = nodes[-1].manifest if nodes else None
        for pending in newest.pending_retries if newest is not None else ():
            if not self.state.articles([pending.id]) and newest is not None:
                known = {"first_failed_at": pending.first_failed_at or newest.started_at}
                self.state.put_retry(RetryRow(**{**dict(pending), **known}))
        now = utc(self.now)
        for identity, url in self._addresses.items():
            if not self.state.articles([identity]) and self.state.retry_of(identity) is None:
                self.state.put_retry(RetryRow(identity, url, "lost", 1, now, now))

    def on_record(self) -> None:
        """Called after each record."""

    def add_other(self, identity: str, at: str) -> None:
        """Adds an article of another source; its URL is not needed, because it is never requested."""
        self.state.put_article(ArticleRow(identity, "", Status.OTHER, checked_at=at))

    def add_article(self, record: dict[str, Any]) -> None:
        """Adds a version of an article."""
        status = _status_of(self.state.articles([record["id"]]).get(record["id"]))
        if status.with_version(record) != status:
            seen = record["first_seen_at"]
            # Checked in every run, it has no due time; `verify` knows this one.
            due = seen if tuple(self.recheck_days) == (0,) else next_check(seen, self.now, self.recheck_days)
            self.state.put_article(ArticleRow.of_record(record, due))

    def _payloads(self, name: str) -> None:
        """Adds the payloads of an archive file, so that later records can refer to them."""
        if not (self.folder.path / name).exists():
            return
        for offset, answer in answers(self.folder.path / name):
            digest, url, date = (answer.fields.get(each, "") for each in _PAYLOAD)
            if digest and url and date:
                self.state.meet_payload(PayloadRow(digest, url, date, name, offset))

    def add_teaser(self, record: dict[str, Any]) -> None:
        """Adds a delivered teaser."""
        self.state.put_entry(record["id"], delivered=True)
        self._seen.ids.append(record["id"])
        if self._lost:
            self._addresses[record["id"]] = record["url"]

    def add_removal(self, record: dict[str, Any]) -> None:
        """Marks an article as removed."""
        row = self.state.articles([record["id"]]).get(record["id"])
        if row is not None and _status_of(row).with_removal(record).removed_at is not None:
            self.mark_removed(row, record)

    def mark_removed(self, row: ArticleRow, record: dict[str, Any]) -> None:
        """Marks an article as removed, without a check."""
        row.status, row.checked_at = Status.REMOVED, record["confirmed_at"]
        self.state.put_article(row)

    def _complete_crawl(self, listing: ListingEntry, run_id: str, manifest: Manifest) -> None:
        """Registers a complete listing crawl: it covers what the listing has shown until then, back to its `since`."""
        url, covered_since = listing.url, listing.covered_since
        number = self.state.begin_listing_crawl(url, run_id)
        self.state.complete_listing_crawl(number, covered_since)
        if manifest.arguments.get("until"):
            # Newer entries were skipped. Covering nothing costs a few pages, and leaves no gap.
            return
        affected = dict.fromkeys(self._awaiting.pop(url, []))
        if not covered_since:
            affected |= dict.fromkeys(self._awaiting_whole.pop(url, []))
        for seen in affected:
            seen.awaited.discard(url)
            for identity in seen.ids if not seen.awaited else ():
                self.state.put_entry(identity, number)
        before = self.state.listing(url, listing.source)
        started = manifest.started_at
        rescanned = started if listing.rescan or before is None else before.rescanned_at
        first_page_ids = tuple(listing.first_page_ids)
        self.state.put_listing(ListingRow(url, listing.source, first_page_ids, covered_since, started, rescanned))


def _status_of(row: ArticleRow | None) -> ArticleStatus:
    """The status of a row that was built from records."""
    if row is None:
        return ArticleStatus()
    return ArticleStatus(row.revision, row.checked_at or "", row.checked_at if row.status is Status.REMOVED else None)
