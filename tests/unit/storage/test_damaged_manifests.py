"""A damaged manifest is named as damaged, whatever is damaged in it, and the rest of the directory is still checked."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.storage.test_manifest_v1 import OLD
from vokcrawl.errors import StorageError
from vokcrawl.integrity.rebuild_state import rebuild_state
from vokcrawl.integrity.verify import Verification
from vokcrawl.storage.manifest import (
    BY_SINCE,
    Backfill,
    DiscoveryAttempt,
    ErrorCount,
    FileEntry,
    ListingEntry,
    Manifest,
    PageCounts,
    PendingRetry,
    PreviousManifest,
    ReplayedFile,
    ReplaySummary,
    RetryQueue,
    parse_manifest,
    read_manifest,
    write_manifest,
)
from vokcrawl.storage.output_folder import OutputFolder

FIRST, SECOND = "20300101T060000Z", "20300102T060000Z"
MOMENT = "2030-01-01T06:00:00Z"
# A value of every JSON type, and of each the ones that programs trip over.
VALUES: list[Any] = [
    None, True, False, 0, -1, 2**63, 10**40, 0.5, 1e308, "", "x", "../../x", "\u0000", "\U0001f4f0", "9" * 5000,
    "2030-13-41T99:99:99Z", [], [[]], [None], [0], ["x"], {}, {"": None}, {"x": {}}, [{}],
]  # fmt: skip


def full() -> Manifest:
    """A manifest in which every key has a value, and every list an element."""
    listing = ListingEntry(
        url="https://example.org/", source="X", found_by="start page", discovered_from="https://example.org/",
        strategy="ajax", pages=1, entries=1, new=1, newest="2030-01-01", oldest="2030-01-01", rescan=True,
        complete=True, stop_reason="end", covered_since="2030-01-01", first_page_ids=["1893477600-1"],
        backfill=Backfill(
            pages=1, entries=1, began_at=MOMENT, entries_left=1, estimated_from=BY_SINCE, done_at=MOMENT
        ), found_late=0,
    )  # fmt: skip
    retry = PendingRetry(
        id="1893477600-1", url="https://example.org/newstream/1893477600-1/x/", reason="http_503", attempts=1,
        first_failed_at=MOMENT, next_attempt_at=MOMENT, missing_since=MOMENT,
    )  # fmt: skip
    replayed = ReplaySummary(
        at=MOMENT, files=[ReplayedFile(file="x", bytes=1)], answers={"x": 1}, skipped={"x": 1}, faults=["x"],
        fault_count=1,
    )  # fmt: skip
    return Manifest.draft(SECOND, "vok", MOMENT, {"since": "2030-01-01"}, None).completed(
        ended_at=MOMENT, outcome="done", exit_code=0, leader_run_id=FIRST, counts={"articles": 1}, requests=1,
        pages=PageCounts(read=1, failed=0, articles=1, truncated=0), listings=[listing],
        discovery_attempts=[DiscoveryAttempt(start="x", strategy="x", reason="x")], found_late=["1893477600-1"],
        files=[FileEntry(path=f"articles/{SECOND}.jsonl", records=1, bytes=3, sha256="0" * 64)],
        coverage={"articles": {"title": 1.0}}, extractors_used={"article": {"x": 1}},
        errors={"x": ErrorCount(count=1, examples=["x"])}, other_sources=["1893477600-2"], newest_article=MOMENT,
        pending_retries=[retry], retry_queue=RetryQueue.of([retry.id], set()), replay=replayed,
        previous_manifest=PreviousManifest(run_id=FIRST, sha256="0" * 64),
    )  # fmt: skip


def places(value: Any) -> Iterator[list[Any]]:
    """The paths to all values in a JSON document."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield [key]
        yield from ([key, *rest] for rest in places(value[key]))


def replaced(document: dict[str, Any], place: list[Any], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    owner: Any = changed
    for key in place[:-1]:
        owner = owner[key]
    owner[place[-1]] = value
    return changed


def _json(document: Any) -> bytes:
    """JSON as another program may write it; orjson writes no integers of more than 64 bits."""
    return json.dumps(document).encode()


def assert_read_or_refused(content: bytes) -> None:
    try:
        manifest = parse_manifest(content)
    except ValueError as error:
        message = str(error)
    else:
        # What is accepted can be written and read again.
        assert parse_manifest(manifest.to_json()) == manifest
        return
    assert 0 < len(message) < 2000, message[:200]


@pytest.mark.parametrize("document", [orjson.loads(full().to_json()), OLD], ids=["version 2", "version 1"])
def test_every_value_replaced_by_every_type_is_read_or_refused(document: dict[str, Any]) -> None:
    tried = 0
    for place in places(document):
        for value in VALUES:
            tried += 1
            assert_read_or_refused(_json(replaced(document, place, value)))
        without = copy.deepcopy(document)
        owner: Any = without
        for key in place[:-1]:
            owner = owner[key]
        del owner[place[-1]]
        assert_read_or_refused(_json(without))
    assert tried > 500


def test_random_damage_is_read_or_refused() -> None:
    content = full().to_json().encode()
    chance = random.Random(20241210)
    for _ in range(2000):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 1, 3, 30))):
            at = chance.randrange(len(damaged))
            match chance.randrange(3):
                case 0:
                    damaged[at] = chance.randrange(256)
                case 1:
                    del damaged[at : at + chance.choice((1, 5, 500))]
                case _:
                    damaged[at:at] = chance.choice((b"\x00" * 4096, b"[" * 3000, b'"', b"\xff", b"9" * 400))
            if not damaged:
                break
        assert_read_or_refused(bytes(damaged))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[OutputFolder]:
    """An output directory with two manifests, and an invalid record that a check must name in any case."""
    made = OutputFolder(tmp_path / "output")
    made.take("a test")
    first = Manifest.draft(FIRST, "vok", MOMENT, {}, None).completed(outcome="done", exit_code=0)
    write_manifest(made, first)
    (made.path / "articles").mkdir()
    (made.path / "articles" / f"{FIRST}.jsonl").write_bytes(b"{}\n")
    (made.path / "articles" / f"{SECOND}.jsonl").write_bytes(b"{}\n")
    yield made
    made.release()


DAMAGED = {
    "empty": b"",
    "zeros": b"\x00" * 4096,
    "not UTF-8": b'{"schema": "\xff"}',
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "number": b"1" * 100_000,
    "no schema": b"{}",
    "unknown schema": b'{"schema": ["vokcrawl.run/2"]}',
    "surrogate": b'{"schema": "\\ud800"}',
    "other type": _json(replaced(orjson.loads(full().to_json()), ["files"], {"x": 1})),
    "large size": _json(replaced(orjson.loads(full().to_json()), ["files", 0, "bytes"], 10**40)),
    "climbing path": _json(replaced(orjson.loads(full().to_json()), ["files", 0, "path"], "../state.sqlite3")),
    "first version": _json(replaced(OLD, ["listings"], 1)),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_manifest_is_named_and_the_rest_is_checked(damage: str, folder: OutputFolder) -> None:
    path = folder.manifest(SECOND)
    path.write_bytes(DAMAGED[damage])
    with pytest.raises(StorageError, match="not a valid manifest"):
        read_manifest(path)
    found = [str(fault) for fault in Verification(folder).faults()]
    assert any(fault.startswith(f"{path}: not a valid manifest") for fault in found), found
    assert any(f"articles/{FIRST}.jsonl:1: " in fault for fault in found), found
    # The state can be rebuilt: the damaged manifest is kept, and replaced.
    rebuild_state(folder, (1,)).close()
    assert path.with_name(f"{path.name}.damaged").read_bytes() == DAMAGED[damage]
    assert read_manifest(path)[0].run_id == SECOND
    assert datetime.fromisoformat(read_manifest(path)[0].started_at).tzinfo == UTC
