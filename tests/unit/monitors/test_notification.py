"""Notifications are a few lines of plain text, whatever they contain."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.errors import ExitCode
from vokcrawl.monitors.ending import RunResult
from vokcrawl.monitors.health import Alarm, Health
from vokcrawl.monitors.notification import Notification, alarms_of, notification_for
from vokcrawl.storage.manifest import Manifest

NOW = datetime(2030, 1, 1, 6, tzinfo=UTC)
TEXT = st.text(max_size=60)


def ending(source: str = "A source", reason: str = "wrong") -> RunResult:
    draft = Manifest.draft("20300101T060000Z", "vok", "2030-01-01T06:00:00Z", {}, None)
    manifest = draft.completed(counts={"articles": 2}, errors={reason: {"count": 3, "examples": []}})
    return RunResult(Path("/output"), source, NOW, "incomplete", ExitCode.INCOMPLETE, "20300101T060000Z", manifest)


@given(TEXT, TEXT, TEXT)
def test_it_contains_no_control_characters_and_no_extra_lines(source: str, message: str, reason: str) -> None:
    alarm = Alarm(monitor="age", message=alarms_of({"age": message}, Health(), "now")[0].message, since="now")
    notification = Notification("alarm", ending(source, reason), "host", [alarm])
    odd = {
        character
        for character in notification.text
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }
    assert odd <= {"\n"}
    assert len(notification.text.splitlines()) == 5
    assert len(notification.subject.splitlines()) == 1


def test_a_very_long_message_is_cut() -> None:
    assert len(alarms_of({"age": "x" * 10_000}, Health(), "now")[0].message) == 500


def test_a_future_or_invalid_time_of_notification_does_not_silence_an_alarm() -> None:
    alarms = alarms_of({"age": "old"}, Health(), "2030-01-01T06:00:00Z")
    for notified_at in ("2031-01-01T00:00:00Z", "soon", None):
        before = Health(notified=["age"], notified_at=notified_at)
        notification = notification_for(before, alarms, ending(), "host", 24)
        assert notification is not None
        assert notification.kind == "reminder"
    before = Health(notified=["age"], notified_at="2030-01-01T00:00:00Z")
    assert notification_for(before, alarms, ending(), "host", 24) is None
    assert notification_for(before, alarms, ending(), "host", 6) is not None
