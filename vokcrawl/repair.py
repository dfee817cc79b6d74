"""Makes the state anew from the delivered files and manifests alone: a lost state must never cost the archive."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from vokcrawl import __version__
from vokcrawl.archive.check import ArchiveCheck, answers
from vokcrawl.chain import Link, read_chain
from vokcrawl.fields import utc
from vokcrawl.files import ARCHIVE, DATA_KINDS, PART, OutputFolder, cut_back, digest, run_order, storing, sync_folder
from vokcrawl.manifest import SCHEMA, file_entry, write_manifest
from vokcrawl.outcome import KILLED
from vokcrawl.recheck import next_check
from vokcrawl.records import read_file
from vokcrawl.state.interface import State
from vokcrawl.state.rows import ArticleRow, FileRow, ListingRow, OwedRow, PayloadRow, RunRow, Status
from vokcrawl.state.sqlite import SqliteState

logger = logging.getLogger(__name__)

_PAYLOAD = ("warc-payload-digest", "warc-target-uri", "warc-date")
# An SQLite file, and what it keeps beside it while it is open.
_SUFFIXES = ("", "-wal", "-shm")


def rebuild_state(folder: OutputFolder, recheck_days: Sequence[int]) -> SqliteState:
    """Moves the old state aside, if there is one, and gives a new one made from the files. The folder must be held.

    Unfinished files are cut back to their last whole record and finished: without the state nothing says what was
    committed, and a whole record is a record. Raises `StorageFailed`.
    """
    for part in list(folder.parts()):
        finish_part(folder, part)
    links, _ = read_chain(folder)
    links.extend(missing_manifests(folder, links))
    # Beside the old one, and in its place only when it is whole: half a state would let all be delivered again.
    new = folder.state.with_name(folder.state.name + ".new")
    with storing(new):
        for suffix in _SUFFIXES:
            new.with_name(new.name + suffix).unlink(missing_ok=True)
    state = SqliteState.open(new, expected=False)
    state.begin()
    builder = Builder(folder, state, recheck_days, links, lost=lost_records(folder, links))
    for link in links:
        builder.add(link)
    builder.finish(links)
    state.commit()
    state.close()
    _move_aside(folder)
    with storing(folder.state):
        os.replace(new, folder.state)
        sync_folder(folder.path)
    return SqliteState.open(folder.state, expected=bool(links))


def _move_aside(folder: OutputFolder) -> None:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for suffix in _SUFFIXES:
        old = folder.state.with_name(folder.state.name + suffix)
        if old.exists():
            with storing(old):
                os.replace(old, old.with_name(f"{folder.state.name}.{stamp}.old{suffix}"))
            logger.info("%s was kept as %s.%s.old%s", old, folder.state.name, stamp, suffix)


def finish_part(folder: OutputFolder, part: Path) -> None:
    """Cuts an unfinished file back to its last whole record, and gives it its name. One of no run is left alone."""
    if _began(part.name.partition(".")[0]) is None:
        return
    with storing(part):
        if part.parent.name not in (*DATA_KINDS, ARCHIVE):
            part.unlink()
            return
        length = _whole_records(folder, part)
        if not length:
            part.unlink()
            return
        cut_back(part, length)
        os.replace(part, part.with_name(part.name.removesuffix(PART)))
        sync_folder(part.parent)


def _whole_records(folder: OutputFolder, part: Path) -> int:
    """Up to where an unfinished file has whole records only."""
    if part.parent.name != ARCHIVE:
        return part.read_bytes().rfind(b"\n") + 1
    check = ArchiveCheck(folder, part)
    # What is damaged before the last whole record stays: others behind it are whole, and may be referred to.
    for offset, text in check.flaws():
        logger.warning("%s: offset %d: %s", part, offset, text)
    return check.end


def missing_manifests(folder: OutputFolder, links: Sequence[Link]) -> list[Link]:
    """Manifests for the runs that left records but no readable manifest; written behind the last one."""
    known = {link.run_id for link in links}
    found: dict[str, list[FileRow]] = {}
    for path in (*folder.data_files(), *folder.archive_files()):
        run_id = path.name.partition(".")[0]
        if run_id not in known and _began(run_id) is None:
            logger.warning("%s: passed over, for it is not named after a run", path)
        elif run_id not in known:
            records, size, _ = digest(path)
            if path.parent.name == ARCHIVE:
                check = ArchiveCheck(folder, path)
                for offset, text in check.flaws():
                    logger.warning("%s: offset %d: %s", path, offset, text)
                records = check.records
            row = FileRow(str(path.relative_to(folder.path)), run_id, size, records)
            found.setdefault(run_id, []).append(row)
    made: list[Link] = []
    for run_id, rows in sorted(found.items(), key=lambda each: run_order(each[0])):
        last = next(reversed([*links, *made]), None)
        manifest = _manifest(run_id, rows, folder, last)
        damaged = folder.manifest(run_id)
        if damaged.exists():
            with storing(damaged):
                os.replace(damaged, damaged.with_name(f"{damaged.name}.damaged"))
        made.append(Link(damaged, manifest, write_manifest(folder, manifest)))
    return made


def _manifest(run_id: str, rows: Sequence[FileRow], folder: OutputFolder, last: Link | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "spider": "vok",
        "version": __version__,
        "arguments": {},
        "settings": {},
        "started_at": utc(_began(run_id) or datetime.now(UTC)),
        "ended_at": None,
        "outcome": KILLED,
        "exit_code": None,
        "counts": {kind: row.records for row in rows if (kind := row.path.partition("/")[0]) in DATA_KINDS},
        "listings": [],
        "files": [file_entry(row, digest(folder.path / row.path)[2]) for row in rows],
        "coverage": {},
        "readings": {},
        "ways_left": [],
        "errors": {},
        "owed": last.manifest["owed"] if last else [],
        "other_sources": [],
        "previous_manifest": {"run_id": last.run_id, "sha256": last.sha256} if last else None,
    }


def _began(run_id: str) -> datetime | None:
    """When a run began, from its id; None where it is no run's."""
    try:
        return datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def lost_records(folder: OutputFolder, links: Sequence[Link]) -> bool:
    """Whether files of records are missing, or are not what their manifests say; each is named in the log."""
    lost = False
    for link in links:
        for entry in link.manifest["files"]:
            path = folder.path / entry["path"]
            if entry["path"].partition("/")[0] not in ("articles", "teasers"):
                continue
            if not path.exists() or digest(path)[2] != entry["sha256"]:
                logger.warning("%s: missing, or not what the manifest says; what it lacks is asked for again", path)
                lost = True
    return lost


@dataclass
class _Seen:
    """Teasers that one run delivered. They are covered when each listing that may have shown them had a complete walk:
    one of any kind since (`walks` are those still to come), and one that was not bounded by `since` (`whole_walks`)."""

    ids: list[str]
    walks: set[str]
    whole_walks: set[str]


class Builder:
    """Reads run after run into a new state."""

    def __init__(
        self, folder: OutputFolder, state: State, recheck_days: Sequence[int], links: Sequence[Link], *, lost: bool
    ) -> None:
        self.folder = folder
        self.state = state
        self.recheck_days = recheck_days
        self.now = datetime.now(UTC)
        # A run that was killed has not said which listings it walked.
        self._listings = {listing["url"] for link in links for listing in link.manifest["listings"]}
        self._seen: list[_Seen] = []
        # Teasers' addresses, kept where delivered records were lost: their articles are asked for again.
        self._lost = lost
        self._addresses: dict[str, str] = {}

    def add(self, link: Link) -> None:
        manifest, run_id = link.manifest, link.run_id
        draft = {key: manifest[key] for key in ("schema", "run_id", "spider", "version", "arguments", "settings")}
        draft["started_at"] = manifest["started_at"]
        ended = manifest["ended_at"] or manifest["started_at"]
        self.state.put_run(
            RunRow(
                run_id,
                manifest["started_at"],
                ended,
                manifest["outcome"],
                manifest["exit_code"],
                link.sha256,
                orjson.dumps(draft).decode(),
            )
        )
        for entry in manifest["files"]:
            self.state.put_file(FileRow(entry["path"], run_id, entry["bytes"], entry["records"]))
            if entry["path"].startswith(f"{ARCHIVE}/"):
                self._payloads(entry["path"])
        walked = {listing["url"] for listing in manifest["listings"]} or self._listings
        self._seen.append(_Seen([], set(walked), set(walked)))
        takes = {"articles": self.take_article, "teasers": self.take_teaser, "removals": self.take_removal}
        for kind, take in takes.items():
            path = self.folder.path / kind / f"{run_id}.jsonl"
            for line in read_file(path, kind) if path.exists() else ():
                if line.record is None:
                    logger.warning("%s:%d: passed over: %s", path, line.number, line.fault)
                else:
                    take(line.record)
                    self.taken()
        for identity in manifest["other_sources"]:
            self.take_other(identity, ended)
        for listing in manifest["listings"]:
            # Where records were lost nothing counts as covered: the next run walks whole, and meets what is missing.
            if listing["complete"] and not self._lost:
                self._walk(listing, run_id, manifest)

    def finish(self, links: Sequence[Link]) -> None:
        """What is owed stands in the newest manifest."""
        for owed in links[-1].manifest["owed"] if links else ():
            if not self.state.articles([owed["id"]]):
                self.state.put_owed(OwedRow(**owed))
        now = utc(self.now)
        for identity, url in self._addresses.items():
            if not self.state.articles([identity]) and self.state.owed_of(identity) is None:
                self.state.put_owed(OwedRow(identity, url, "lost", 1, now, now))

    def taken(self) -> None:
        """A record was taken in."""

    def take_other(self, identity: str, at: str) -> None:
        """An article of another source. Its address is not needed: it is never asked for."""
        self.state.put_article(ArticleRow(identity, "", Status.OTHER, checked_at=at))

    def take_article(self, record: dict[str, Any]) -> None:
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
        self.state.put_entry(record["id"], delivered=True)
        self._seen[-1].ids.append(record["id"])
        if self._lost:
            self._addresses[record["id"]] = record["url"]

    def take_removal(self, record: dict[str, Any]) -> None:
        row = self.state.articles([record["id"]]).get(record["id"])
        if row is not None:
            row.status, row.checked_at = Status.REMOVED, record["confirmed_at"]
            self.state.put_article(row)

    def _walk(self, listing: dict[str, Any], run_id: str, manifest: dict[str, Any]) -> None:
        """A complete walk covers all that its listing had shown up to it, back to its bound if it had one."""
        url, back_to = listing["url"], listing["back_to"]
        number = self.state.add_walk(url, run_id)
        self.state.complete_walk(number, back_to)
        if manifest["arguments"].get("until"):
            # What is newer than `until` was passed over; to cover nothing costs a few pages, and leaves no gap.
            return
        for seen in self._seen:
            waited = (len(seen.walks), len(seen.whole_walks))
            seen.walks.discard(url)
            if not back_to:
                seen.whole_walks.discard(url)
            if waited != (len(seen.walks), len(seen.whole_walks)) and not seen.walks:
                for identity in seen.ids:
                    self.state.put_entry(identity, number)
        self._seen = [seen for seen in self._seen if seen.whole_walks]
        before = self.state.listing(listing["url"], listing["source"])
        swept = manifest["started_at"] if listing["sweep"] or before is None else before.swept_at
        row = ListingRow(
            listing["url"], listing["source"], tuple(listing["head"]), back_to, manifest["started_at"], swept
        )
        self.state.put_listing(row)
