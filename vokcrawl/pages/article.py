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
from vokcrawl.pages.listing import RawTeaser, marked_items, teasers_among
from vokcrawl.pages.meta_line import MetaLine, read_meta_line
from vokcrawl.pages.sources import logo_stem
from vokcrawl.pages.teaser_lines import slug_says
from vokcrawl.pages.tree import Element, text_of

# Name and version of this reading, as the records carry it; the way that bounded the text is added.
EXTRACTOR = "kcnawatch-article/1"
# Class name that was seen for the element that holds the text.
CONTENT = "article-content"
# The words of the page.
MORE_FROM = re.compile(r"more from\b\s*(.{1,100})", re.IGNORECASE)
# Headings that are the site's, not an article's.
_SITE_HEADINGS = re.compile(r"(newstream\s*\|\s*)?kcna watch( logo)?|newstream|browse|menu|search", re.IGNORECASE)
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
        self.items = marked_items(root, outside=self.content)
        self.blocks = flow(root, without=set(self.items))

    @cached_property
    def _end(self) -> int:
        """Index of the first block behind the article: the "More From" heading, or the first other article."""
        start = self._meta[1] if self._meta else 0
        for index, block in enumerate(self.blocks[start:], start):
            if MORE_FROM.fullmatch(block.text):
                return index
        for index, block in enumerate(self.blocks[start:], start):
            if any(article_id(href) not in (None, self.id) for href in block.hrefs):
                return index
        return len(self.blocks)

    @cached_property
    def _meta(self) -> tuple[MetaLine, int, int] | None:
        return read_meta_line(self.blocks)

    @cached_property
    def block_source(self) -> str | None:
        """The source that the "More From <source>" heading names, as written."""
        if self._end < len(self.blocks) and (match := MORE_FROM.fullmatch(self.blocks[self._end].text)):
            return match[1]
        return None

    def is_article(self) -> bool:
        """Whether this is an article's page at all, and not a listing, or mere chrome, in its place."""
        return self._meta is not None or self.content is not None or self._slugged_headline() is not None

    def read(self) -> RawArticle:
        """The article's raw fields. Where the page does not say something, it is None or empty."""
        headline = self._headline()
        body = self._body_blocks(headline)
        paragraphs: list[str] = []
        truncated = False
        for block in body:
            text, metered = cut_metering(block.text)
            truncated = truncated or metered
            if text:
                paragraphs.append(text)
        meta = self._meta[0] if self._meta else None
        if meta is not None and meta.date is None:
            meta.date = self._date_in_words()
        way = "content" if self.content is not None else "structure"
        title = self.blocks[headline].text if headline is not None else None
        return RawArticle(title, paragraphs, meta, self._images(headline), truncated, f"{EXTRACTOR}+{way}")

    def teasers(self, skip: Container[str] = ()) -> list[RawTeaser]:
        """The teasers of the "More From" block; ids in `skip` are passed over unread."""
        return teasers_among(self.items, self.blocks[self._end :], skip)

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
        inside = (index for index, block in enumerate(self.blocks) if self._in_content(block))
        return next(inside, None)

    def _in_content(self, block: Block) -> bool:
        return block.element is self.content or any(parent is self.content for parent in block.element.iterancestors())

    def _body_blocks(self, headline: int | None) -> list[Block]:
        start = -1 if headline is None else headline
        meta_first, meta_last = (self._meta[1], self._meta[2]) if self._meta else (-1, -1)
        if self.content is not None:
            chosen = [
                block
                for index, block in enumerate(self.blocks[: self._end])
                if index != headline and not meta_first <= index <= meta_last and self._in_content(block)
            ]
        else:
            if headline is None and self._meta is None:
                return []
            chosen = self.blocks[max(start, meta_last) + 1 : self._end]
            if self._end == len(self.blocks):
                chosen = _siblings(chosen)
        return [block for block in chosen if self._is_paragraph(block)]

    def _is_paragraph(self, block: Block) -> bool:
        if not block.text or is_within(block.element, ("figcaption", "footer", "nav", "button", "form")):
            return False
        # A nested list of links to other articles is no text of this one.
        return not (block.linked and any(article_id(href) not in (None, self.id) for href in block.hrefs))

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
                src = image.get("src") or image.get("data-src") or ""
                if not src or src.startswith("data:") or logo_stem(src) or _PLACEHOLDER in src:
                    continue
                found.append((src, _caption(image)))
        return found


def _caption(image: Element) -> str | None:
    for parent in image.iterancestors("figure"):
        for caption in parent.iter("figcaption"):
            return clean_text(text_of(caption)) or None
    return None


def _siblings(blocks: Sequence[Block]) -> list[Block]:
    """The blocks that stand where the first one stands: without a "More From" heading the page's end is unknown."""
    first = next((block for block in blocks if block.text), None)
    if first is None:
        return []
    holder = first.element.getparent()
    return [block for block in blocks if block.element is first.element or block.element.getparent() is holder]
