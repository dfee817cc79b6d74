"""Untrusted text is shown on a terminal and cannot control it."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.utils.terminal import harmless, harmless_lines

INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b]0;owned\x07", r"\u001b]0;owned\u0007"),
        ("\x1b[2J\x1b[1;1H", r"\u001b[2J\u001b[1;1H"),
        ("\x9b31m", r"\u009b31m"),
        ("one\rtwo\nthree\tfour", r"one\u000dtwo\u000athree\u0009four"),
        ("a\u202eb\u2066c\u200fd", r"a\u202eb\u2066c\u200fd"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\U000e0041", r"\udb40\udc41"),
        ("half\ud800", r"half\ud800"),
        ("\x7f", r"\u007f"),
    ],
)
def test_control_sequences_are_escaped(hostile: str, shown: str) -> None:
    assert harmless(hostile) == shown


@pytest.mark.parametrize("text", ["Talks Held in Pyongyang", "조선의 소리", "naïve “quotes” — dash", "日本語 Ω 🚂", ""])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.text())
def test_no_invisible_character_is_left(text: str) -> None:
    assert not INVISIBLE.intersection(map(unicodedata.category, harmless(text)))


@given(st.recursive(st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner)))
def test_an_escaped_json_document_is_equal(value: object) -> None:
    for indent in (None, 2):
        assert json.loads(harmless_lines(json.dumps(value, ensure_ascii=False, indent=indent))) == value


def test_line_ends_are_kept_on_request() -> None:
    assert harmless_lines("one\n\x1b[1mtwo\n") == "one\n\\u001b[1mtwo\n"
