"""Checks that delivered records are consistent with each other and with the state."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from vokcrawl.normalize import content_hash
from vokcrawl.policy.article_checks import extractor_name
from vokcrawl.storage.article_status import ArticleStatus
from vokcrawl.storage.record_files import Line
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import ArticleRow, Status
from vokcrawl.utils.temp_database import temporary_database, translate_database_errors


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: its file (or state), its line (None if it concerns the whole file), and its description."""

    path: Path | str
    line: int | None
    text: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.text}"


# Checks a record with its line, and yields its faults.
Take = Callable[[Line, dict[str, Any]], Iterator[Fault]]


# Columns of a row that are those of the article's current version.
_DERIVED = ("url", "title_hash", "body_hash", "truncated", "source", "published_on", "first_seen_at")
_derived = attrgetter(*_DERIVED)
_HASHES = struct.Struct(f"{len(_DERIVED)}q")


def _hashes(values: Iterable[Any]) -> bytes:
    """Hashes of the values of these columns, in this order."""
    return _HASHES.pack(*map(hash, values))


def _hashes_of(record: dict[str, Any]) -> bytes:
    """The same for the columns that follow from a record."""
    return _hashes(
        (
            record["url"],
            content_hash(record["title"], ""),
            content_hash("", record["body"]),
            record["truncated"],
            record["source"],
            record["published_on"],
            record["first_seen_at"],
        )
    )


class _Delivered(NamedTuple):
    """An article in the files: its status, and of its current version the hash and hashes of the columns of its row.

    `shortest` and `longest` are the bounds of the length of a body with the same hash.
    """

    status: ArticleStatus
    content_hash: str | None
    columns: bytes
    shortest: int
    longest: int


def _delivered(row: tuple[Any, ...]) -> _Delivered:
    """The article of a row of the temporary database."""
    return _Delivered(ArticleStatus(*row[1:4]), *row[4:])


def _not_in_state(identity: str, path: str) -> Fault:
    return Fault(path, None, f"article {identity} was delivered, but is not in the state")


_UNKNOWN = _Delivered(ArticleStatus(), None, b"", 0, 0)
# Unicode composition can make a text up to so many times as long or as short.
_COMPOSED = 3


def _lengths(body: str) -> tuple[int, int]:
    """Between which lengths a body with the same hash can be, which ignores paragraphs and Unicode composition."""
    shortest, longest = len(body) - body.count("\n\n"), len(body) + body.count(" ")
    return (shortest, longest) if body.isascii() else (shortest // _COMPOSED, longest * _COMPOSED)


def is_misspelt(value: str, known: str) -> bool:
    """Whether a value differs from a known one in a single character, as after a flipped bit.

    Two numbers that differ in a digit are two values.
    """
    different = [pair for pair in zip(value, known, strict=False) if pair[0] != pair[1]]
    return len(value) == len(known) and len(different) == 1 and not all(map(str.isdigit, different[0]))


class ConsistencyCheck:
    """Checks the records of one output directory, in the order of its runs, and its state.

    What was read is in a temporary database, so memory use does not grow. Each method may raise `StorageError`.
    """

    def __init__(self) -> None:
        self._db = temporary_database(
            "CREATE TABLE articles (id TEXT PRIMARY KEY, revision INTEGER, fetched_at TEXT, removed_at TEXT, "
            "content_hash TEXT, columns BLOB, shortest INTEGER, longest INTEGER) WITHOUT ROWID",
            "CREATE TABLE teasers (id TEXT PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE state_teasers (id TEXT PRIMARY KEY) WITHOUT ROWID",
        )
        self._extractors: set[str] = set()
        # By kind. Articles come before removals, because a run may deliver both.
        self.takes = {"articles": self._article, "teasers": self._teaser, "removals": self._removal}

    def close(self) -> None:
        """Closes the temporary database."""
        self._db.close()

    def _get(self, identity: str) -> _Delivered:
        with translate_database_errors():
            query = "SELECT * FROM articles WHERE id = ?"
            row = self._db.execute(query, (identity,)).fetchone()
        return _delivered(row) if row else _UNKNOWN

    def _put(self, identity: str, delivered: _Delivered) -> None:
        values = (identity, *delivered.status, *delivered[1:])
        with translate_database_errors():
            self._db.execute("INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def _put_new(self, identity: str, delivered: _Delivered) -> bool:
        """Put an article that was not delivered before; return False if it was."""
        values = (identity, *delivered.status, *delivered[1:])
        with translate_database_errors():
            query = "INSERT OR IGNORE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            return self._db.execute(query, values).rowcount == 1

    def _article(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        delivered = _Delivered(
            ArticleStatus(record["revision"], record["fetched_at"]),
            record["content_hash"],
            _hashes_of(record),
            *_lengths(record["body"]),
        )
        if record["revision"] == 1 and record["previous_hash"] is None and self._put_new(record["id"], delivered):
            # Most articles have one version.
            self._extractors.add(extractor_name(record["extractor"]))
            return
        before = self._get(record["id"])
        revision, current = before.status.revision, before.status.with_version(record)
        if current == before.status:
            yield Fault(line.path, line.number, f"article {record['id']}: revision {record['revision']} is duplicated")
            return
        if record["revision"] != revision + 1:
            missing = f"{revision + 1} to {record['revision'] - 1}"
            yield Fault(line.path, line.number, f"article {record['id']}: revisions {missing} are missing")
        elif record["previous_hash"] != before.content_hash:
            yield Fault(
                line.path, line.number, f"article {record['id']}: previous_hash is not the hash of revision {revision}"
            )
        self._extractors.add(extractor_name(record["extractor"]))
        self._put(record["id"], delivered._replace(status=current))

    def _teaser(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        with translate_database_errors():
            is_new = self._db.execute("INSERT OR IGNORE INTO teasers VALUES (?)", (record["id"],)).rowcount
        if not is_new:
            yield Fault(line.path, line.number, f"teaser {record['id']} is duplicated")

    def _removal(self, line: Line, record: dict[str, Any]) -> Iterator[Fault]:
        before = self._get(record["id"])
        if not before.status.revision:
            yield Fault(line.path, line.number, f"removal of article {record['id']}, which was never delivered")
            return
        if before.status.removed_at is not None:
            yield Fault(line.path, line.number, f"removal of article {record['id']} is duplicated")
        if record["last_hash"] != before.content_hash:
            yield Fault(
                line.path, line.number, f"removal of article {record['id']}: last_hash is not that of its last version"
            )
        self._put(record["id"], before._replace(status=before.status.with_removal(record)))

    def with_state(self, state: State) -> Iterator[Fault]:
        """Yield differences between the records and the state."""
        path = state.where
        with translate_database_errors():
            files = iter(self._db.execute("SELECT * FROM articles ORDER BY id"))
            in_files = next(files, None)
            for row in state.all_articles():
                # Both are in the order of ids.
                while in_files is not None and in_files[0] < row.id:
                    yield _not_in_state(in_files[0], path)
                    in_files = next(files, None)
                delivered = _UNKNOWN
                if in_files is not None and in_files[0] == row.id:
                    delivered = _delivered(in_files)
                    in_files = next(files, None)
                if row.revision:
                    yield from self._known(row, delivered, path)
                elif delivered is not _UNKNOWN:
                    yield _not_in_state(row.id, path)
            while in_files is not None:
                yield _not_in_state(in_files[0], path)
                in_files = next(files, None)
        for identity, in_state in self._different_teasers(state):
            text = (
                "is delivered according to the state, but is in no file"
                if in_state
                else "was delivered, but is not in the state"
            )
            yield Fault(path, None, f"teaser {identity} {text}")

    def _different_teasers(self, state: State) -> Iterator[tuple[str, bool]]:
        """The ids of teasers that are either in the files or in the state, and whether they are in the state."""
        ids = ((identity,) for identity in state.delivered_teasers())
        query = """
            SELECT id, 0 FROM (SELECT id FROM teasers EXCEPT SELECT id FROM state_teasers)
            UNION ALL SELECT id, 1 FROM (SELECT id FROM state_teasers EXCEPT SELECT id FROM teasers) ORDER BY id
        """
        with translate_database_errors():
            self._db.executemany("INSERT OR IGNORE INTO state_teasers VALUES (?)", ids)
            for identity, in_state in self._db.execute(query):
                yield identity, bool(in_state)

    def _known(self, row: ArticleRow, delivered: _Delivered, path: str) -> Iterator[Fault]:
        status = delivered.status
        if not status.revision:
            yield Fault(path, None, f"article {row.id} is delivered according to the state, but is in no file")
        elif (status.revision, delivered.content_hash) != (row.revision, row.content_hash):
            yield Fault(
                path, None, f"article {row.id}: revision {row.revision} in the state, {status.revision} in the files"
            )
        elif (status.removed_at is not None) != (row.status is Status.REMOVED):
            yield Fault(path, None, f"article {row.id} is {row.status} in the state, but not in the files")
        elif delivered.columns != (found := _hashes(_derived(row))):
            pairs = zip(_DERIVED, _HASHES.unpack(delivered.columns), _HASHES.unpack(found), strict=True)
            wrong = {name for name, one, other in pairs if one != other}
            if row.source is None:
                # The state of the first releases did not have it.
                wrong.discard("source")
            if wrong:
                yield Fault(path, None, f"article {row.id}: {', '.join(sorted(wrong))} not as in its record")
        else:
            yield from self._extraction(row, delivered, path)

    def _extraction(self, row: ArticleRow, delivered: _Delivered, path: str) -> Iterator[Fault]:
        """Checks what the last extraction of the current version left, which may be a later one than the delivered."""
        length, name = row.body_length, row.extractor
        if length is not None and not delivered.shortest <= length <= delivered.longest:
            yield Fault(path, None, f"article {row.id}: body_length {length} is not that of its record")
        if name is not None and name not in self._extractors:
            known = next((each for each in self._extractors if is_misspelt(name, each)), None)
            if known is not None:
                yield Fault(path, None, f"article {row.id}: extractor {name!r} is damaged, probably {known!r}")
