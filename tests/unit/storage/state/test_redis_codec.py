"""Rows from a server are the rows that were written, or are refused as damaged."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.errors import StateError
from vokcrawl.storage.state.redis.codec import packed, read, unpacked, whole
from vokcrawl.storage.state.rows import ArticleRow, FileRow, ListingRow, PayloadRow, RetryRow, RunRow, Status

NOW = "2024-12-10T06:00:00Z"
RUN = "20241210T060000Z-2"
ROWS = [
    ArticleRow("1733800000-1", "http://site.test/x/", Status.REMOVED, "a", "b", "c", 2, next_check_at=NOW),
    ArticleRow("1733800000-1", "", Status.OTHER),
    RetryRow("1733800000-1", "http://site.test/x/", "http_503", 2, NOW, NOW),
    ListingRow("http://site.test/", "Voice of Korea (EN)", ("a", 'b"'), None, NOW, NOW, '"tag"'),
    RunRow(RUN, NOW, None, None, None, None, f'{{"run_id":"{RUN}"}}'),
    FileRow(f"articles/{RUN}.jsonl", RUN, 10, 1),
    FileRow(f"archive/{RUN}.warc.gz", RUN, 10, 1),
    FileRow(f"archive/{RUN}.00002.warc.gz", RUN, 10, 1),
    PayloadRow("sha1:X", "http://site.test/x/", NOW, f"archive/{RUN}.warc.gz", 100),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: type(row).__name__)
def test_a_row_survives_a_round_trip(row: Any) -> None:
    back = unpacked(type(row), packed(row))
    assert back == row
    assert [type(getattr(back, each.name)) for each in fields(row)] == [
        type(getattr(row, each.name)) for each in fields(row)
    ]


@pytest.mark.parametrize("kind", sorted({type(row) for row in ROWS}, key=lambda kind: kind.__name__))
@given(raw=st.text() | JSON.map(json.dumps))
def test_any_other_value_is_refused_and_named(kind: type, raw: str) -> None:
    with pytest.raises(StateError, match="damaged"):
        unpacked(kind, raw)


@given(place=st.integers(0, 20), other=JSON)
def test_a_row_with_one_changed_value_is_valid_or_refused(place: int, other: Any) -> None:
    for row in ROWS:
        values = json.loads(packed(row))
        values[place % len(values)] = other
        with suppress(StateError):
            assert isinstance(unpacked(type(row), json.dumps(values)), type(row))


@pytest.mark.parametrize("moment", ["", "2024-12-10", "2024-13-10T06:00:00Z", "9" * 30])
def test_timestamps_are_validated(moment: str) -> None:
    with pytest.raises(StateError):
        unpacked(ArticleRow, packed(ArticleRow("1-1", "", Status.DELIVERED, next_check_at=moment)))


def test_numbers_and_json_of_other_types_are_refused() -> None:
    assert [whole(raw) for raw in ("12", "-3", "0", None)] == [12, -3, 0, 0]
    for raw in ("", "1.5", "x", "٣", "9" * 30):
        with pytest.raises(StateError):
            whole(raw)
    assert read(tuple[str, bool], '["a",true]') == ("a", True)
    for raw in ("[]", '["a"]', "", "{"):
        with pytest.raises(StateError):
            read(tuple[str, bool], raw)


def test_a_refused_value_is_shown_shortened_and_escaped() -> None:
    with pytest.raises(StateError) as refused:
        whole("\x1b[2J" + "x" * 1000)
    assert len(str(refused.value)) < 500
    assert re.search(r"[^ -~…]", str(refused.value)) is None
