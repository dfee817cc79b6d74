"""Findings kept in files: so that archives can be read on several machines, and what was found taken in on one.

One file holds the findings of one archive file, as lines of JSON: what is known of the archive; portions of findings,
and flaws, in the order of the archive; and at last what was passed over, without which the file is not whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from vokcrawl.replay.checks import check_manifest, check_moment
from vokcrawl.replay.payloads import LONGEST_NAME
from vokcrawl.storage.output_folder import ARCHIVE, storing
from vokcrawl.warc.compression import NotAnArchive
from vokcrawl.warc.reader import Flaw, Place

SUFFIX = ".findings"
SCHEMA = "vokcrawl.findings/1"
# The part of a run's manifest that a replay asks for.
_OF_MANIFEST = ("arguments", "settings", "outcome", "listings")
_LONGEST_LINE = 1 << 28


@dataclass(frozen=True, slots=True)
class Told:
    """A portion of findings that were made earlier, as JSON, and where in their file it stands."""

    text: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says of the archive file that its findings come from; moments are ``YYYY-MM-DDTHH:MM:SSZ``."""

    name: str
    size: int
    began: str
    manifest: dict[str, Any] = field(default_factory=dict)


def head_line(head: Head) -> bytes:
    """The first line."""
    manifest = {key: head.manifest[key] for key in _OF_MANIFEST if key in head.manifest}
    told = {"schema": SCHEMA, "name": head.name, "size": head.size, "began": head.began, "manifest": manifest}
    return orjson.dumps(told) + b"\n"


def flaw_line(flaw: Flaw) -> bytes:
    return orjson.dumps({"offset": flaw.place.offset, "flaw": flaw.text}) + b"\n"


def last_line(passed_over: Counter[str]) -> bytes:
    return orjson.dumps({"passed_over": dict(passed_over)}) + b"\n"


def read_head(path: Path) -> Head:
    """What a file of findings is of. Raises `NotAnArchive` when it is none, `StorageFailed` when it cannot be read."""
    with storing(path), path.open("rb") as file:
        told = _object(file)
    if told.get("schema") != SCHEMA:
        raise NotAnArchive(f"its schema is not {SCHEMA}: made by another version of vokcrawl?")
    try:
        head = Head(str(told["name"]), int(told["size"]), str(told["began"]), dict(told["manifest"]))
        if head.name.removeprefix(f"{ARCHIVE}/") != Path(head.name).name or not 0 < len(head.name) <= LONGEST_NAME:
            raise ValueError("no name of a file")
        check_moment(head.began)
        check_manifest(head.manifest)
    except (KeyError, TypeError, ValueError) as fault:
        raise NotAnArchive(f"its first line does not say what it must: {fault}") from fault
    return head


def read_findings(path: Path, passed_over: Counter[str]) -> Iterator[Told | Flaw]:
    """The portions and flaws of a file; `passed_over` is added to. One that is not whole ends with a flaw."""
    with storing(path), path.open("rb") as file:
        _object(file)
        while True:
            offset = file.tell()
            line = file.readline(_LONGEST_LINE)
            if line.startswith(b"[") and line.endswith(b"]\n"):
                yield Told(line, offset)
                continue
            try:
                told = orjson.loads(line)
                if "flaw" in told:
                    yield Flaw(Place(path, int(told["offset"])), str(told["flaw"]))
                    continue
                passed_over.update({str(name): int(number) for name, number in told["passed_over"].items()})
            except (ValueError, KeyError, TypeError, AttributeError):
                yield Flaw(Place(path, offset), "this file of findings is not whole: make it anew")
            return


def _object(file: BinaryIO) -> dict[str, Any]:
    try:
        told = orjson.loads(file.readline(_LONGEST_LINE))
    except ValueError as fault:
        raise NotAnArchive("it is no file of findings") from fault
    if not isinstance(told, dict):
        raise NotAnArchive("it is no file of findings")
    return told
