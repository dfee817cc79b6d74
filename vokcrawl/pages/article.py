"""An article page: headline, meta line, paragraphs, pictures, and the "More From" block under them.

The page is read as a flow of blocks (`flow`), cut at the "More From" heading. Where the content element that
several authors saw is there, it bounds the text; else the text is what stands between the meta line (or the
headline) and that heading. `extractor` of the record says which way it was.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lxml.etree import XPath

from vokcrawl.fields import article_id, clean_text, date_in_words
from vokcrawl.pages.flow import Block, flow, is_within
from vokcrawl.pages.gates import cut_metering
from vokcrawl.pages.listing import RawTeaser, marked_items, source_of, teasers_among
from vokcrawl.pages.meta_line import MetaLine, read_meta_line
from vokcrawl.pages.sources import logo_stem
from vokcrawl.pages.teaser_lines import date_in_block, slug_says
from vokcrawl.pages.teaser_runs import runs
from vokcrawl.pages.tree import Element, text_of

# Name and version of this reading, as the records carry it; the way that bounded the text is added.
EXTRACTOR = "kcnawatch-article/1"
# Class name that was seen for the element that holds the text.
CONTENT = "article-content"
# The words of the page: a heading, not a sentence that happens to begin so.
MORE_FROM = re.compile(r"more from\b\s*(.{1,100}[^.!?…\s])", re.IGNORECASE)
# Headings that are the site's, not an article's.
_SITE_HEADINGS = re.compile(r"(newstream\s*\|\s*)?kcna watch( logo)?|newstream|browse|menu|search", re.IGNORECASE)
# Class names of captions that are no <figcaption>, as WordPress writes them.
_CAPTIONS = ("wp-caption-text",)
# Links with so few letters around them are furniture: previous, next, share.
_FEW_LETTERS = 12
# So long a block is a paragraph, whatever else stands about.
_PARAGRAPH = 40
# A picture that stands in until the real one is there.
_PLACEHOLDER = "image-uploading"

_CONTENT = XPath(f"descendant-or-self::*[contains(concat(' ', @class, ' '), ' {CONTENT} ')]")


@dataclass(slots=True)
class RawArticle:
    """An article as the page has it: strings as written, for the item loader to normalise."""

    title: str | None
    paragraphs: list[str]
    meta: MetaLine | None
    images: list[tuple[str, str | None]] = field(default_factory=list)
    truncated: bool = False
    extractor: str = EXTRACTOR


class ArticlePage:
    """Reads one article page. `root` is the parsed document, `url` its address (for identity and slug)."""

    def __init__(self, root: Element, url: str) -> None:
        self.root = root
        self.url = url
        self.id = article_id(url)
        # The element that holds the text, where it has the class name that is known.
        self.content: Element | None = next(iter(_CONTENT(root)), None)
        # Marked teasers are no part of the article's flow; they are read only where they are new.
        self.blocks = flow(root, without=set(marked_items(root, outside=self.content)))

    @cached_property
    def _meta(self) -> tuple[MetaLine, int, int] | None:
        return read_meta_line(self.blocks)

    @cached_property
    def _end(self) -> int:
        """Index of the first block behind the article: the "More From" heading, or the first teaser of another."""
        start = self._meta[2] + 1 if self._meta else 0
        behind = False
        for index in range(len(self.blocks) - 1, start - 1, -1):
            block = self.blocks[index]
            if behind and MORE_FROM.fullmatch(block.text):
                return index
            behind = behind or block.item is not None or self._links_elsewhere(block)
        for index, block in enumerate(self.blocks[start:], start):
            if block.item is not None:
                return index
        for identity, first, run in runs(self.blocks[start:]):
            if identity != self.id and any(date_in_block(block) for block in run):
                return start + first
        return len(self.blocks)

    @cached_property
    def block_source(self) -> str | None:
        """The source that the "More From <source>" heading names, as written."""
        if self._end < len(self.blocks) and (match := MORE_FROM.fullmatch(self.blocks[self._end].text)):
            return match[1]
        return None

    def is_article(self) -> bool:
        """Whether this is an article's page at all, and not a listing, or mere chrome, in its place."""
        if self._meta is not None or self.content is not None:
            return True
        # A listing that begins with this very article shows its headline too, as a link to it.
        headline = self._slugged_headline()
        return headline is not None and not self.blocks[headline].hrefs

    def read(self) -> RawArticle:
        """The article's raw fields. Where the page does not say something, it is None or empty."""
        headline = self._headline()
        paragraphs = [text for block in self._body_blocks(headline) if (text := cut_metering(block.text)[0])]
        # The sentence may stand under the content element as well as in it.
        shown = self.blocks[0 if headline is None else headline + 1 : self._end]
        truncated = any(cut_metering(block.text)[1] for block in shown)
        meta = self._meta[0] if self._meta else None
        if meta is not None and meta.date is None:
            meta.date = self._date_in_words()
        way = "content" if self.content is not None else "structure"
        title = self.blocks[headline].text if headline is not None else None
        return RawArticle(title, paragraphs, meta, self._images(headline), truncated, f"{EXTRACTOR}+{way}")

    def teasers(self, skip: Container[str] = ()) -> list[RawTeaser]:
        """The teasers of the "More From" block; ids in `skip` are passed over unread."""
        return teasers_among(self.blocks, start=self._end, skip=skip)

    # The headline

    def _candidates(self) -> list[int]:
        """Indexes of the blocks that may be the headline, in the order of the page."""
        return [
            index
            for index, block in enumerate(self.blocks[: self._end])
            if block.text and len(block.text) <= 1000 and not _SITE_HEADINGS.fullmatch(block.text)
        ]

    def _slugged_headline(self) -> int | None:
        """The block that the URL's slug was made from; a heading rather than another one."""
        said = [index for index in self._candidates() if slug_says(self.blocks[index].text, self.url)]
        return max(said, key=lambda index: (self.blocks[index].heading > 0, -index), default=None)

    def _headline(self) -> int | None:
        """Index of the headline: by the slug, else the heading next above the text, else the line above it."""
        slugged = self._slugged_headline()
        if slugged is not None:
            return slugged
        candidates = self._candidates()
        limit = self._meta[1] if self._meta else self._content_start()
        above = [index for index in candidates if limit is None or index < limit]
        headings = [index for index in above if self.blocks[index].heading]
        if headings:
            return headings[-1]
        below = [index for index in candidates if self.blocks[index].heading]
        if below and self.content is not None:
            return below[0]
        return above[-1] if above and self._meta else None

    def _content_start(self) -> int | None:
        if self.content is None:
            return None
        return next((index for index, block in enumerate(self.blocks) if self._in_content(block)), None)

    def _in_content(self, block: Block) -> bool:
        return block.element is self.content or any(up is self.content for up in block.element.iterancestors())

    # The text

    def _body_blocks(self, headline: int | None) -> list[Block]:
        start = -1 if headline is None else headline
        meta_first, meta_last = (self._meta[1], self._meta[2]) if self._meta else (-1, -1)
        if self.content is not None:
            chosen = [
                block
                for index, block in enumerate(self.blocks[: self._end])
                if index != headline and not meta_first <= index <= meta_last and self._in_content(block)
            ]
        elif headline is None and self._meta is None:
            return []
        else:
            chosen = self.blocks[max(start, meta_last) + 1 : self._end]
            if self._end == len(self.blocks):
                chosen = self._siblings(chosen)
        return _without_empty_headings([block for block in chosen if block.text and not self._is_furniture(block)])

    def _is_furniture(self, block: Block) -> bool:
        """Whether a block is none of the text: captions, buttons, footers, links to other articles, shares."""
        if is_within(block.element, ("figcaption", "footer", "nav", "button", "form")) or _is_caption(block.element):
            return True
        if not block.hrefs or block.own_letters > _PARAGRAPH:
            return False
        if self._links_elsewhere(block):
            return True
        return self.content is None and block.own_letters <= _FEW_LETTERS

    def _links_elsewhere(self, block: Block) -> bool:
        return any(article_id(href) not in (None, self.id) for href in block.hrefs)

    def _siblings(self, blocks: Sequence[Block]) -> list[Block]:
        """The blocks that stand where the first paragraph stands: without a "More From" heading the end is unknown."""
        texts = [block for block in blocks if block.text and not self._is_furniture(block)]
        first = next((block for block in texts if len(block.text) >= _PARAGRAPH), None)
        if first is None:
            return texts[:1]
        # The smallest element around it that holds another block too.
        for holder in first.element.iterancestors():
            inside = [block for block in texts if any(up is holder for up in block.element.iterancestors())]
            if len(inside) > 1 or holder.tag == "body":
                return inside
        return [first]

    def _date_in_words(self) -> str | None:
        """The day in words, alone on a line above the text, where the meta line does not say one."""
        first = self._meta[1] if self._meta else 0
        lines = (block.text for block in self.blocks[:first] if date_in_words(block.text))
        return next(lines, None)

    def _images(self, headline: int | None) -> list[tuple[str, str | None]]:
        found: list[tuple[str, str | None]] = []
        start = headline if headline is not None else 0
        for block in self.blocks[start : self._end]:
            if self.content is not None and not self._in_content(block):
                continue
            for image in block.images:
                src = source_of(image)
                if src and not logo_stem(src) and _PLACEHOLDER not in src:
                    found.append((src, _caption(image)))
        return found


def _caption(image: Element) -> str | None:
    for parent in image.iterancestors("figure"):
        for caption in parent.iter("figcaption"):
            return clean_text(text_of(caption)) or None
    return None


def _is_caption(element: Element) -> bool:
    return any(name in (element.get("class") or "").split() for name in _CAPTIONS)


def _without_empty_headings(blocks: Sequence[Block]) -> list[Block]:
    """Without the headings at the end, under which nothing was left: they headed a list of links."""
    kept = list(blocks)
    while kept and kept[-1].heading:
        kept.pop()
    return kept
