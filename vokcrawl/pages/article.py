"""An article page: headline, meta line, paragraphs, images, and the "More From" block below them.

The page is a sequence of blocks (`flow`) that ends at the "More From" heading. If the page has the known content
element, all visible text in it is the body; otherwise the body is the text between the meta line (or the headline) and
that heading. The record's `extractor` names the strategy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import ClassVar

from vokcrawl.normalize import article_id
from vokcrawl.pages.block_pages import cut_metering, is_metering
from vokcrawl.pages.flow import Block, flow, is_aside
from vokcrawl.pages.listing import RawTeaser, marked_items, teasers_among
from vokcrawl.pages.meta_line import MetaLine, meta_value, read_meta_line
from vokcrawl.pages.pictures import Captions, source_of
from vokcrawl.pages.profile import site
from vokcrawl.pages.profile.selectors import Selector
from vokcrawl.pages.server_errors import cut_server_errors
from vokcrawl.pages.sources import is_source_line, logo_stem, same_source
from vokcrawl.pages.teaser_lines import Slug, date_in_block, is_day_line, says_day
from vokcrawl.pages.teaser_runs import is_other_teaser, runs
from vokcrawl.pages.tree import Element, ancestors, descendants, is_same
from vokcrawl.pages.visibility import OmittedElements

__all__ = ["CONTENT", "EXTRACTOR", "STRUCTURE", "ArticlePage", "RawArticle"]

# Name and version of this extractor in the records; the strategy is appended.
EXTRACTOR = "kcnawatch-article/2"
# The strategies: the content element, or the structure of the page.
CONTENT, STRUCTURE = "content", "structure"
_DIGEST_LETTERS = 12
# A link with at most this many letters beside it is navigation: previous, next, share.
_FEW_LETTERS = 12
# A block of this length is a paragraph.
_PARAGRAPH = 40
# Siblings of a paragraph that belong to the text; and the maximum depth of a text below its container.
_TEXTUAL = frozenset("p ul ol dl blockquote table pre figure center h1 h2 h3 h4 h5 h6".split())  # noqa: SIM905
_DEEPEST = 32
# Maximum length of a line that is no part of a text.
_LONGEST_LINE = 400
# Length of the beginning of an address that says whether its link shares the page.
_LONGEST_SHARE_ADDRESS = 500
# Maximum distance between a "More From" line and the first teaser, in blocks.
_NEAR = 4


@dataclass(slots=True)
class RawArticle:
    """An article with its strings as written; the item loader normalises them.

    `canonical` is the page's canonical URL; `server_errors` is true if error output of the server was removed from the
    text.
    """

    title: str | None
    paragraphs: list[str]
    meta: MetaLine | None
    images: list[tuple[str, str | None]] = field(default_factory=list)
    truncated: bool = False
    extractor: str = EXTRACTOR
    canonical: str | None = None
    server_errors: bool = False


class ArticlePage:
    """Reads one article page. `root` is the parsed document, `url` its URL (for the id and the slug)."""

    extractor: ClassVar[str] = EXTRACTOR

    def __init__(self, root: Element, url: str) -> None:
        self.root = root
        self.url = url
        self.id = article_id(url)
        self.site = site()
        # The element with the text, if the profile's selector finds it.
        self.content: Element | None = self.site.article.content.first(root)
        self._inside = frozenset(() if self.content is None else descendants(self.content))
        # Marked teasers are excluded from the article's blocks; they are read only if they are new. The article itself
        # may have the class names of a teaser (`article.post` of WordPress): it contains the text.
        items = set(marked_items(root, outside=self.content))
        items.difference_update(() if self.content is None else ancestors(self.content))
        removed = self.site.article.remove.all(root)
        # What the profile selects is read, even if it looks like a plugin's (`.cat-links a`).
        chosen = [each for each in (selector.first(root) for selector in self._selectors) if each is not None]
        omitted = OmittedElements(self.content, removed, inside=self._inside, kept=items, chosen=chosen)
        self.blocks = flow(root, without=items, omitted=omitted)

    @property
    def _selectors(self) -> tuple[Selector, ...]:
        """The selectors of the fields beside the text."""
        markup = self.site.article
        return markup.headline, markup.date, markup.source, markup.original

    @cached_property
    def _meta(self) -> tuple[MetaLine, int, int] | None:
        """The meta line and the indexes of its first and last block: by the selectors, else by its labels."""
        by_labels = read_meta_line(self.blocks, self._inside)
        markup = self.site.article
        if not (markup.date or markup.source or markup.original):
            return by_labels
        written = by_labels[0] if by_labels else MetaLine(None, None, None)
        elements = [each.first(self.root) for each in (markup.date, markup.source, markup.original)]
        date, source = (
            meta_value(selector.read(element), name) if element is not None else None
            for selector, element, name in zip((markup.date, markup.source), elements, ("date", "source"), strict=False)
        )
        original = markup.original.value(self.root, "href")
        meta = MetaLine(date or written.date, source or written.source, original or written.original)
        if not (meta.date or meta.source):
            return None
        places = [place for each in elements if each is not None and (place := self._place_of(each)) is not None]
        places += by_labels[1:] if by_labels else ()
        return (meta, min(places), max(places)) if places else None

    def _place_of(self, element: Element) -> int | None:
        """Index of the first block that contains an element, or that is inside it; None if there is none."""
        inside = set(descendants(element))
        around = [element, *islice(ancestors(element), _NEAR)]
        for holder in (inside, *({each} for each in around)):
            for index, block in enumerate(self.blocks):
                if block.element in holder:
                    return index
        return None

    @cached_property
    def _captions(self) -> Captions:
        return Captions(self.root)

    @cached_property
    def _end(self) -> int:
        """Index of the first block after the article: the "More From" heading, or the first teaser."""
        related = self.site.article.related.first(self.root)
        place = self._place_of(related) if related is not None else None
        if related is not None and place is None:
            # Its blocks are marked teasers.
            inside = set(descendants(related))
            items = [at for at, block in enumerate(self.blocks) if block.item is not None and block.item in inside]
            place = items[0] if items else None
        return self._found_end() if place is None else place

    def _found_end(self) -> int:
        start = self._meta[2] + 1 if self._meta else 0
        leads = [block.item is not None or self._links_elsewhere(block) for block in self.blocks]
        last = max((at for at, leading in enumerate(leads) if leading), default=-1)
        titled = self.site.related.titled
        headings = [
            at
            for at in range(start, last)
            if (text := self.blocks[at].text)
            and titled.fullmatch(text)
            and (self._is_own_block(at) or any(leads[at + 1 : at + 1 + _NEAR]))
            and (self.blocks[at].heading or self.content is None or not self._in_content(self.blocks[at]))
        ]
        if headings:
            # That of the article's own source, or else a heading rather than a line of text.
            return max(headings, key=lambda at: (self._is_own_block(at), self.blocks[at].heading > 0, -at))
        for index, block in enumerate(self.blocks[start:], start):
            if block.item is not None:
                return index
        for identity, first, run in runs(self.blocks[start:]):
            # Inside the content element it is a list of other articles, and the text continues below.
            within = self.content is not None and self._in_content(self.blocks[start + first])
            if identity != self.id and not within and is_other_teaser(run):
                return start + first
        return len(self.blocks)

    def _is_own_block(self, index: int) -> bool:
        match = self.site.related.titled.fullmatch(self.blocks[index].text)
        source = self._meta[0].source if self._meta else None
        return match is not None and source is not None and same_source(match[1], source)

    @cached_property
    def _block_end(self) -> int:
        """Index after the "More From" block: its "More Articles", or the next other heading."""
        start, button = self._end + 1, self.site.more.button
        if self.block_source is None:
            return len(self.blocks)
        for index, block in enumerate(self.blocks[start:], start):
            if not block.text:
                continue
            other = block.heading and not any(article_id(href) for href in block.hrefs)
            if button.fullmatch(block.text) or (other and not says_day(block.text)):
                return index
        return len(self.blocks)

    @cached_property
    def block_source(self) -> str | None:
        """The source in the "More From <source>" heading, as written."""
        if self._end < len(self.blocks) and (match := self.site.related.titled.fullmatch(self.blocks[self._end].text)):
            return match[1]
        return None

    @cached_property
    def is_password_protected(self) -> bool:
        """Whether the page asks for a password instead of showing the text."""
        marks = self.site.blocks
        if marks.password_form.first(self.root) is not None:
            return True
        # The sentence, if the form is not WordPress's own, or if there is none.
        words = marks.password_words
        sentences = [block for block in self.blocks[: self._end] if words.match(block.text)]
        in_form = any("form" in block.within for block in sentences)
        if in_form and self.root.css_first("input[type=password]") is not None:
            return True
        return bool(sentences) and all(words.match(block.text) for block in self._body_blocks)

    def is_article(self) -> bool:
        """Whether this is an article page, rather than a listing or only header and footer."""
        if self._meta is not None or self.content is not None:
            return True
        # A listing that starts with this article shows its headline too, as a link.
        headline = self._slugged_headline()
        return headline is not None and not self.blocks[headline].hrefs

    def read(self) -> RawArticle:
        """Return the raw fields of the article; None or empty if the page does not have them."""
        headline = self._headline
        cut = [cut_server_errors(block.text) for block in self._body_blocks]
        paragraphs = [kept for text, _ in cut if (kept := cut_metering(text)[0])]
        # The sentence may be below the content element.
        shown = self.blocks[self._last_above + 1 : self._end]
        strategy = CONTENT if self.content is not None else STRUCTURE
        return RawArticle(
            title=self.blocks[headline].text if headline is not None else None,
            paragraphs=paragraphs,
            meta=self._meta[0] if self._meta else None,
            images=self._images,
            truncated=any(self._is_metering(block) for block in shown),
            extractor=f"{self._version}+{strategy}",
            canonical=self._canonical,
            server_errors=any(was_cut for _, was_cut in cut),
        )

    @property
    def _last_above(self) -> int:
        """The index of the last block above the text: the headline, or the meta line unless it is below; -1 if none."""
        headline = -1 if self._headline is None else self._headline
        meta = self._meta[2] if self._meta else -1
        text = {id(block) for block in self._body_blocks}
        first = next((at for at, block in enumerate(self.blocks[: self._end]) if id(block) in text), self._end)
        return max(headline, meta) if meta < first else headline

    @property
    def _version(self) -> str:
        """Name and version of this extractor, with the beginning of the digest of a profile that is not built in."""
        digest = self.site.digest
        return f"{self.extractor}.profile-{digest[:_DIGEST_LETTERS]}" if digest else self.extractor

    @property
    def _canonical(self) -> str | None:
        link = self.root.css_first("link[rel=canonical][href]")
        href = link.attributes.get("href") if link is not None else None
        return href if href and article_id(href) == self.id else None

    def _is_metering(self, block: Block) -> bool:
        # Links and texts outside of the content may advertise an upgrade on any page.
        if block.linked or (self.content is not None and not self._in_content(block)):
            return is_metering(block.text)
        return cut_metering(block.text)[1]

    def teasers(self, skip: Container[str] = ()) -> list[RawTeaser]:
        """Return the teasers of the "More From" block; ids in `skip` are skipped."""
        first = self._end if self.block_source is not None else 0
        return teasers_among(self.blocks[first : self._block_end], start=self._end - first, skip=skip)

    def found_by(self) -> dict[str, str]:
        """How each field was found: by a selector of the profile, by words, by the slug of the URL, or by structure."""
        markup, root = self.site.article, self.root
        headline = self._headline
        chosen = markup.headline.first(root)
        if chosen is not None and headline is not None and headline == self._place_of(chosen):
            title = f"selector {markup.headline.css}"
        else:
            title = "slug of the URL" if headline == self._slugged_headline() else "position above the text"
        found = {"title": title} if headline is not None else {}
        found["body"] = f"selector {markup.content.css}" if self.content is not None else "structure"
        selectors = {"published_on": markup.date, "source": markup.source, "original_url": markup.original}
        labels = {"published_on": "date", "source": "source", "original_url": "original"}
        for name, selector in selectors.items():
            if self._meta is not None and getattr(self._meta[0], labels[name]):
                found[name] = f"selector {selector.css}" if selector.first(root) is not None else "words of its label"
        return found

    def unexplained(self) -> tuple[list[str], int, int]:
        """The texts above the block of other articles that belong to no field, their letters, and the letters of all.

        Navigation, forms, footers and the lines that the profile names are left out.
        """
        body = {id(block) for block in self._body_blocks}
        meta = range(self._meta[1], self._meta[2] + 1) if self._meta else range(0)
        others, letters, total = [], 0, 0
        for index, block in enumerate(self.blocks[: self._end]):
            size = sum(map(str.isalnum, block.text))
            total += size
            known = index == self._headline or index in meta or id(block) in body
            if not size or known or is_aside(block) or block.linked:
                continue
            if self._is_frame(block.text) or self._is_furniture(block) or self._is_metering(block):
                continue
            others.append(block.text)
            letters += size
        return others, letters, total

    # The headline

    def _is_frame(self, text: str) -> bool:
        """Whether a line belongs to the page header: the name of the site or a source, the current date, a button."""
        lines = self.site.lines
        if lines.frame.fullmatch(text) or lines.media.fullmatch(text) or lines.share.fullmatch(text):
            return True
        named = (self._meta[0].source if self._meta else None, self.block_source)
        return is_day_line(text) or is_source_line(text, [each for each in named if each])

    def _candidates(self, says: Callable[[str], object] = bool) -> list[int]:
        """Indexes of the blocks whose text may be the headline, in document order."""
        return [
            index
            for index, block in enumerate(self.blocks[: self._end])
            if (text := block.text) and says(text) and not self._is_frame(text)
        ]

    def _slugged_headline(self) -> int | None:
        """Index of the block that the slug of the URL was made from; preferably a heading."""
        from_slug = self._candidates(Slug(self.url).says)
        return max(from_slug, key=lambda index: (self.blocks[index].heading > 0, -index), default=None)

    @cached_property
    def _headline(self) -> int | None:
        """Index of the headline: by the selector, else the slug, the heading above the text, or the line above it."""
        chosen = self.site.article.headline.first(self.root)
        place = self._place_of(chosen) if chosen is not None else None
        if place is not None and self.blocks[place].text:
            return place
        slugged = self._slugged_headline()
        if slugged is not None:
            return slugged
        lines = self.site.lines
        furniture = (lines.newsletter, lines.share_links, lines.sections_below)
        candidates = [
            index
            for index in self._candidates()
            if not is_aside(self.blocks[index])
            and not any(each.fullmatch(self.blocks[index].text[:_LONGEST_LINE]) for each in furniture)
        ]
        limit = self._meta[1] if self._meta else self._content_start()
        above = [index for index in candidates if limit is None or index < limit]
        headings = [index for index in above if self.blocks[index].heading]
        if headings:
            return headings[-1]
        # Directly below the meta line; a heading further down is a sub-heading.
        below = [index for index in candidates if limit is not None and index >= limit]
        below = [index for index in below if not self._meta or not self._meta[1] <= index <= self._meta[2]]
        if below and self.blocks[below[0]].heading and len(below) > 1 and not self._is_text_before(below[0]):
            return below[0]
        # Only the line directly above the meta line, unless it leads elsewhere.
        if not above or not self._meta or above[-1] != self._meta[1] - 1:
            return None
        line = self.blocks[above[-1]]
        return None if line.linked and not any(article_id(href) == self.id for href in line.hrefs) else above[-1]

    def _is_text_before(self, index: int) -> bool:
        """Whether content precedes this block, which is then a sub-heading."""
        return self.content is not None and any(block.text and self._in_content(block) for block in self.blocks[:index])

    def _content_start(self) -> int | None:
        if self.content is None:
            return None
        return next((index for index, block in enumerate(self.blocks) if self._in_content(block)), None)

    def _in_content(self, block: Block) -> bool:
        return block.element in self._inside

    # The text

    @cached_property
    def _body_blocks(self) -> list[Block]:
        headline = self._headline
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
            start = -1 if headline is None else headline
            chosen = self._without_bylines(self.blocks[max(start, meta_last) + 1 : self._end])
            if self._end == len(self.blocks):
                chosen = self._siblings(chosen)
        others = self._other_lists(chosen)
        return [block for block in chosen if block.text and id(block) not in others and not self._is_furniture(block)]

    def _without_bylines(self, blocks: Sequence[Block]) -> list[Block]:
        """Remove the lines above a text that do not belong to it: "Posted", a date, the name of an author."""
        begin, bylines = 0, self.site.lines.bylines
        password_words = self.site.blocks.password_words
        while begin < len(blocks) and (
            not blocks[begin].text or is_day_line(blocks[begin].text) or bylines.fullmatch(blocks[begin].text)
        ):
            begin += 1
        return [block for block in blocks[begin:] if not password_words.match(block.text)]

    def _other_lists(self, blocks: Sequence[Block]) -> set[int]:
        """The blocks (by `id`) of teasers and links of other articles inside the text, with their heading."""
        if not any(self._links_elsewhere(block) for block in blocks):
            return set()
        others = self._listed_links(blocks) if self.content is not None else set()
        for identity, first, run in runs(blocks):
            if identity == self.id or not is_other_teaser(run):
                continue
            # The text continues after the last line that identifies a teaser: a date, a doubled excerpt, a link.
            texts = Counter(block.text for block in run)
            own = [at for at, block in enumerate(run) if block.hrefs or date_in_block(block) or texts[block.text] > 1]
            others.update(id(block) for block in run[own[0] : own[-1] + 1])
            begin = first + own[0]
            if begin and blocks[begin - 1].heading:
                others.add(id(blocks[begin - 1]))
        return others

    def _listed_links(self, blocks: Sequence[Block]) -> set[int]:
        """The blocks (by `id`) of lists that contain only links to other articles, and the headings above them."""
        lists: dict[Element, list[int]] = {}
        mixed: set[Element] = set()
        for at, block in enumerate(blocks):
            if "li" not in block.within:
                continue
            holder = next((each for each in islice(ancestors(block.element), _NEAR) if each.tag in ("ul", "ol")), None)
            if holder is None:
                continue
            lists.setdefault(holder, []).append(at)
            if block.text and not (block.linked and self._links_elsewhere(block)):
                mixed.add(holder)
        found: set[int] = set()
        sections_below = self.site.lines.sections_below
        for holder, places in lists.items():
            if holder in mixed:
                continue
            found.update(id(blocks[at]) for at in places)
            if places[0] and (blocks[places[0] - 1].heading or sections_below.fullmatch(blocks[places[0] - 1].text)):
                found.add(id(blocks[places[0] - 1]))
        return found

    def _is_furniture(self, block: Block) -> bool:
        """Whether a block does not belong to the text: image captions, buttons, footers, navigation, sharing."""
        if not block.within.isdisjoint(("nav", "button", "form")) or self._is_caption(block):
            return True
        if "footer" in block.within and "blockquote" not in block.within:
            return True
        text = block.text
        lines = self.site.lines
        if len(text) <= _LONGEST_LINE and any(
            each.fullmatch(text) for each in (lines.share, lines.newsletter, lines.advertising)
        ):
            return True
        if not block.hrefs or block.own_letters > _PARAGRAPH:
            return False
        if lines.page_numbers.fullmatch(text) or (not block.own_letters and self._leads_about(block)):
            return True
        if self.content is not None:
            return False
        return self._links_elsewhere(block) or block.own_letters <= _FEW_LETTERS

    def _leads_about(self, block: Block) -> bool:
        """Whether all links of a block are navigation or sharing."""
        lines = self.site.lines
        return bool(block.anchors) and all(
            lines.previous_next.fullmatch(text)
            or lines.share_links.fullmatch(text)
            or lines.share_addresses.search(href[:_LONGEST_SHARE_ADDRESS])
            for href, text in block.anchors
        )

    def _is_caption(self, block: Block) -> bool:
        """Whether a block is the caption of a delivered image. Captions of tables and embeds are text."""
        if not self._delivered_captions:
            return False
        near = (block.element, *islice(ancestors(block.element), _NEAR))
        return not self._delivered_captions.isdisjoint(near)

    def _links_elsewhere(self, block: Block) -> bool:
        return bool(block.hrefs) and any(article_id(href) not in (None, self.id) for href in block.hrefs)

    def _siblings(self, blocks: Sequence[Block]) -> list[Block]:
        """The blocks at the level of the first paragraph: without a "More From" heading, the end is unknown."""
        below = self.site.lines.sections_below
        end = next((at for at, block in enumerate(blocks) if at and below.fullmatch(block.text)), len(blocks))
        texts = [block for block in blocks[:end] if block.text and not self._is_furniture(block)]
        first = next((block for block in texts if len(block.text) >= _PARAGRAPH), None)
        if first is None:
            return texts[:1]
        # The smallest element around it with another block. The text is what is nested in it like the first paragraph,
        # and lists, tables and the like; comments and footers are nested differently.
        path = [first.element, *ancestors(first.element)]
        levels = {element: level for level, element in enumerate(path)}
        known: dict[Element, int] = {}
        nested = [(block, _level(block.element, levels, known)) for block in texts]
        for level, holder in enumerate(path):
            inside = [block for block, at in nested if at <= level]
            if len(inside) < 2 and holder.tag != "body":
                continue
            if level == 0:
                return inside
            kind = _path_within(first.element, holder)
            paths = [(block, _path_within(block.element, holder)) for block in inside]
            return [block for block, path in paths if path == kind or (level == 1 and path[-1] in _TEXTUAL)]
        return [first]

    @cached_property
    def _pictures(self) -> list[tuple[str, Element]]:
        start = self._headline if self._headline is not None else 0
        return [
            (src, image)
            for block in self.blocks[start : self._end]
            if self.content is None or self._in_content(block)
            for image in block.images
            if (src := source_of(image)) and not logo_stem(src)
        ]

    @cached_property
    def _images(self) -> list[tuple[str, str | None]]:
        return [(src, self._captions.of(image)) for src, image in self._pictures]

    @cached_property
    def _delivered_captions(self) -> set[Element]:
        found = (self._captions.element_of(image) for _, image in self._pictures)
        # Captions of galleries are text.
        return {each for each in found if each is not None and each.tag != "dd"}


def _level(element: Element, levels: dict[Element, int], known: dict[Element, int]) -> int:
    """Level above the first paragraph of the closest ancestor shared with `element`."""
    path = []
    found = len(levels)
    for each in (element, *ancestors(element)):
        if each in levels:
            found = levels[each]
            break
        if each in known:
            found = known[each]
            break
        path.append(each)
    for each in path:
        known[each] = found
    return found


def _path_within(element: Element, holder: Element) -> tuple[str | None, ...]:
    """The tags from an element up to its ancestor `holder`, excluding that."""
    path: list[str | None] = []
    for each in islice((element, *ancestors(element)), _DEEPEST):
        if is_same(each, holder):
            break
        path.append(each.tag)
    return tuple(path) or (None,)
