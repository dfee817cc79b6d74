"""A terminal with a status line below a scrolling log."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.text import Text

from vokcrawl.utils.terminal import harmless_lines

Parts = Iterable[tuple[str, str]]


class Screen:
    """The terminal of a stream. The status line exists between `begin` and `end`; `show` works before and after.

    rich handles `NO_COLOR` and `TERM`. A terminal that cannot move its cursor gets no status line.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._live: Live | None = None
        self._log: logging.StreamHandler[TextIO] | None = None
        self._stream = stream

    def begin(self, log: logging.StreamHandler[TextIO] | None) -> bool:
        """Start the status line, and redirect a log on the same terminal to above it.

        Return False if the terminal does not support it.
        """
        if not self._console.is_interactive or self._console.is_dumb_terminal:
            return False
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        # rich hides the cursor, and a killed crawl would not restore it.
        self._console.show_cursor(True)
        if log is not None:
            self._log = log
            log.setStream(_Above(self._console, escape=type(log.formatter) is logging.Formatter))
        return True

    def update(self, parts: Parts) -> None:
        """Show a new status line, cut off at the width of the terminal."""
        if self._live is not None:
            text = Text.assemble(*parts, no_wrap=True, overflow="ellipsis")
            self._live.update(text, refresh=True)

    def end(self) -> None:
        """Remove the status line, and restore the stream of the log."""
        if self._log is not None:
            self._log.setStream(self._stream)
            self._log = None
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, lines: Parts) -> None:
        """Print permanent lines, each with its style."""
        for text, style in lines:
            self._console.print(Text(text, style), soft_wrap=True)


class _Above(io.StringIO):
    """The stream of a log handler: prints each entry unchanged above the status line.

    `escape`: the entries are plain text, so control characters are untrusted and escaped.
    """

    def __init__(self, console: Console, escape: bool) -> None:
        self._console = console
        self._escape = escape

    def write(self, entry: str) -> int:
        text = entry.removesuffix("\n")
        self._console.print(_Verbatim(harmless_lines(text.expandtabs()) if self._escape else text), soft_wrap=True)
        return len(entry)


class _Verbatim:
    """Text that rich neither wraps nor styles, so that log entries can be copied."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(self._text)
        yield Segment.line()
