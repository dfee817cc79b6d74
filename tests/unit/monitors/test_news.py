"""What is told is some lines of plain text, whatever stands in it."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.errors import ExitCode
from vokcrawl.monitors.ending import RunResult
from vokcrawl.monitors.health import Alarm, Health
from vokcrawl.monitors.news import Notification, alarms_of, should_notify

NOW = datetime(2030, 1, 1, 6, tzinfo=UTC)
TEXT = st.text(max_size=60)


def ending(source: str = "A source", reason: str = "wrong") -> RunResult:
    manifest = {"counts": {"articles": 2}, "errors": {reason: {"count": 3, "examples": []}}}
    return RunResult(Path("/output"), source, NOW, "incomplete", ExitCode.INCOMPLETE, "20300101T060000Z", manifest)


@given(TEXT, TEXT, TEXT)
def test_nothing_in_it_steers_a_terminal_or_begins_another_line(source: str, said: str, reason: str) -> None:
    alarm = Alarm(monitor="age", message=alarms_of({"age": said}, Health(), "now")[0].message, since="now")
    news = Notification("alarm", ending(source, reason), "host", [alarm])
    odd = {character for character in news.text if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert odd <= {"\n"}
    assert len(news.text.splitlines()) == 5
    assert len(news.subject.splitlines()) == 1


def test_a_very_long_message_is_cut() -> None:
    assert len(alarms_of({"age": "x" * 10_000}, Health(), "now")[0].message) == 500


def test_a_moment_that_lies_ahead_or_is_none_does_not_silence_an_alarm() -> None:
    alarms = alarms_of({"age": "old"}, Health(), "2030-01-01T06:00:00Z")
    for told_at in ("2031-01-01T00:00:00Z", "soon", None):
        before = Health(told=["age"], told_at=told_at)
        news = should_notify(before, alarms, ending(), "host", 24)
        assert news is not None
        assert news.kind == "reminder"
    before = Health(told=["age"], told_at="2030-01-01T00:00:00Z")
    assert should_notify(before, alarms, ending(), "host", 24) is None
    assert should_notify(before, alarms, ending(), "host", 6) is not None
