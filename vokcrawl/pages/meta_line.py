"""The meta line above an article's text: ``Date: 26/06/2025 | Source: … | Read original version at source``.

It is identified by its words, not by its tags: the three parts may be in one block or in several.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from vokcrawl.normalize import shown_date
from vokcrawl.pages.flow import Block, is_aside
from vokcrawl.pages.profile import site
from vokcrawl.pages.tree import Element

# Maximum length; a longer text with "Source:" is a sentence.
_LONGEST = 300
# Maximum number of blocks: three labels, three values, and separators.
_MOST_BLOCKS = 8


@dataclass(slots=True)
class MetaLine:
    """The three parts as written; None if missing."""

    date: str | None
    source: str | None
    original: str | None


def read_meta_line(blocks: Sequence[Block], content: Container[Element] = ()) -> tuple[MetaLine, int, int] | None:
    """Return the meta line among the blocks, with the indexes of its first and last block, or None.

    The first one with a valid date is preferred, and one in the header or a sidebar of the page only if no other names
    a source. `content` are the elements of the article's text: a meta line above
    it does not continue there.
    """
    found, beside, begins = None, None, site().meta.begins
    for index, block in enumerate(blocks):
        if len(block.text) > _LONGEST or not begins.match(block.text):
            continue
        if not block.within.isdisjoint(("form", "label")):
            continue
        candidate = _from(blocks, index, content)
        if candidate is not None and _is_beside(block) and not candidate[0].source:
            beside = beside or candidate
            continue
        if candidate is not None and candidate[0].date and shown_date(candidate[0].date):
            return candidate
        found = found or candidate
    return found or beside


def _is_beside(block: Block) -> bool:
    """Whether a block is in the page's header, or beside the article."""
    return is_aside(block) or ("header" in block.within and block.within.isdisjoint(("article", "main")))


def meta_value(text: str | None, name: str) -> str | None:
    """The value in the text of an element: what follows the label ``date`` or ``source``, or else the whole text."""
    if not text:
        return None
    return (_values(text).get(name) if site().meta.label.search(text) else None) or text


def _from(blocks: Sequence[Block], first: int, content: Container[Element]) -> tuple[MetaLine, int, int] | None:
    text = blocks[first].text
    last, continues = first, site().meta.continues
    original = _original(blocks[first])
    for index in range(first + 1, min(first + _MOST_BLOCKS, len(blocks))):
        block = blocks[index]
        # A part with its own label, or the value of the label before; never a headline.
        if (block.element in content) != (blocks[first].element in content) or _repeats(text, block.text):
            break
        if block.heading or not (continues.match(block.text) or text.endswith(":") or block.text == "|"):
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


def _repeats(text: str, following: str) -> bool:
    """Whether a block starts with a label that already has a value: it is a sentence of the text."""
    label = site().meta.label.match(following)
    return label is not None and bool(_values(text).get(label.lastgroup or ""))


def _values(text: str) -> dict[str, str]:
    """The text after each label, up to the next label or separator."""
    labels = list(site().meta.label.finditer(text))
    values: dict[str, str] = {}
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        if label.lastgroup is not None and label.lastgroup != "original":
            value = text[label.end() : following.start() if following else len(text)]
            values.setdefault(label.lastgroup, value.partition("|")[0].strip(" \t–—-·•,;"))
    return values


def _original(block: Block) -> str | None:
    return block.hrefs[-1] if site().meta.read_original.search(block.text) and block.hrefs else None
