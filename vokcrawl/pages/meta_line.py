"""The meta line above an article's text: ``Date: 26/06/2025 | Source: … | Read original version at source``.

Its words are the site's own; its tags are not counted on, so the three parts may stand in one block or in several.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vokcrawl.normalize import shown_date
from vokcrawl.pages.flow import Block

_LABEL = re.compile(r"(?<![A-Za-z])(?:(date|source)\s*:|(read original version)(?: at source)?)", re.IGNORECASE)
_BEGINS = re.compile(r"(?:date|source)\s*:", re.IGNORECASE)
_CONTINUES = re.compile(r"source\s*:|read original version", re.IGNORECASE)
_ORIGINAL = re.compile(r"(?<![A-Za-z])read original version", re.IGNORECASE)
# Longer than any meta line; so a sentence that happens to say "Source:" is not taken for one.
_LONGEST = 300
# How many blocks the parts may be spread over: three labels, three values, and separators between them.
_MOST_BLOCKS = 8


@dataclass(slots=True)
class MetaLine:
    """The three parts as written; None where the line lacks one."""

    date: str | None
    source: str | None
    original: str | None


def read_meta_line(blocks: Sequence[Block]) -> tuple[MetaLine, int, int] | None:
    """The meta line among the blocks, with the indexes of its first and last block; None where there is none.

    The first one with a sound date is preferred to one without.
    """
    found = None
    for index, block in enumerate(blocks):
        if len(block.text) > _LONGEST or not _BEGINS.match(block.text):
            continue
        if not block.within.isdisjoint(("form", "label")):
            continue
        candidate = _from(blocks, index)
        if candidate is not None and candidate[0].date and shown_date(candidate[0].date):
            return candidate
        found = found or candidate
    return found


def _from(blocks: Sequence[Block], first: int) -> tuple[MetaLine, int, int] | None:
    text = blocks[first].text
    last = first
    original = _original(blocks[first])
    for index in range(first + 1, min(first + _MOST_BLOCKS, len(blocks))):
        block = blocks[index]
        # A part of its own, or the value that a bare label before it announced; never a headline.
        if block.heading or not (_CONTINUES.match(block.text) or text.endswith(":") or block.text == "|"):
            break
        text = f"{text} {block.text}" if text.endswith(":") else f"{text} | {block.text}"
        original = original or _original(block)
        last = index
    if len(text) > _LONGEST:
        return None
    values = _values(text)
    if not values.get("date") and not values.get("source"):
        return None
    return MetaLine(values.get("date") or None, values.get("source") or None, original), first, last


def _values(text: str) -> dict[str, str]:
    """What stands behind each label, up to the next label or separator."""
    labels = list(_LABEL.finditer(text))
    values: dict[str, str] = {}
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        if label[1] is not None:
            value = text[label.end() : following.start() if following else len(text)]
            values.setdefault(label[1].lower(), value.partition("|")[0].strip(" \t–—-·•,;"))
    return values


def _original(block: Block) -> str | None:
    return block.hrefs[-1] if _ORIGINAL.search(block.text) and block.hrefs else None
