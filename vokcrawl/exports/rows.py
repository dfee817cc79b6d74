"""The rows of an export and their columns.

Columns come from the JSON Schema of the record, followed by the columns that the export adds to articles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from vokcrawl.errors import UsageError
from vokcrawl.exports.selection import Selection
from vokcrawl.items import ARTICLE, REMOVAL, TEASER, checked
from vokcrawl.schemas import schema_of
from vokcrawl.storage.article_status import ArticleStatus
from vokcrawl.storage.snapshot import Fold, Snapshot
from vokcrawl.utils.program import missing_package

if TYPE_CHECKING:
    from vokcrawl.exports.near_duplicates.kept import Matches

ARTICLE_TABLES = ("current", "articles")
_RECORDS = {"current": ARTICLE, "articles": ARTICLE, "teasers": TEASER, "removals": REMOVAL}
_NULL = {"type": "null"}
# Columns that the export adds to the fields of an article.
_NEAR_DUPLICATES = {
    "near_duplicate_of": {
        "anyOf": [{"type": "string"}, _NULL],
        "description": "Id of the earliest article with nearly the same text; null if there is none.",
    },
    "near_duplicate_score": {
        "anyOf": [{"type": "number"}, _NULL],
        "description": "Similarity of the two texts, from the threshold to 1.",
    },
}
_STATUS = {
    "latest": {"type": "boolean", "description": "Whether this is the article's latest version."},
    "removed_at": {
        "anyOf": [{"type": "string", "format": "date-time"}, _NULL],
        "description": "When the removal of the article was confirmed (UTC); null while it is online.",
    },
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `schema` is the JSON Schema of a value, with every `$ref` replaced and without nulls at any depth.

    `json_schema` is the one of the record, with every `$ref` replaced.
    """

    name: str
    schema: dict[str, Any]
    json_schema: dict[str, Any]
    nullable: bool

    @property
    def description(self) -> str:
        """What the column contains."""
        described: str = self.json_schema["description"]
        return described

    @property
    def nested(self) -> bool:
        """Whether the values are lists or objects."""
        return self.schema["type"] in ("array", "object")


@cache
def columns_of(what: str, *, near_duplicates: bool) -> tuple[Column, ...]:
    """Return the columns of one of `selection.TABLES`, in order; for articles with or without near duplicates."""
    schema = schema_of(_RECORDS[what])
    properties: dict[str, Any] = dict(schema["properties"])
    if what == "articles":
        properties |= _STATUS
    if what in ARTICLE_TABLES and near_duplicates:
        properties |= _NEAR_DUPLICATES
    return tuple(_column(name, each, schema.get("$defs", {})) for name, each in properties.items())


def _column(name: str, schema: dict[str, Any], defs: dict[str, Any]) -> Column:
    nullable = _NULL in schema.get("anyOf", ())
    return Column(name, _resolve(schema, defs), _inline(schema, defs), nullable)


def _inline(schema: Any, defs: dict[str, Any]) -> Any:
    """Return a schema, or a part of one, with every `$ref` replaced by its definition."""
    if isinstance(schema, list):
        return [_inline(each, defs) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline(defs[schema["$ref"].rpartition("/")[2]], defs)
    return {name: _inline(each, defs) for name, each in schema.items()}


def _resolve(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a non-null value, with every `$ref` replaced by its definition."""
    if "anyOf" in schema:
        (schema,) = (each for each in schema["anyOf"] if each != _NULL)
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "items" in schema:
        return {**schema, "items": _resolve(schema["items"], defs)}
    if "properties" in schema:
        return {**schema, "properties": {name: _resolve(each, defs) for name, each in schema["properties"].items()}}
    return schema


class Rows:
    """Rows of a snapshot.

    Near duplicates are searched among all articles of the snapshot, not only the selected ones, so an article has the
    same near duplicate in every export of the same day. `near_duplicates` counts the rows that have one.
    """

    def __init__(
        self, snapshot: Snapshot, selection: Selection, whats: tuple[str, ...], *, near_duplicates: bool
    ) -> None:
        """`whats` are the tables that `of` will be called with. Raises `StorageError`, `UsageError`."""
        self.whats = whats
        self.near_duplicates = 0
        self.progress = snapshot.progress
        self._snapshot = snapshot
        self._selection = selection
        records = near_duplicates or "current" in whats
        self._fold = Fold(snapshot, records=records) if any(what in ARTICLE_TABLES for what in whats) else None
        self._near: Matches | None = None
        if self._fold is not None and near_duplicates:
            try:
                self._near = _find_near_duplicates(self._fold, snapshot)
            except BaseException:
                self._fold.close()
                raise

    def of(self, what: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of one table: `current` ordered by id, the others run by run."""
        for row in self._current() if what == "current" else self._delivered(what):
            if not self._selection.takes(what, row):
                continue
            if what in ARTICLE_TABLES and self._near is not None:
                match = self._near.of(row["id"])
                row["near_duplicate_of"], row["near_duplicate_score"] = match or (None, None)
                self.near_duplicates += match is not None
            yield row

    def parts(self, what: str, *, lines: bool) -> Iterator[bytes | dict[str, Any]]:
        """The same as `of`. With `lines`, several rows at a time may be the lines of a record file, as they are.

        Those lack the columns that `added_to` returns.
        """
        is_all = self._selection.since is None and self._selection.until is None
        if not (lines and is_all and what == "articles" and self._fold is not None and self._near is None):
            yield from self.of(what)
            return
        for part in self._snapshot.lines_again(what):
            yield part if isinstance(part, bytes) else self._with_status(part)

    def of_lines(self, lines: bytes) -> Iterator[dict[str, Any]]:
        """The rows of such lines, one by one."""
        for line in lines.splitlines(keepends=True):
            yield self._with_status(checked(orjson.loads(line)))

    def added_to(self, identities: list[str], revisions: list[int]) -> bytes:
        """The columns that are added to these articles, as lines of JSON."""
        pairs = zip(identities, revisions, strict=True)
        return b"".join(orjson.dumps(self._status(*pair), option=orjson.OPT_APPEND_NEWLINE) for pair in pairs)

    def close(self) -> None:
        """Closes the temporary databases."""
        for each in (self._near, self._fold):
            if each is not None:
                each.close()

    def _current(self) -> Iterator[dict[str, Any]]:
        if self._fold is None:
            raise RuntimeError("Rows was built without an article table")
        self.progress.begin("writing articles")
        for record, status in self._fold.latest():
            self.progress.advance()
            if status.removed_at is None:
                yield {**record, "latest": True, "removed_at": None}

    def _delivered(self, what: str) -> Iterator[dict[str, Any]]:
        if what != "articles" or self._fold is None:
            yield from (record for _, record in self._snapshot.lines(what))
            return
        # They were read to find the latest version of each article.
        for record in self._snapshot.records_again(what):
            yield self._with_status(record)

    def _with_status(self, record: dict[str, Any]) -> dict[str, Any]:
        return record | self._status(record["id"], record["revision"])

    def _status(self, identity: str, revision: int) -> dict[str, Any]:
        status = self._fold.status_of(identity) if self._fold is not None else ArticleStatus()
        return {"latest": revision == status.revision, "removed_at": status.removed_at}


def _find_near_duplicates(fold: Fold, snapshot: Snapshot) -> Matches:
    try:
        from vokcrawl.exports.near_duplicates import kept  # noqa: PLC0415  an optional part
    except ImportError as missing:
        raise UsageError(
            f"near duplicates need {missing_package(missing.name, 'export')}, or use --no-near-duplicates"
        ) from missing
    # The index that is kept is that of the archive as it is now.
    path = snapshot.folder.path / kept.NAME if snapshot.as_of is None else None
    return kept.find_near_duplicates(fold, path, snapshot.progress)
