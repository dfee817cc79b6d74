"""Teasers: the blocks of a listing, of a "More Articles" batch, and of a "More From" block.

Two strategies, in this order; the second is used for teasers that the first did not find:

1. `marked`: the selectors of the site's profile.
2. `structure`: links that look like an article's URL, and the lines around them (`teaser_runs`).

Both identify the lines of a teaser by their content, not by their position (`teaser_lines`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from vokcrawl.normalize import article_id, article_path, clean_title
from vokcrawl.pages.flow import Block, flow, is_aside
from vokcrawl.pages.pictures import source_of
from vokcrawl.pages.profile import site
from vokcrawl.pages.sources import source_of_logo
from vokcrawl.pages.teaser_lines import read_lines, says_day
from vokcrawl.pages.teaser_runs import is_other_teaser, runs
from vokcrawl.pages.tree import Element, ancestors, is_same, text_of
from vokcrawl.pages.visibility import HiddenElements

# The strategies, as the manifest counts them.
MARKED, STRUCTURE = "marked", "structure"
# A link with fewer letters beside it is navigation: "Latest:", "Previous:".
_FEW_LETTERS = 12
# Maximum length of the text beside a teaser's text in its item; a longer one is the page's content.
_MOST_BESIDE = 200


# Position of a teaser among the blocks, its article's id, the strategy, and its blocks or element.
_Place = tuple[int, str, str, Any]


@dataclass(slots=True)
class RawTeaser:
    """A teaser with its strings as written; the item loader normalises them.

    `id` is the id of the article, `position` the position on the page (from 1); `date` is None if no line looks like a
    date; `logo` is the URL of the thumbnail and `source` the source that it stands for; `strategy` is how it was read.
    """

    id: str
    href: str
    position: int
    title: str | None
    excerpt: str | None
    date: str | None
    logo: str | None
    source: str | None
    strategy: str


def read_teasers(root: Element, skip: Container[str] = ()) -> list[RawTeaser]:
    """Return the teasers below `root` in document order. An article that is listed twice is returned twice.

    Ids in `skip` are skipped.
    """
    items = set(marked_items(root))
    return teasers_among(flow(root, without=items, omitted=HiddenElements(kept=partial(_leading, root))), skip=skip)


def marked_items(root: Element, outside: Element | None = None) -> list[Element]:
    """Return the elements that contain one teaser each, by the profile's selectors; none inside `outside`."""
    markup = site().listing
    if markup.item:
        return _outermost(markup.item.all(root), outside)[0]
    descriptions, articles = _outermost(markup.text.all(root), outside)
    parents = [each.parent for each in descriptions]
    shared = Counter((*articles, *parents))
    alone = len(descriptions) == 1
    items = []
    for description, article, parent in zip(descriptions, articles, parents, strict=True):
        # Its <article>, or else its parent, if that contains no other: it includes the thumbnail.
        if article is not None and shared[article] == 1 + is_same(article, parent):
            holder = article
        elif parent is not None and shared[parent] == 1 and parent.tag not in ("body", "html"):
            holder = parent
        else:
            holder = description
        # With a single item, that element may be the whole content of the page.
        if alone and len(text_of(holder)) - len(text_of(description)) > _MOST_BESIDE:
            holder = description
        items.append(holder)
    return items


def _outermost(elements: Sequence[Element], outside: Element | None) -> tuple[list[Element], list[Element | None]]:
    """Return the elements that are not inside another one or `outside`, and the <article> around each."""
    kept: list[Element] = []
    articles: list[Element | None] = []
    # For each ancestor: whether it is inside such an element, and its <article>. Most elements share their ancestors.
    known: dict[Element | None, tuple[bool, Element | None]] = {None: (False, None)}
    if outside is not None:
        known[outside] = (True, None)
    for element in elements:
        path: list[Element] = []
        up = element.parent
        while up is not None and up not in known:
            path.append(up)
            up = up.parent
        contained, article = known[up]
        for each in reversed(path):
            article = each if each.tag == "article" else article
            known[each] = (contained, article)
        if not contained:
            kept.append(element)
            articles.append(article)
            known[element] = (True, article)
    return kept, articles


def teasers_among(blocks: Sequence[Block], start: int = 0, skip: Container[str] = ()) -> list[RawTeaser]:
    """Return the teasers of the marked items among the blocks, and those found by structure in the other blocks.

    Structure is used from the block at `start` on.
    """
    places: list[_Place] = []
    for place, block in enumerate(blocks):
        if block.item is not None and (identity := _linked(block.item)) is not None:
            places.append((place, identity, MARKED, block.item))
    seen = {identity for _, identity, _, _ in places}
    linked = {found for block in blocks[start:] for href in block.hrefs if (found := article_id(href)) is not None}
    if not all(identity in seen or identity in skip for identity in linked):
        others: list[_Place] = [
            (start + at, identity, STRUCTURE, run)
            for identity, at, run in runs(blocks[start:])
            if identity not in seen and _is_teaser(run, identity)
        ]
        # Teasers in sidebars count only if there are no others.
        others = [each for each in others if not is_aside(each[3][0])] or others
        if places:
            # If only some items lost their class names, they are between the others. Elsewhere are other lists.
            begin, end = places[0][0], places[-1][0]
            places.extend(each for each in others if begin < each[0] < end)
        else:
            places.extend(_main_section(blocks, others))
        places.sort(key=lambda each: each[0])
    return [
        _teaser(identity, position, strategy, what)
        for position, (_, identity, strategy, what) in enumerate(places, 1)
        if identity not in skip
    ]


def _main_section(blocks: Sequence[Block], found: Sequence[_Place]) -> Sequence[_Place]:
    """Return the longest of the lists that headings separate; "Popular" and the like are other lists.

    Headings that link to an article or are a date do not separate lists.
    """
    sections: list[list[_Place]] = [[]]
    place = 0
    for each in found:
        if any(_parts(block) for block in blocks[place : each[0] + 1]):
            sections.append([])
        sections[-1].append(each)
        place = each[0] + len(each[3])
    return max(sections, key=len)


def _parts(block: Block) -> bool:
    return bool(block.heading and block.text) and not (
        any(article_id(href) for href in block.hrefs) or says_day(block.text)
    )


def _linked(item: Element) -> str | None:
    for node in item.traverse():
        if node.tag == "a" and (identity := article_id(node.attributes.get("href") or "")) is not None:
            return identity
    return None


def _is_teaser(run: Sequence[Block], identity: str) -> bool:
    """Whether a run is more than a bare link (previous, next, most read) or a link in a sentence."""
    if not is_other_teaser(run, near_or_none=True):
        return False
    lines = read_lines(run, _href(run, identity))
    heading = any(block.heading and any(article_id(each) == identity for each in block.hrefs) for block in run)
    speaks = heading or sum(block.own_letters for block in run) > _FEW_LETTERS
    return lines.date is not None or lines.doubled or (lines.title is not None and speaks)


def _teaser(identity: str, position: int, strategy: str, what: Sequence[Block] | Element) -> RawTeaser:
    if isinstance(what, Element):
        return _marked_teaser(identity, position, strategy, what)
    href = _href(what, identity)
    lines = read_lines(what, href)
    logo = _logo(what)
    source = source_of_logo(logo) if logo else None
    return RawTeaser(identity, href, position, lines.title, lines.excerpt, lines.date, logo, source, strategy)


def _marked_teaser(identity: str, position: int, strategy: str, item: Element) -> RawTeaser:
    """Read a teaser with the selectors of the profile; what they do not find, by its lines."""
    markup = site().listing
    dated = next((each for each in markup.date.all(item) if not is_same(each, item)), None)
    date = (markup.date.read(dated) if markup.date.attribute else text_of(dated)) if dated is not None else None
    run = flow(item, omitted=HiddenElements(kept=partial(_leading, item)))
    href = _href(run, identity)
    lines = read_lines(run, href, date)
    title = _marked_title(item) or lines.title
    excerpt = markup.excerpt.value(item) or lines.excerpt if markup.excerpt else lines.excerpt
    logo = (markup.logo.value(item, "src") if markup.logo else None) or _logo(run)
    source = source_of_logo(logo) if logo else None
    return RawTeaser(identity, href, position, title, excerpt, lines.date, logo, source, strategy)


def _marked_title(item: Element) -> str | None:
    """The text of the element that the profile selects, or else the alternative text of an image in it."""
    selector = site().listing.title
    element = selector.first(item)
    if element is None:
        return None
    image = element.css_first("img[alt]")
    return selector.read(element) or (clean_title(image.attributes.get("alt") or "") if image is not None else None)


def _logo(run: Sequence[Block]) -> str | None:
    sources = (source_of(image) for block in run for image in block.images)
    return next((src for src in sources if src), None)


def _leading(item: Element) -> set[Element]:
    """The elements of an item that contain a link to an article, and the item."""
    leading: set[Element] = {item}
    for link in item.css("a[href]"):
        if article_id(link.attributes.get("href") or "") is None:
            continue
        for each in (link, *ancestors(link)):
            if each in leading:
                break
            leading.add(each)
    return leading


def _href(run: Sequence[Block], identity: str) -> str:
    """The link to the article; if that is hidden, the article's path without slug."""
    hrefs = (href for block in run for href in block.hrefs if article_id(href) == identity)
    return next(hrefs, article_path(identity))
