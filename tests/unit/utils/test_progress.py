"""The progress of a long command."""

from __future__ import annotations

import io

import pyte
import pytest

from vokcrawl.utils import progress as module
from vokcrawl.utils.progress import SHOWN_AFTER_SECONDS, UPDATE_SECONDS, Progress, hide_progress


class Tty(io.StringIO):
    """A stream that is a terminal, and what it shows."""

    def isatty(self) -> bool:
        return True

    @property
    def shown(self) -> str:
        screen = pyte.Screen(120, 10)
        pyte.Stream(screen).feed(self.getvalue().replace("\n", "\r\n"))
        return "\n".join(screen.display).strip()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, as its only element."""
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return now


def test_progress_is_shown_on_a_terminal_after_two_seconds_and_removed_at_the_end(clock: list[float]) -> None:
    stream = Tty()
    progress = Progress(stream)
    progress.begin("reading articles", 200)
    progress.advance(50)
    assert stream.getvalue() == ""
    clock[0] += SHOWN_AFTER_SECONDS
    progress.advance(50)
    assert "reading articles" in stream.shown
    assert "50%" in stream.shown
    clock[0] += UPDATE_SECONDS
    progress.begin("writing articles")
    progress.advance(3)
    assert "writing articles" in stream.shown
    assert "reading" not in stream.shown
    progress.close()
    assert stream.shown == ""
    clock[0] += 10
    progress.advance(3)
    assert stream.shown == ""


def test_progress_is_removed_while_something_else_is_printed(clock: list[float]) -> None:
    stream = Tty()
    progress = Progress(stream)
    clock[0] += SHOWN_AFTER_SECONDS
    progress.begin("verifying files", 10)
    progress.advance(5)
    hide_progress()
    stream.write("articles/x.jsonl:3: not JSON\n")
    clock[0] += UPDATE_SECONDS
    progress.advance(1)
    assert stream.shown.splitlines()[0].strip() == "articles/x.jsonl:3: not JSON"
    assert "60%" in stream.shown.splitlines()[1]
    progress.close()


def test_nothing_is_shown_where_standard_error_is_no_terminal(clock: list[float]) -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.begin("reading articles", 10)
    clock[0] += 1000
    progress.advance(5)
    progress.close()
    assert stream.getvalue() == ""
