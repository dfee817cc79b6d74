"""Teasers: the blocks of a listing, of a "More Articles" batch, and of a "More From" block.

Two ways, in this order, each used for the teasers that the one before did not see:

1. `marked`: the class names that several authors saw on the site.
2. `structure`: links of the shape of an article's URL, and the lines around them (`teaser_runs`).

In both, the lines of a teaser are told apart by what they are, not by where they stand (`teaser_lines`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from lxml.etree import XPath
from lxml.html import HtmlElement

from vokcrawl.fields import article_id
from vokcrawl.pages.flow import Block, flow
from vokcrawl.pages.sources import source_of_logo
from vokcrawl.pages.teaser_lines import read_lines
from vokcrawl.pages.teaser_runs import runs

# Class names that were seen for an item's text (the thumb stands beside it) and for its date.
DESCRIPTION = "article-desc"
DATE = "articled-date"

_DESCRIPTIONS = XPath(f"descendant-or-self::*[contains(concat(' ', @class, ' '), ' {DESCRIPTION} ')]")
_DATES = XPath(f"descendant::*[contains(concat(' ', @class, ' '), ' {DATE} ')]")
_ITEM = XPath("ancestor::article[1]")
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


def read_teasers(
    root: HtmlElement,
    blocks: Sequence[Block] | None = None,
    outside: HtmlElement | None = None,
    skip: Container[str] = (),
) -> list[RawTeaser]:
    """The teasers below `root` in the order of the page; an article that stands there twice is given twice.

    `blocks` is the part of the flow in which structure counts, where that is not the whole of `root`; marked
    teasers inside the element `outside` (an article's own text) do not count; ids in `skip` are passed over unread.
    """
    marked = list(_marked(_descriptions(root, outside), skip))
    hrefs = _LINKS(root) if blocks is None else [href for block in blocks for href in block.hrefs]
    linked = [found for href in hrefs if (found := article_id(href)) is not None]
    seen = {teaser.id for teaser in marked}
    if all(identity in seen or identity in skip for identity in linked):
        return marked
    structural = list(_by_structure(flow(root) if blocks is None else blocks, skip))
    if not marked:
        return structural
    # Only half of the markup changed: what the first way saw stays, the rest is put in at its place.
    order = {identity: place for place, identity in reversed(list(enumerate(linked)))}
    extra = [teaser for teaser in structural if teaser.id not in seen and teaser.date is not None]
    merged = sorted([*marked, *extra], key=lambda teaser: order.get(teaser.id, 0))
    for position, teaser in enumerate(merged, 1):
        teaser.position = position
    return merged


def _descriptions(root: HtmlElement, outside: HtmlElement | None) -> list[HtmlElement]:
    found: list[HtmlElement] = _DESCRIPTIONS(root)
    if outside is None:
        return found
    return [each for each in found if all(parent is not outside for parent in each.iterancestors())]


def _marked(descriptions: Iterable[HtmlElement], skip: Container[str]) -> Iterator[RawTeaser]:
    position = count(1)
    for description in descriptions:
        container = _container(description)
        hrefs = _LINKS(container)
        identity = next((found for href in hrefs if (found := article_id(href)) is not None), None)
        if identity is None:
            continue
        here = next(position)
        if identity not in skip:
            dates = _DATES(container)
            yield _teaser(identity, here, flow(container), "marked", dates[0].text_content() if dates else None)


def _container(description: HtmlElement) -> HtmlElement:
    """The element that holds the whole item: its <article>, or what holds this description and no other."""
    articles = _ITEM(description)
    if articles and len(_DESCRIPTIONS(articles[0])) == 1:
        return articles[0]
    parent = description.getparent()
    if parent is not None and len(_DESCRIPTIONS(parent)) == 1 and parent.tag not in ("body", "html"):
        return parent
    return description


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
