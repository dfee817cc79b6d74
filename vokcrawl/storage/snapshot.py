"""The delivered records as they are, or as they were at the end of a day.

Selects the records of that time, the current version of each article, and whether it was removed
(`storage.article_status`).
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import orjson

from vokcrawl.errors import StorageError, UsageError
from vokcrawl.items import KINDS, is_whole, validated
from vokcrawl.storage.article_status import ArticleStatus
from vokcrawl.storage.latest_versions import LatestVersions
from vokcrawl.storage.output_folder import OutputFolder, in_run_order, matching, translate_os_errors
from vokcrawl.storage.record_files import Line, UnchangedFiles, blocks, read_file, read_unchanged, revised_lines
from vokcrawl.utils.program import PROGRAM
from vokcrawl.utils.progress import NO_PROGRESS, Progress

# The field with the time from which a record is known.
_KNOWN_SINCE = {"articles": "fetched_at", "teasers": "first_seen_at", "removals": "confirmed_at"}
# Lines are passed on so many bytes at a time, because files may be short.
_GATHERED_BYTES = 1 << 20


class Snapshot:
    """The delivered files as they are now, or up to the end of a day (UTC).

    A crawl may run meanwhile: files that it has not finished yet are not read. `damaged` has the skipped lines, by path
    and number.
    """

    def __init__(
        self,
        folder: OutputFolder,
        as_of: str | None = None,
        *,
        skip_damaged: bool = False,
        progress: Progress = NO_PROGRESS,
    ) -> None:
        """Raises `UsageError` for a day before the first run, and `StorageError` if a directory cannot be read."""
        self.folder = folder
        self.as_of = as_of
        self.damaged: dict[tuple[Path, int], Line] = {}
        self.progress = progress
        self._skip_damaged = skip_damaged
        # Of the files that were read: inode, size and time of the last change.
        self._read: dict[Path, tuple[int, int, int]] = {}
        self._unchanged = UnchangedFiles(folder)
        self._files = {kind: in_run_order(matching(folder.path / kind, ".jsonl")) for kind in KINDS.values()}
        self._end = f"{as_of}T23:59:59Z" if as_of else None
        first = self._first_day()
        if as_of and first and as_of < first:
            raise UsageError(f"--as-of: {as_of} is before the first run, on {first}; there is no archive of that day")

    def holds_records(self) -> bool:
        """Whether any run has delivered a record."""
        return any(self._files.values())

    def lines(self, kind: str) -> Iterator[tuple[Line, dict[str, Any]]]:
        """The lines of a kind with their records, run by run.

        Raises `StorageError` for a damaged line, or notes it in `damaged` if such lines are skipped.
        """
        self.progress.begin(f"reading {kind}", sum(path.stat().st_size for path in self._files[kind]))
        for path in self._files[kind]:
            yield from self._lines_of(path, kind)

    def _lines_of(self, path: Path, kind: str) -> Iterator[tuple[Line, dict[str, Any]]]:
        self._read[path] = _version_of(path)
        read = read_unchanged if path in self._unchanged else read_file
        for line in read(path, kind):
            self.progress.advance(len(line.raw))
            if line.record is None:
                self._meet_damage(line)
            elif self._end is None or line.record[_KNOWN_SINCE[kind]] <= self._end:
                yield line, line.record

    def revised(self, identities: Container[str]) -> Iterator[dict[str, Any]]:
        """The article records that are later versions, and those of these articles. Others may be among them.

        Raises `StorageError` as `lines` does. All lines can be read again afterwards.
        """
        self.progress.begin("reading articles", sum(path.stat().st_size for path in self._files["articles"]))
        for path in self._files["articles"]:
            self._read[path] = _version_of(path)
            if self._end is None and path in self._unchanged:
                yield from revised_lines(path, identities)
                self.progress.advance(self._read[path][1])
            else:
                yield from (record for _, record in self._lines_of(path, "articles"))

    def lines_again(self, kind: str) -> Iterator[bytes | dict[str, Any]]:
        """The same as `records_again`. Of files that are as they were written, many lines at a time as they are."""
        self.progress.begin(f"writing {kind}", sum(path.stat().st_size for path in self._files[kind]))
        gathered: list[bytes] = []
        size = 0
        for path in self._files[kind]:
            if self._end is not None or path not in self._unchanged:
                if gathered:
                    yield b"".join(gathered)
                    gathered, size = [], 0
                yield from self._records_of(path, kind)
                continue
            if self._read.get(path) != _version_of(path):
                raise _changed(path)
            for _, _, block in blocks(path):
                self.progress.advance(len(block))
                gathered.append(block)
                size += len(block)
                if size >= _GATHERED_BYTES:
                    yield b"".join(gathered)
                    gathered, size = [], 0
        if gathered:
            yield b"".join(gathered)

    def records_again(self, kind: str) -> Iterator[dict[str, Any]]:
        """The records that `lines` has yielded before. They are not validated again, which takes most of the time.

        Raises `StorageError` if a file has changed.
        """
        self.progress.begin(f"writing {kind}", sum(path.stat().st_size for path in self._files[kind]))
        for path in self._files[kind]:
            yield from self._records_of(path, kind)

    def _records_of(self, path: Path, kind: str) -> Iterator[dict[str, Any]]:
        if self._read.get(path) != _version_of(path):
            raise _changed(path)
        with translate_os_errors(path), path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                self.progress.advance(len(raw))
                if (path, number) in self.damaged:
                    continue
                try:
                    record: dict[str, Any] = orjson.loads(raw)
                except orjson.JSONDecodeError:
                    raise _changed(path) from None
                if self._end is None or record[_KNOWN_SINCE[kind]] <= self._end:
                    yield record if is_whole(record) else validated(record)

    def _meet_damage(self, line: Line) -> None:
        if not self._skip_damaged:
            raise StorageError(
                f"{line}; restore the file from a copy (`{PROGRAM} verify` names all that is wrong), "
                "or skip such lines with --skip-damaged"
            )
        self.damaged[line.path, line.number] = line

    def _first_day(self) -> str | None:
        runs = [path.stem for path in matching(self.folder.runs, ".json")]
        runs += [path.stem for paths in self._files.values() for path in paths]
        first = min((run for run in runs if run[:8].isdigit()), default=None)
        return f"{first[:4]}-{first[4:6]}-{first[6:8]}" if first else None


def _version_of(path: Path) -> tuple[int, int, int]:
    with translate_os_errors(path):
        found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _changed(path: Path) -> StorageError:
    return StorageError(f"{path}: changed while it was read; run again")


# Of at most so many articles the status is kept in memory: of those with several versions, and of removed ones.
_MOST_KEPT = 50_000
_UNKNOWN, _FIRST_VERSION = ArticleStatus(), ArticleStatus(1)


def _statuses(snapshot: Snapshot) -> dict[str, ArticleStatus] | None:
    """Return the status of the articles with several versions and of removed ones; None if there are too many."""
    found: dict[str, ArticleStatus] = {}
    for _, record in snapshot.lines("removals"):
        found[record["id"]] = found.get(record["id"], _UNKNOWN).with_removal(record)
    for record in snapshot.revised(found):
        identity = record["id"]
        if record["revision"] != 1 or identity in found:
            found[identity] = found.get(identity, _UNKNOWN).with_version(record)
        if len(found) > _MOST_KEPT:
            return None
    return found


class Fold:
    """The articles of a snapshot, each with its latest version, in a temporary database."""

    def __init__(self, snapshot: Snapshot, *, records: bool = True) -> None:
        """Reads all articles and removals once. Raises `StorageError`.

        Without `records` it is faster, and only `status_of` can be called.
        """
        self._latest = LatestVersions()
        try:
            self._known = None if records else _statuses(snapshot)
            if self._known is not None:
                return
            for line, record in snapshot.lines("articles"):
                self._latest.note_version(line, record)
            for _, record in snapshot.lines("removals"):
                self._latest.add_removal(record)
            self._known = self._latest.revised_or_removed(_MOST_KEPT)
        except BaseException:
            self._latest.close()
            raise

    def latest(self, start: str = "") -> Iterator[tuple[dict[str, Any], ArticleStatus]]:
        """The current version of each article, also of removed ones, in the order of their ids, from `start` on.

        That is the order in which the site took them in.
        """
        for version in self._latest.all(start):
            yield self._latest.record(version.place), version.status

    def digests(self) -> Iterator[tuple[str, bytes]]:
        """The id of each article and the digest of its latest version, in the same order."""
        return self._latest.digests()

    def status_of(self, identity: str) -> ArticleStatus:
        """The revision of an article of the snapshot, and when its removal was confirmed."""
        if self._known is not None:
            return self._known.get(identity, _FIRST_VERSION)
        version = self._latest.get(identity)
        return version.status if version is not None else ArticleStatus()

    def text_of(self, identity: str) -> tuple[str, str]:
        """Title and body of the latest version. Raises `KeyError` for an article that is not in the snapshot."""
        version = self._latest.get(identity)
        if version is None:
            raise KeyError(identity)
        record = self._latest.record(version.place)
        return record["title"], record["body"]

    def close(self) -> None:
        """Closes the temporary database."""
        self._latest.close()
