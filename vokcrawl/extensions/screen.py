"""A terminal with a log that scrolls and one line below it that stays: neither writes into the other."""

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
    """The terminal behind a stream. `begin` and `end` enclose the time of the line; `show` works before and after.

    rich knows what `NO_COLOR` and `TERM` ask for. On a terminal that cannot move its cursor there is no line.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._live: Live | None = None
        self._log: logging.StreamHandler[TextIO] | None = None
        self._stream = stream

    def begin(self, log: logging.StreamHandler[TextIO] | None) -> bool:
        """Begins the line, and leads a log that writes to the same terminal above it. False where there is none."""
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
        # rich hides the cursor; a crawl that is killed could not show it again.
        self._console.show_cursor(True)
        if log is not None:
            self._log = log
            log.setStream(_Above(self._console, escape=type(log.formatter) is logging.Formatter))
        return True

    def update(self, parts: Parts) -> None:
        """Shows another line, cut off where the terminal ends."""
        if self._live is not None:
            text = Text.assemble(*parts, no_wrap=True, overflow="ellipsis")
            self._live.update(text, refresh=True)

    def end(self) -> None:
        """Takes the line away, and gives the log its own stream back."""
        if self._log is not None:
            self._log.setStream(self._stream)
            self._log = None
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, lines: Parts) -> None:
        """Shows lines that stay, each in its style."""
        for text, style in lines:
            self._console.print(Text(text, style), soft_wrap=True)


class _Above(io.StringIO):
    """What a log handler writes to: each entry goes above the line, as it is.

    `escape`: entries are plain text, so what would steer the terminal comes from elsewhere, and is made harmless.
    """

    def __init__(self, console: Console, escape: bool) -> None:
        self._console = console
        self._escape = escape

    def write(self, entry: str) -> int:
        text = entry.removesuffix("\n")
        self._console.print(_AsItIs(harmless_lines(text.expandtabs()) if self._escape else text), soft_wrap=True)
        return len(entry)


class _AsItIs:
    """Text that rich neither wraps nor styles: a log entry can be copied as it was written."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(self._text)
        yield Segment.line()
