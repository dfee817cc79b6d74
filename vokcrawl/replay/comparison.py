"""Compares replayed with delivered records: differences by kind and field, with examples."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import orjson

from vokcrawl.storage.output_folder import DELIVERED_KINDS, OutputFolder
from vokcrawl.storage.record_files import read_kind
from vokcrawl.utils.humanize import pluralize
from vokcrawl.utils.temp_database import temporary_database, translate_database_errors

SCHEMA = "vokcrawl.replay-diff/1"
# Fields that depend on the run, the time or the archive, and are not compared.
OF_THE_RUN = frozenset({"run_id", "first_seen_at", "fetched_at", "first_missing_at", "confirmed_at"})
OF_THE_RUN |= {"extractor", "archived_as"}
_EXAMPLES = 3
# Length of the part of a value to show, and of its context before the first difference.
_SHOWN, _BEFORE = 120, 20
_TABLES = (
    "CREATE TABLE old (id TEXT, place INTEGER, record BLOB, PRIMARY KEY (id, place)) WITHOUT ROWID",
    "CREATE TABLE met (id TEXT, place INTEGER, PRIMARY KEY (id, place)) WITHOUT ROWID",
)


@dataclass
class KindChanges:
    """The differences in one kind of record. Examples have id, URL and both values of a field."""

    same: int = 0
    changed: int = 0
    would_appear: int = 0
    would_vanish: int = 0
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    appearing: list[dict[str, Any]] = field(default_factory=list)
    vanishing: list[dict[str, Any]] = field(default_factory=list)

    def compare(self, was: dict[str, Any], would_be: dict[str, Any]) -> None:
        """Count a record that both have."""
        names = [name for name in was if name not in OF_THE_RUN and was[name] != would_be[name]]
        self.changed += bool(names)
        self.same += not names
        for name in names:
            changes = self.fields.setdefault(name, {"count": 0, "examples": []})
            changes["count"] += 1
            if len(changes["examples"]) < _EXAMPLES:
                before, after = _shown(was[name], would_be[name])
                changes["examples"].append({"id": was["id"], "url": was["url"], "was": before, "would_be": after})

    def appear(self, record: dict[str, Any]) -> None:
        """Counts a record that only the replay has."""
        self.would_appear += 1
        if len(self.appearing) < _EXAMPLES:
            self.appearing.append(_named(record))

    def vanish(self, record: dict[str, Any]) -> None:
        """Counts a record that only the delivered files have."""
        self.would_vanish += 1
        if len(self.vanishing) < _EXAMPLES:
            self.vanishing.append(_named(record))

    def to_dict(self) -> dict[str, Any]:
        """Return the differences as JSON values."""
        return {
            "same": self.same,
            "changed": self.changed,
            "would_appear": self.would_appear,
            "would_vanish": self.would_vanish,
            "fields": {name: self.fields[name] for name in sorted(self.fields)},
            "appearing": self.appearing,
            "vanishing": self.vanishing,
        }

    def words(self, kind: str) -> Iterator[str]:
        """Yield the differences as lines of text."""
        yield f"{kind}: {self.same} the same, {self.changed} would change, " + (
            f"{self.would_appear} would appear, {self.would_vanish} would vanish"
        )
        for name in sorted(self.fields, key=lambda name: -self.fields[name]["count"]):
            yield f"  {name}: {pluralize(self.fields[name]['count'], 'record')} would change"
            for example in self.fields[name]["examples"]:
                yield f"    {example['url']}"
                yield f"      was      {example['was']}"
                yield f"      would be {example['would_be']}"
        for what, records in (("appear", self.appearing), ("vanish", self.vanishing)):
            for record in records:
                yield f"  would {what}: {record['url']}"


def compare(
    delivered: OutputFolder, replayed: OutputFolder, archived: Collection[str], runs: Collection[str] | None
) -> dict[str, KindChanges]:
    """Compare the records of two output directories, kind by kind, with constant memory.

    `archived` are the runs whose archives were replayed; records of other runs do not count as vanished. With `runs`,
    only records that these runs have delivered, or would deliver, are compared. Raises `StorageError`.
    """
    kinds: dict[str, KindChanges] = {}
    for kind in DELIVERED_KINDS:
        with closing(temporary_database(*_TABLES)) as db, translate_database_errors():
            kinds[kind] = _of_kind(db, kind, delivered, replayed, archived, runs)
    return kinds


def _of_kind(
    db: sqlite3.Connection,
    kind: str,
    delivered: OutputFolder,
    replayed: OutputFolder,
    archived: Collection[str],
    runs: Collection[str] | None,
) -> KindChanges:
    # The nth record of an id in one directory is compared with the nth in the other.
    changes = KindChanges()
    for record in _records(delivered, kind):
        values = (record["id"], orjson.dumps(record))
        db.execute("INSERT INTO old SELECT ?1, count(*), ?2 FROM old WHERE id = ?1", values)
    for record in _records(replayed, kind):
        place = db.execute("SELECT count(*) FROM met WHERE id = ?", (record["id"],)).fetchone()[0]
        db.execute("INSERT INTO met VALUES (?, ?)", (record["id"], place))
        row = db.execute("SELECT record FROM old WHERE id = ? AND place = ?", (record["id"], place)).fetchone()
        was = orjson.loads(row[0]) if row is not None else None
        if runs is not None and record["run_id"] not in runs and (was is None or was["run_id"] not in runs):
            continue
        if was is None:
            changes.appear(record)
        else:
            changes.compare(was, record)
    for row in db.execute("SELECT record FROM old WHERE (id, place) NOT IN (SELECT id, place FROM met)"):
        record = orjson.loads(row[0])
        if record["run_id"] in (archived if runs is None else runs):
            changes.vanish(record)
    return changes


def _records(folder: OutputFolder, kind: str) -> Iterator[dict[str, Any]]:
    for line in read_kind(folder, kind):
        # `scrapy verify` reports invalid lines.
        if line.record is not None:
            yield line.record


def _named(record: dict[str, Any]) -> dict[str, Any]:
    return {"id": record["id"], "url": record["url"], "revision": record.get("revision")}


def _shown(was: Any, would_be: Any) -> tuple[Any, Any]:
    """Return both values; of long texts, only the part around the first difference."""
    before, after = _text(was), _text(would_be)
    if max(len(before), len(after)) <= _SHOWN:
        return was, would_be
    first = next((at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), None)
    start = max(0, (min(len(before), len(after)) if first is None else first) - _BEFORE)
    return _cut(before, start), _cut(after, start)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _cut(text: str, start: int) -> str:
    end = start + _SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
