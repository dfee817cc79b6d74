"""The log above the progress line is unchanged, and can neither control the terminal nor overwrite the line."""

from __future__ import annotations

import sys

from tests.support.terminal import Terminal

PROGRAM = """
import logging, sys
from vokcrawl.extensions.screen import Screen

handler = logging.StreamHandler()
if "coloured" in sys.argv:
    class Coloured(logging.Formatter):
        pass
    handler.setFormatter(Coloured("\\x1b[32m%(message)s\\x1b[0m"))
else:
    handler.setFormatter(logging.Formatter("%(message)s"))
logging.root.addHandler(handler)
screen = Screen(sys.stderr)
assert screen.begin(handler)
screen.update([("the line", "bold")])
logging.warning("a title: \\x1b[2J\\x1b[1;1H\\x1b]0;owned\\x07\\u202eend")
screen.update([("the line, longer [red]than before", "")])
logging.warning("[bold]no markup[/bold] :smile: %s", "x" * 300)
logging.warning("two\\n\\tlines")
screen.update([("short", "")])
screen.end()
logging.warning("after the line")
screen.show([("first", "bold"), ("second [red]", "")])
"""


def shown(*arguments: str) -> list[str]:
    with Terminal([sys.executable, "-c", PROGRAM, *arguments], columns=100) as terminal:
        assert terminal.ended() == 0
    return terminal.shown


def test_log_entries_are_shown_in_full_without_effect_and_the_line_is_removed() -> None:
    assert shown() == [
        "a title: \\u001b[2J\\u001b[1;1H\\u001b]0;owned\\u0007\\u202eend",
        "[bold]no markup[/bold] :smile: " + "x" * 69,
        "x" * 100,
        "x" * 100,
        "x" * 31,
        "two",
        "        lines",
        "after the line",
        "first",
        "second [red]",
    ]


def test_colours_of_a_log_formatter_are_kept() -> None:
    with Terminal([sys.executable, "-c", PROGRAM.replace("\\x1b[2J\\x1b[1;1H", ""), "coloured"]) as terminal:
        assert terminal.ended() == 0
    assert b"\x1b[32mtwo\r\n\tlines\x1b[0m" in terminal.raw
    assert terminal.shown[-3:] == ["after the line", "first", "second [red]"]
