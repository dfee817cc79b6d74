"""The commands that README.md and docs/ print: in blocks marked `sh`, and in the text between backticks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.children import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# The beginning of a command of this project.
_OURS = r"(?:\.venv/bin/)?(?:scrapy|vokcrawl|make|python -m (?:vokcrawl|benchmarks)[\w.]*)"
_COMMAND = re.compile(rf"(?:[A-Z_]+=\S+ )*{_OURS}(?: .+)?")
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_FENCE = re.compile(r" *```(\w*)")


class Printed(NamedTuple):
    """A command, with the page and line that print it, and whether it is in a block of commands."""

    command: str
    page: str
    line: int
    block: bool


def printed() -> Iterator[Printed]:
    """Yield every command of every page; continued lines are joined."""
    for path in PAGES:
        yield from _of(path)


def _of(path: Path) -> Iterator[Printed]:
    page, block, begun = str(path.relative_to(ROOT)), None, ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if fence is not None:
            block = fence[1] or "plain" if block is None else None
            continue
        if block == "sh":
            begun += line.strip()
            if begun.endswith("\\"):
                begun = begun[:-1]
                continue
            command, begun = re.sub(r"\s+#.*", "", begun), ""
            if command and not command.startswith("#"):
                yield Printed(command, page, number, True)
        elif block is None:
            assert not re.match(r"    +" + _OURS + " ", line), (
                f"{page}:{number}: a command outside of a block marked sh"
            )
            for command in _INLINE.findall(line):
                if _COMMAND.fullmatch(command):
                    yield Printed(command, page, number, False)
