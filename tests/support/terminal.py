"""A real pseudo-terminal that runs a program, and a screen with what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import pyte

from tests.support.children import launch
from tests.support.crawling import environment

_DEADLINE = 60.0


class Terminal:
    """Runs a command on a terminal of the given size; a context manager that kills it at the end.

    `raw` is the output byte for byte; `rows` is what the terminal has shown, from the first row to the last, including
    rows that have scrolled away.
    """

    def __init__(
        self, command: list[str], env: Mapping[str, str] | None = None, columns: int = 400, lines: int = 30
    ) -> None:
        self._command = command
        # What a person's terminal says of itself, and nothing that a test run may have in its own environment.
        unset = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"), "")
        given = {"TERM": "xterm-256color", **(env or {})}
        self._env = {name: value for name, value in environment({**unset, **given}).items() if value}
        self._size = struct.pack("HHHH", lines, columns, 0, 0)
        self.raw = b""
        self._unseen: list[bytes] = []
        self._screen = pyte.HistoryScreen(columns, lines, history=100_000, ratio=1e-9)
        self._stream = pyte.ByteStream(self._screen)

    def __enter__(self) -> Self:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, self._size)
        with open(slave, "wb", buffering=0) as device:
            self._process = launch(self._command, env=self._env, stdout=device, stderr=device, on_terminal=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def until(self, happens: Callable[[Terminal], object]) -> None:
        """Reads the screen, state by state, until something is seen."""
        deadline = time.monotonic() + _DEADLINE
        while not happens(self):
            assert time.monotonic() < deadline, f"not seen in time; the terminal shows:\n{self}"
            assert self._next(), f"not seen before the program ended; the terminal shows:\n{self}"

    def ended(self, each: Callable[[Terminal], object] = lambda _: None) -> int:
        """Reads the screen until the program ends, and returns its exit code; `each` is called for each state."""
        while self._next():
            each(self)
        return self._process.wait(_DEADLINE)

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)

    @property
    def rows(self) -> list[str]:
        lines = [*self._screen.history.top, *(self._screen.buffer[row] for row in range(self._screen.lines))]
        return [self._text(line) for line in lines]

    @property
    def shown(self) -> list[str]:
        """The rows on the screen that are not empty."""
        rows = (self._text(self._screen.buffer[row]) for row in range(self._screen.lines))
        return [row for row in rows if row]

    def _text(self, line: Mapping[int, pyte.screens.Char]) -> str:
        # As `Screen.display`, which measures each character again; the one behind a wide character is empty.
        return "".join([line[column].data for column in range(self._screen.columns)]).rstrip()

    @property
    def cursor_hidden(self) -> bool:
        return bool(self._screen.cursor.hidden)

    def _next(self) -> bool:
        """Processes output up to the next erased row, so that no state of the screen is missed."""
        if not self._unseen:
            try:
                piece = os.read(self._master, 65_536)
            except OSError:
                # So Linux says that nobody has the other end open any more.
                return False
            self.raw += piece
            self._unseen = [part for part in re.split(rb"(?=\r\x1b\[2K)", piece) if part]
        if self._unseen:
            self._stream.feed(self._unseen.pop(0))
            return True
        return False

    def __str__(self) -> str:
        return "\n".join(self.rows)
