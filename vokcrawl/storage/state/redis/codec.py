"""Converts rows to text for a Redis server, and back.

Other programs may have changed the data on the server, so each row is validated when it is read. All functions that
read raise `StateError`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter

from vokcrawl.errors import StateError
from vokcrawl.utils.program import PROGRAM

T = TypeVar("T")

# Created on first use.
_adapters: dict[Any, TypeAdapter[Any]] = {}
_MOMENTS = ("_at", "_since")


def packed(row: Any) -> str:
    """A row as text: its fields in their order."""
    return orjson.dumps([getattr(row, name) for name in _names(type(row))]).decode()


def unpacked(kind: type[T], raw: str) -> T:
    """A row of this class, as `packed` has written it."""
    names = _names(kind)
    try:
        row: T = _adapter(kind).validate_python(dict(zip(names, orjson.loads(raw), strict=True)))
        for name in names:
            if name.endswith(_MOMENTS) and (moment := getattr(row, name)) is not None:
                seconds(moment)
    except (ValueError, TypeError) as fault:
        raise _damaged(raw) from fault
    return row


def read(kind: Any, raw: str) -> Any:
    """JSON of a type such as ``tuple[str, int]``."""
    try:
        return _adapter(kind).validate_python(orjson.loads(raw))
    except ValueError as fault:
        raise _damaged(raw) from fault


def whole(raw: str | None) -> int:
    """A whole number; 0 for None."""
    if raw is not None and not re.fullmatch(r"-?\d{1,18}", raw, re.ASCII):
        raise _damaged(raw)
    return int(raw or 0)


def seconds(moment: str) -> int:
    """A moment, ``YYYY-MM-DDTHH:MM:SSZ``, as seconds since 1970. Raises `ValueError` for any other text."""
    return int(datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def _names(kind: Any) -> list[str]:
    return list(kind.__dataclass_fields__)


def _damaged(raw: str) -> StateError:
    return StateError(
        f"REDIS_URL: data on the server is damaged, or was not written by vokcrawl: {raw[:60]!a}; find out who can "
        f"write to it, stop all workers, set another VOK_REDIS_PREFIX, and run `{PROGRAM} repair --rebuild-state` "
        "with all their folders"
    )
