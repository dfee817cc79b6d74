"""Makes the state anew from the delivered files and manifests alone: a lost state must never cost the archive."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
from vokcrawl.warc.validation import answers

logger = logging.getLogger(__name__)

_PAYLOAD = ("warc-payload-digest", "warc-target-uri", "warc-date")
# An SQLite file, and what it keeps beside it while it is open.
_SUFFIXES = ("", "-wal", "-shm")


def rebuild_state(folder: OutputFolder, recheck_days: Sequence[int]) -> SqliteState:
    """Moves the old state aside, if there is one, and gives a new one made from the files. The folder must be held.

    Unfinished files are cut back to their last whole record and finished: without the state nothing says what was
    committed, and a whole record is a record. Raises `StorageError`.
    """
    for part in list(folder.parts()):
        finish_part(folder, part)
    nodes, _ = read_chain(folder)
    nodes.extend(missing_manifests(folder, nodes))
    # Beside the old one, and in its place only when it is whole: half a state would let all be delivered again.
    new = folder.state.with_name(folder.state.name + ".new")
    with translate_os_errors(new):
        for suffix in _SUFFIXES:
            new.with_name(new.name + suffix).unlink(missing_ok=True)
    state = SqliteState.open(new, expected=False)
    state.begin()
    lost = lost_records(folder, nodes) or retries_are_cut(nodes)
    builder = Builder(folder, state, recheck_days, nodes, lost=lost)
    for node in nodes:
        builder.add(node)
    builder.finish(nodes)
    state.commit()
    state.close()
    _move_aside(folder)
    with translate_os_errors(folder.state):
        os.replace(new, folder.state)
        sync_folder(folder.path)
    return SqliteState.open(folder.state, expected=bool(nodes))


def _move_aside(folder: OutputFolder) -> None:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for suffix in _SUFFIXES:
        old = folder.state.with_name(folder.state.name + suffix)
        if old.exists():
            with translate_os_errors(old):
                os.replace(old, old.with_name(f"{folder.state.name}.{stamp}.old{suffix}"))
            logger.info("%s was kept as %s.%s.old%s", old, folder.state.name, stamp, suffix)


@dataclass(eq=False)
class _Seen:
    """Teasers that one run delivered.

    They are covered once each listing that may have shown them had a complete crawl since; `awaited` are the listings
    that had none yet.
    """

    ids: list[str]
    awaited: set[str]


class Builder:
    """Reads run after run into a new state."""

    def __init__(
        self, folder: OutputFolder, state: State, recheck_days: Sequence[int], nodes: Sequence[ChainNode], *, lost: bool
    ) -> None:
        self.folder = folder
        self.state = state
        self.recheck_days = recheck_days
        self.now = datetime.now(UTC)
        # A run that was killed has not said which listings it walked.
        self._listings = {listing.url for node in nodes for listing in node.manifest.listings}
        self._seen = _Seen([], set())
        # By listing: what its next complete crawl covers, and what its next one without `since` covers again.
        self._awaiting: defaultdict[str, list[_Seen]] = defaultdict(list)
        self._awaiting_whole: defaultdict[str, list[_Seen]] = defaultdict(list)
        # Teasers' addresses, kept where delivered records were lost: their articles are asked for again.
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
                # As it is now: the next run compares sizes, and `verify` compares the manifest.
                self.state.put_file(FileRow(entry.path, run_id, path.stat().st_size, entry.records))
            if entry.path.startswith(f"{ARCHIVE}/"):
                self._payloads(entry.path)
        walked = {listing.url for listing in manifest.listings} or self._listings
        self._seen = _Seen([], set(walked))
        for url in walked:
            self._awaiting[url].append(self._seen)
            self._awaiting_whole[url].append(self._seen)
        takes = {"articles": self.take_article, "teasers": self.take_teaser, "removals": self.take_removal}
        for kind, take in takes.items():
            path = self.folder.path / kind / f"{run_id}.jsonl"
            for line in read_file(path, kind) if path.exists() else ():
                if line.record is None:
                    logger.warning("%s:%d: passed over: %s", path, line.number, line.fault)
                else:
                    take(line.record)
                    self.taken()
        for identity in manifest.other_sources:
            self.take_other(identity, ended)
        for listing in manifest.listings:
            # Where records were lost nothing counts as covered: the next run reads the whole listing again.
            if listing.complete and not self._lost:
                self._walk(listing, run_id, manifest)

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

    def taken(self) -> None:
        """A record was taken in."""

    def take_other(self, identity: str, at: str) -> None:
        """An article of another source. Its address is not needed: it is never asked for."""
        self.state.put_article(ArticleRow(identity, "", Status.OTHER, checked_at=at))

    def take_article(self, record: dict[str, Any]) -> None:
        """Adds a version of an article."""
        status = _status_of(self.state.articles([record["id"]]).get(record["id"]))
        if status.with_version(record) != status:
            due = next_check(record["first_seen_at"], self.now, self.recheck_days)
            self.state.put_article(ArticleRow.of_record(record, due))

    def _payloads(self, name: str) -> None:
        """What was archived, so that it is referred to again."""
        if not (self.folder.path / name).exists():
            return
        for offset, answer in answers(self.folder.path / name):
            digest, url, date = (answer.fields.get(each, "") for each in _PAYLOAD)
            if digest and url and date:
                self.state.meet_payload(PayloadRow(digest, url, date, name, offset))

    def take_teaser(self, record: dict[str, Any]) -> None:
        """Adds a delivered teaser."""
        self.state.put_entry(record["id"], delivered=True)
        self._seen.ids.append(record["id"])
        if self._lost:
            self._addresses[record["id"]] = record["url"]

    def take_removal(self, record: dict[str, Any]) -> None:
        """Marks an article as removed."""
        row = self.state.articles([record["id"]]).get(record["id"])
        if row is not None and _status_of(row).with_removal(record).removed_at is not None:
            self.mark_removed(row, record)

    def mark_removed(self, row: ArticleRow, record: dict[str, Any]) -> None:
        """Stores that an article was removed."""
        row.status, row.checked_at = Status.REMOVED, record["confirmed_at"]
        self.state.put_article(row)

    def _walk(self, listing: ListingEntry, run_id: str, manifest: Manifest) -> None:
        """A complete walk covers all that its listing had shown up to it, back to its bound if it had one."""
        url, covered_since = listing.url, listing.covered_since
        number = self.state.begin_listing_crawl(url, run_id)
        self.state.complete_listing_crawl(number, covered_since)
        if manifest.arguments.get("until"):
            # What is newer than `until` was passed over; to cover nothing costs a few pages, and leaves no gap.
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
    """The status of a row that was built from records: it was checked when its last record was made."""
    if row is None:
        return ArticleStatus()
    return ArticleStatus(row.revision, row.checked_at or "", row.checked_at if row.status is Status.REMOVED else None)
