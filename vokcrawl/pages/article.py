"""An article page: headline, meta line, paragraphs, pictures, and the "More From" block under them.

The page is read as a flow of blocks (`flow`), cut at the "More From" heading. Where the content element that
several authors saw is there, it bounds the text; else the text is what stands between the meta line (or the
headline) and that heading. `extractor` of the record says which way it was.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from vokcrawl.normalize import article_id, date_in_words
from vokcrawl.pages.flow import Block, flow, is_quarantined, is_within
from vokcrawl.pages.gates import cut_metering, is_metering
from vokcrawl.pages.listing import DESCRIPTION, RawTeaser, marked_items, teasers_among
from vokcrawl.pages.meta_line import MetaLine, read_meta_line
from vokcrawl.pages.more import MORE_WORDS
from vokcrawl.pages.pictures import caption_of, is_caption, is_placeholder, source_of
from vokcrawl.pages.sources import logo_stem, same_source
from vokcrawl.pages.teaser_lines import Slug, date_in_block, says_day
from vokcrawl.pages.teaser_runs import runs
from vokcrawl.pages.tree import Element, ancestors, descendants, is_same, with_class

# Name and version of this reading, as the records carry it; the way that bounded the text is added.
EXTRACTOR = "kcnawatch-article/1"
# Class name that was seen for the element that holds the text.
CONTENT = "article-content"
# The words of the page: a heading, not a sentence that happens to begin so.
MORE_FROM = re.compile(r"more from\b\s*(.{1,100}[^.!?…\s])", re.IGNORECASE)
# Headings that are the site's, not an article's.
_SITE_HEADINGS = re.compile(r"(newstream\s*\|\s*)?kcna watch( logo)?|newstream|browse|menu|search", re.IGNORECASE)
# Links with so few letters around them are furniture: previous, next, share.
_FEW_LETTERS = 12
# So long a block is a paragraph, whatever else stands about.
_PARAGRAPH = 40


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

    extractor: ClassVar[str] = EXTRACTOR

    def __init__(self, root: Element, url: str) -> None:
        self.root = root
        self.url = url
        self.id = article_id(url)
        # The element that holds the text, where it has the class name that is known.
        self.content: Element | None = next(iter(with_class(root, CONTENT)), None)
        self._inside = frozenset(() if self.content is None else descendants(self.content))
        # Marked teasers are no part of the article's flow; they are read only where they are new.
        described = with_class(root, DESCRIPTION)
        self.blocks = flow(root, without=set(marked_items(described, outside=self.content)))

    @cached_property
    def _meta(self) -> tuple[MetaLine, int, int] | None:
        return read_meta_line(self.blocks)

    @cached_property
    def _end(self) -> int:
        """Index of the first block behind the article: the "More From" heading, or the first teaser of another."""
        start = self._meta[2] + 1 if self._meta else 0
        last = max(
            (at for at, block in enumerate(self.blocks) if block.item is not None or self._links_elsewhere(block)),
            default=-1,
        )
        headings = [at for at in range(start, last) if (text := self.blocks[at].text) and MORE_FROM.fullmatch(text)]
        if headings:
            # The one of the article's own source; else a real heading rather than a line of the text.
            return max(headings, key=lambda at: (self._is_own_block(at), self.blocks[at].heading > 0, -at))
        for index, block in enumerate(self.blocks[start:], start):
            if block.item is not None:
                return index
        for identity, first, run in runs(self.blocks[start:]):
            if identity != self.id and any(date_in_block(block) for block in run):
                return start + first
        return len(self.blocks)

    def _is_own_block(self, index: int) -> bool:
        match = MORE_FROM.fullmatch(self.blocks[index].text)
        source = self._meta[0].source if self._meta else None
        return match is not None and source is not None and same_source(match[1], source)

    @cached_property
    def _block_end(self) -> int:
        """Index behind the "More From" block: its "More Articles", or the next heading of something else."""
        start = self._end + 1
        if not MORE_FROM.fullmatch(self.blocks[self._end].text if self._end < len(self.blocks) else ""):
            return len(self.blocks)
        for index, block in enumerate(self.blocks[start:], start):
            if not block.text:
                continue
            other = block.heading and not any(article_id(href) for href in block.hrefs)
            if MORE_WORDS.fullmatch(block.text) or (other and not says_day(block.text)):
                return index
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
        above = max(-1 if headline is None else headline, self._meta[2] if self._meta else -1)
        shown = self.blocks[above + 1 : self._end]
        truncated = any(self._is_metering(block) for block in shown)
        meta = self._meta[0] if self._meta else None
        if meta is not None and meta.date is None:
            meta.date = self._date_in_words()
        way = "content" if self.content is not None else "structure"
        title = self.blocks[headline].text if headline is not None else None
        return RawArticle(title, paragraphs, meta, self._images(headline), truncated, f"{self.extractor}+{way}")

    def _is_metering(self, block: Block) -> bool:
        # A mere link may invite to upgrade on any page; so may what stands outside the text.
        if block.linked or (self.content is not None and not self._in_content(block)):
            return is_metering(block.text)
        return cut_metering(block.text)[1]

    def teasers(self, skip: Container[str] = ()) -> list[RawTeaser]:
        """The teasers of the "More From" block; ids in `skip` are passed over unread."""
        first = self._end if self.block_source is not None else 0
        return teasers_among(self.blocks[first : self._block_end], start=self._end - first, skip=skip)

    # The headline

    def _candidates(self, says: Callable[[str], object] = bool) -> list[int]:
        """Indexes of the blocks that may be the headline by what they say, in the order of the page."""
        return [
            index
            for index, block in enumerate(self.blocks[: self._end])
            if (text := block.text) and says(text) and not _SITE_HEADINGS.fullmatch(text)
        ]

    def _slugged_headline(self) -> int | None:
        """The block that the URL's slug was made from; a heading rather than another one."""
        said = self._candidates(Slug(self.url).says)
        return max(said, key=lambda index: (self.blocks[index].heading > 0, -index), default=None)

    def _headline(self) -> int | None:
        """Index of the headline: by the slug, else the heading next above the text, else the line above it."""
        slugged = self._slugged_headline()
        if slugged is not None:
            return slugged
        candidates = [index for index in self._candidates() if not is_quarantined(self.blocks[index])]
        limit = self._meta[1] if self._meta else self._content_start()
        above = [index for index in candidates if limit is None or index < limit]
        headings = [index for index in above if self.blocks[index].heading]
        if headings:
            return headings[-1]
        below = [index for index in candidates if self.blocks[index].heading]
        if below and self.content is not None:
            return below[0]
        # The line right above the meta line, and no other.
        return above[-1] if above and self._meta and above[-1] == self._meta[1] - 1 else None

    def _content_start(self) -> int | None:
        if self.content is None:
            return None
        return next((index for index, block in enumerate(self.blocks) if self._in_content(block)), None)

    def _in_content(self, block: Block) -> bool:
        return block.element in self._inside

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
        others = self._other_lists(chosen)
        kept = [block for block in chosen if block.text and id(block) not in others and not self._is_furniture(block)]
        return _without_empty_headings(kept)

    def _other_lists(self, blocks: Sequence[Block]) -> set[int]:
        """The blocks (by `id`) of teasers of other articles that stand within the text: "Related" and the like."""
        if not any(self._links_elsewhere(block) for block in blocks):
            return set()
        others: set[int] = set()
        for identity, first, run in runs(blocks):
            if identity == self.id or not any(date_in_block(block) for block in run):
                continue
            # A link in the midst of a sentence makes no teaser of what stands around it.
            if all(block.own_letters > _PARAGRAPH and not date_in_block(block) for block in run if block.hrefs):
                continue
            # Behind its last line of a kind of its own (a date, an excerpt shown twice, its link) the text goes on.
            texts = Counter(block.text for block in run)
            own = [at for at, block in enumerate(run) if block.hrefs or date_in_block(block) or texts[block.text] > 1]
            others.update(id(block) for block in run[own[0] : own[-1] + 1])
            begin = first + own[0]
            if begin and blocks[begin - 1].heading:
                others.add(id(blocks[begin - 1]))
        return others

    def _is_furniture(self, block: Block) -> bool:
        """Whether a block is none of the text: captions, buttons, footers, links to other articles, shares."""
        if is_within(block.element, ("figcaption", "footer", "nav", "button", "form")) or is_caption(block.element):
            return True
        if not block.hrefs or block.own_letters > _PARAGRAPH:
            return False
        if self._links_elsewhere(block):
            return True
        return self.content is None and block.own_letters <= _FEW_LETTERS

    def _links_elsewhere(self, block: Block) -> bool:
        return bool(block.hrefs) and any(article_id(href) not in (None, self.id) for href in block.hrefs)

    def _siblings(self, blocks: Sequence[Block]) -> list[Block]:
        """The blocks that stand where the first paragraph stands: without a "More From" heading the end is unknown."""
        texts = [block for block in blocks if block.text and not self._is_furniture(block)]
        first = next((block for block in texts if len(block.text) >= _PARAGRAPH), None)
        if first is None:
            return texts[:1]
        # The smallest element around it that holds another block too.
        for holder in ancestors(first.element):
            inside = [block for block in texts if any(is_same(up, holder) for up in ancestors(block.element))]
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
                if src and not logo_stem(src) and not is_placeholder(src):
                    found.append((src, caption_of(image)))
        return found


def _without_empty_headings(blocks: Sequence[Block]) -> list[Block]:
    """Without the headings at the end, under which nothing was left: they headed a list of links."""
    kept = list(blocks)
    while kept and kept[-1].heading:
        kept.pop()
    return kept
