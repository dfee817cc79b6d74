"""Reading what was delivered: the record files of an output folder, in the order of the runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from vokcrawl.files import OutputFolder, in_run_order, storing
from vokcrawl.items import KINDS, breaches, validated

_SCHEMAS = {kind: schema for schema, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a record file: its bytes, and the record, or None and what is wrong with the line."""

    path: Path
    number: int
    raw: bytes
    record: dict[str, Any] | None
    fault: str | None = None


def read_file(path: Path, kind: str) -> Iterator[Line]:
    """The lines of one file, each held to the schema of its kind. Raises `StorageFailed` when it cannot be read."""
    with storing(path), path.open("rb") as file:
        for number, line in enumerate(file, 1):
            yield _read_line(path, number, line, kind)


def read_kind(folder: OutputFolder, kind: str) -> Iterator[Line]:
    """All lines of a kind (`articles`, `teasers`, `removals`), run by run."""
    for path in in_run_order((folder.path / kind).glob("*.jsonl")):
        yield from read_file(path, kind)


def _read_line(path: Path, number: int, line: bytes, kind: str) -> Line:
    if not line.endswith(b"\n"):
        return Line(path, number, line, None, "the line is torn: it does not end in a line end")
    try:
        record = orjson.loads(line)
        if not isinstance(record, dict) or record.get("schema") != _SCHEMAS[kind]:
            return Line(path, number, line, None, f"the record's schema is not {_SCHEMAS[kind]}")
        return Line(path, number, line, validated(record))
    except orjson.JSONDecodeError as fault:
        return Line(path, number, line, None, f"not JSON: {fault}")
    except ValidationError as fault:
        return Line(path, number, line, None, breaches(fault))
