"""The progress of a long command: a line on standard error if that is a terminal, and nothing elsewhere."""

from __future__ import annotations

import io
import sys
from time import monotonic
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

# The line appears when a command has taken this long, and is then updated this often.
SHOWN_AFTER_SECONDS, UPDATE_SECONDS = 2.0, 0.2


# The line that is on the terminal now.
_shown: Progress | None = None


def hide_progress() -> None:
    """Remove the line that is shown, if any, so that something can be printed; the next update shows it again."""
    if _shown is not None:
        _shown.hide()


class Progress:
    """The progress of one command. `begin` starts a step, `advance` counts what is done; `close` removes the line."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._next = monotonic() + SHOWN_AFTER_SECONDS if self._stream.isatty() else float("inf")
        self._text = ""
        self._total: int | None = None
        self._done = 0
        self._bar: Bar | None = None

    def begin(self, text: str, total: int | None = None) -> None:
        """Start a step: what is done, and how much there is to do, if that is known."""
        self._text, self._total, self._done = text, total, 0

    def advance(self, amount: int = 1) -> None:
        """Count a part of the step as done."""
        self._done += amount
        now = monotonic()
        if now >= self._next:
            self._next = now + UPDATE_SECONDS
            self._show()

    def hide(self) -> None:
        """Remove the line; the next update shows it again."""
        global _shown  # noqa: PLW0603  a terminal has one such line
        if self._bar is not None:
            self._bar.stop()
            self._bar = _shown = None

    def close(self) -> None:
        """Remove the line for good."""
        self.hide()
        self._next = float("inf")

    def _show(self) -> None:
        global _shown  # noqa: PLW0603
        if self._bar is None:
            _shown = self
            self._bar = _bar(self._stream)
            self._bar.add_task(self._text)
            self._bar.start()
            # rich hides the cursor, and a killed command would not restore it.
            self._bar.console.show_cursor(True)
        task = self._bar.task_ids[0]
        self._bar.update(task, description=self._text, total=self._total, completed=self._done)
        self._bar.refresh()


def _bar(stream: TextIO) -> Bar:
    # Imported late: rich takes a tenth of a second to import.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(show_speed=True),
        TimeElapsedColumn(),
        console=Console(file=stream, highlight=False, markup=False, emoji=False),
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )


# For callers that show nothing.
NO_PROGRESS = Progress(io.StringIO())
