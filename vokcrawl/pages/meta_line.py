"""The meta line above an article's text: ``Date: 26/06/2025 | Source: … | Read original version at source``.

Its words are the site's own; its tags are not counted on, so the three parts may stand in one block or in several.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vokcrawl.pages.flow import Block

_DATE_LABEL = re.compile(r"date\s*:", re.IGNORECASE)
_SOURCE_LABEL = re.compile(r"source\s*:", re.IGNORECASE)
_ORIGINAL = re.compile(r"read original version", re.IGNORECASE)
_PARTS = re.compile(
    r"(?:date\s*:\s*(?P<date>[^|]*?))?[\s|]*"
    r"(?:\bsource\s*:\s*(?P<source>[^|]*?))?[\s|]*"
    r"(?P<original>read original version[^|]*)?",
    re.IGNORECASE,
)
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
    """The first meta line among the blocks, with the indexes of its first and last block; None where there is none."""
    for index, block in enumerate(blocks):
        if len(block.text) > _LONGEST or not (_DATE_LABEL.match(block.text) or _SOURCE_LABEL.match(block.text)):
            continue
        found = _from(blocks, index)
        if found is not None:
            return found
    return None


def _from(blocks: Sequence[Block], first: int) -> tuple[MetaLine, int, int] | None:
    text = blocks[first].text
    last = first
    original = _original(blocks[first])
    for index in range(first + 1, min(first + _MOST_BLOCKS, len(blocks))):
        block = blocks[index]
        # A part of its own, or the value that a bare label before it announced.
        if not (_SOURCE_LABEL.match(block.text) or _ORIGINAL.match(block.text) or _is_open(text)):
            break
        text = f"{text} {block.text}" if _is_open(text) else f"{text} | {block.text}"
        original = original or _original(block)
        last = index
    match = _PARTS.fullmatch(text)
    if match is None or len(text) > _LONGEST or (match["source"] is None and match["date"] is None):
        return None
    return MetaLine(match["date"] or None, match["source"] or None, original), first, last


def _is_open(text: str) -> bool:
    """Whether the text ends in a label or a separator, so that what follows belongs to it."""
    return text.endswith((":", "|"))


def _original(block: Block) -> str | None:
    return block.hrefs[-1] if _ORIGINAL.search(block.text) and block.hrefs else None
