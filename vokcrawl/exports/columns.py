"""The columns of an exported table: the fields of the record, from its JSON Schema, and what the export adds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from vokcrawl.items import ARTICLE, REMOVAL, TEASER
from vokcrawl.schemas import schema_of

_RECORDS = {"current": ARTICLE, "articles": ARTICLE, "teasers": TEASER, "removals": REMOVAL}
_NULL = {"type": "null"}
# What articles get beside the fields of their record.
_NEAR = {
    "near_duplicate_of": {
        "anyOf": [{"type": "string"}, _NULL],
        "description": "Id of the earliest article that tells the same story; null where this one is the first.",
    },
    "near_duplicate_score": {
        "anyOf": [{"type": "number"}, _NULL],
        "description": "How much this one's text is like that one's, from the threshold to 1.",
    },
}
_STANDING = {
    "latest": {"type": "boolean", "description": "Whether this is the article's latest version."},
    "removed_at": {
        "anyOf": [{"type": "string", "format": "date-time"}, _NULL],
        "description": "When it was confirmed that the article is gone (UTC); null where it is there.",
    },
}


@dataclass(frozen=True, slots=True)
class Column:
    """`schema` is the JSON Schema of a value that is not null, with nothing left to look up in it."""

    name: str
    schema: dict[str, Any]
    nullable: bool

    @property
    def nested(self) -> bool:
        """Whether its values are lists or objects."""
        return self.schema["type"] in ("array", "object")


@cache
def columns_of(what: str, *, near_duplicates: bool) -> tuple[Column, ...]:
    """The columns of one of `selection.WHATS`, in their order; for articles with or without near duplicates."""
    schema = schema_of(_RECORDS[what])
    properties: dict[str, Any] = dict(schema["properties"])
    if what == "articles":
        properties |= _STANDING
    if what in ("current", "articles") and near_duplicates:
        properties |= _NEAR
    return tuple(_column(name, each, schema.get("$defs", {})) for name, each in properties.items())


def _column(name: str, schema: dict[str, Any], defs: dict[str, Any]) -> Column:
    nullable = _NULL in schema.get("anyOf", ())
    return Column(name, _resolved(schema, defs), nullable)


def _resolved(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """The schema of the value where it is not null, with what `$ref` points at in its place."""
    if "anyOf" in schema:
        (schema,) = (each for each in schema["anyOf"] if each != _NULL)
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "items" in schema:
        return {**schema, "items": _resolved(schema["items"], defs)}
    if "properties" in schema:
        return {**schema, "properties": {name: _resolved(each, defs) for name, each in schema["properties"].items()}}
    return schema
