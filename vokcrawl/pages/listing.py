"""Teasers: the blocks of a listing, of a "More Articles" batch, and of a "More From" block.

Two ways, in this order, each used for the teasers that the one before did not see:

1. `marked`: the class names that several authors saw on the site.
2. `structure`: links of the shape of an article's URL, and the lines around them (`teaser_runs`).

In both, the lines of a teaser are told apart by what they are, not by where they stand (`teaser_lines`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from lxml.etree import XPath

from vokcrawl.fields import article_id
from vokcrawl.pages.flow import Block, flow
from vokcrawl.pages.sources import source_of_logo
from vokcrawl.pages.teaser_lines import read_lines
from vokcrawl.pages.teaser_runs import runs
from vokcrawl.pages.tree import Element, text_of

# Class names that were seen for an item's text (the thumb stands beside it) and for its date.
DESCRIPTION = "article-desc"
DATE = "articled-date"

_DESCRIPTIONS = XPath(f"descendant-or-self::*[contains(concat(' ', @class, ' '), ' {DESCRIPTION} ')]")
_DATES = XPath(f"descendant::*[contains(concat(' ', @class, ' '), ' {DATE} ')]")
_LINKS = XPath("descendant-or-self::a/@href")


@dataclass(slots=True)
class RawTeaser:
    """One teaser as the page has it: strings as written, for the item loader to normalise.

    `id` is the article's identity, `position` its place on the page (1 is the first); `date` is None where no
    line looks like a date; `logo` is the thumb's address and `source` the name that it stands for; `way` names
    the reading that found it.
    """

    id: str
    href: str
    position: int
    title: str | None
    excerpt: str | None
    date: str | None
    logo: str | None
    source: str | None
    way: str


def read_teasers(root: Element, skip: Container[str] = ()) -> list[RawTeaser]:
    """The teasers below `root` in the order of the page; an article that stands there twice is given twice.

    Ids in `skip` are passed over unread.
    """
    items = marked_items(root)
    return teasers_among(items, flow(root, without=set(items)), skip)


def marked_items(root: Element, outside: Element | None = None) -> list[Element]:
    """The elements that hold one teaser each, found by class name; none inside the element `outside`."""
    descriptions = [
        each for each in _DESCRIPTIONS(root) if outside is None or all(up is not outside for up in each.iterancestors())
    ]
    articles = [next(each.iterancestors("article"), None) for each in descriptions]
    parents = [each.getparent() for each in descriptions]
    shared = Counter((*articles, *parents))
    items = []
    for description, article, parent in zip(descriptions, articles, parents, strict=True):
        # Its own <article>, else its parent where that holds no other: there the thumb is.
        if article is not None and shared[article] == 1 + (article is parent):
            items.append(article)
        elif parent is not None and shared[parent] == 1 and parent.tag not in ("body", "html"):
            items.append(parent)
        else:
            items.append(description)
    return items


def teasers_among(items: Iterable[Element], blocks: Sequence[Block], skip: Container[str] = ()) -> list[RawTeaser]:
    """The teasers of the marked items, and those that the other blocks of the page show by their structure."""
    marked = list(_marked(items, skip))
    seen = {teaser.id for teaser in marked}
    linked = [found for block in blocks for href in block.hrefs if (found := article_id(href)) is not None]
    if all(identity in seen or identity in skip for identity in linked):
        return marked
    structural = [
        teaser for teaser in _by_structure(blocks, skip) if teaser.id not in seen and (teaser.date or not marked)
    ]
    # Where only half of the markup changed, the order between the two halves is not known: marked ones come first.
    for position, teaser in enumerate(structural, len(marked) + 1):
        teaser.position = position
    return [*marked, *structural]


def _marked(items: Iterable[Element], skip: Container[str]) -> Iterator[RawTeaser]:
    position = count(1)
    for item in items:
        identity = next((found for href in _LINKS(item) if (found := article_id(href)) is not None), None)
        if identity is None:
            continue
        here = next(position)
        if identity not in skip:
            dates = _DATES(item)
            yield _teaser(identity, here, flow(item), "marked", text_of(dates[0]) if dates else None)


def _by_structure(blocks: Sequence[Block], skip: Container[str]) -> Iterator[RawTeaser]:
    position = count(1)
    for identity, run in runs(blocks):
        teaser = _teaser(identity, 0, run, "structure", None)
        # A bare link to an article (previous, next, most read) is no teaser.
        if teaser.date or teaser.excerpt or (teaser.title and any(block.heading for block in run)):
            teaser.position = next(position)
            if identity not in skip:
                yield teaser


def _teaser(identity: str, position: int, run: Sequence[Block], way: str, date: str | None) -> RawTeaser:
    href = next(href for block in run for href in block.hrefs if article_id(href) == identity)
    lines = read_lines(run, href, date)
    sources = (image.get("src") or image.get("data-src") for block in run for image in block.images)
    logo = next((src for src in sources if src), None)
    source = source_of_logo(logo) if logo else None
    return RawTeaser(identity, href, position, lines.title, lines.excerpt, lines.date, logo, source, way)
