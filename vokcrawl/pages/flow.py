"""A page as a sequence of text blocks, independent of class names and most tags.

The readers `listing` and `article` use the words, their order, the link targets, and which blocks are headings. These
survive a new theme.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from vokcrawl.normalize import clean_text
from vokcrawl.pages.pictures import emoji_of
from vokcrawl.pages.tree import TEXT, UNSEEN, Element, ancestors

# Phrasing elements, and others that browsers render inline.
_INLINE = frozenset(
    "a abbr acronym amp-anim amp-img b bdi bdo big blink cite code data del dfn em font i img ins kbd label "  # noqa: SIM905
    "mark math nobr output picture q rb rbc rt rtc ruby s samp slot small span strike strong sub sup time tt u "
    "var wbr".split()
)
# Elements that start and end a block. All others are unknown to browsers: see `_Builder._is_in_line`.
_BLOCKS = frozenset(
    "address article aside blockquote body button caption center col colgroup dd details dialog dir div dl dt fieldset "  # noqa: SIM905
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html input legend li listing main "
    "marquee menu nav ol optgroup option p plaintext pre search section summary table tbody td tfoot th thead tr ul "
    "xmp".split()
)
# Elements that contain only phrasing content.
_PHRASING = frozenset("p h1 h2 h3 h4 h5 h6 pre dt caption figcaption legend summary".split())  # noqa: SIM905
_SILENT = UNSEEN.union(
    "head iframe noscript object script select style svg template textarea title audio video canvas rp datalist "  # noqa: SIM905
    "progress meter noembed noframes annotation annotation-xml".split()
)
# Images of HTML and of AMP.
_IMAGES = frozenset(("img", "amp-img", "amp-anim"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
# Ancestors that a block records.
_ASIDE = frozenset(("aside", "nav", "footer", "form", "label"))
_CONTEXT = frozenset("aside nav header footer main article form label button figcaption blockquote li p table".split())  # noqa: SIM905
# Elements that end a heading whose end tag is missing.
_NO_HEADING = frozenset("p ul ol dl table article section form hr figure blockquote".split()) | _HEADINGS.keys()  # noqa: SIM905
# Marks a <br> until the block is complete; it cannot occur in text.
_BREAK = "\x1e"


@dataclass(slots=True)
class Block:
    """One run of text between two block boundaries.

    `heading` is 1 to 6 inside a heading, else 0; `hrefs` are the targets of the links that overlap the block, as
    written; `anchors` are target and text of the links that are completely inside it; `lines` is the text split at
    <br>; `linked` is true if all text is inside links; `within` are the tags of the relevant ancestors (``nav``,
    ``form``, …). A block with an `item` has no text: it marks the position of an excluded element.
    """

    element: Element
    heading: int = 0
    text: str = ""
    hrefs: Sequence[str] = ()
    anchors: Sequence[tuple[str, str]] = ()
    lines: Sequence[str] = ()
    images: Sequence[Element] = ()
    linked: bool = True
    item: Element | None = None
    within: frozenset[str] = frozenset()

    @property
    def own_letters(self) -> int:
        """Number of letters and digits outside of links."""
        if self.linked:
            return 0
        return _letters(self.text) - sum(_letters(text) for _, text in self.anchors)


@dataclass(slots=True)
class _Link:
    """An open link: its target, the number of the block in which it opened, and where its text starts there."""

    element: Element
    href: str
    block: int
    start: int


class _Builder:
    """Collects text into blocks during the traversal."""

    def __init__(self, root: Element) -> None:
        self.blocks: list[Block] = []
        self._elements = [root]
        self._headings: list[int] = []
        self._within: list[frozenset[str]] = [_within_of(root)]
        self._links: list[_Link] = []
        # The current block: its number (0 if there is none) and its contents.
        self._block = 0
        self._last = 0
        self._texts: list[str] = []
        self._hrefs: list[str] = []
        self._anchors: list[tuple[str, str]] = []
        self._images: list[Element] = []
        self._linked = True
        self._worded = False  # whether the block has any text yet
        self._broken = False  # whether the last thing in the block was a <br>

    def text(self, text: str) -> None:
        blank = text.isspace()
        if not self._block:
            if blank:
                return
            self._open()
        self._texts.append(text.replace(_BREAK, " "))
        if not blank:
            self._broken = False
            self._worded = True
            if not self._links:
                self._linked = False

    def pass_over(self, item: Element) -> None:
        if self._block:
            self.boundary()
        self.blocks.append(Block(self._elements[-1], item=item, within=self._within[-1]))

    def enter(self, element: Element, tag: str) -> bool:
        """Start an element. Returns whether it is inline, which `leave` needs."""
        if tag == "br":
            # Two in a row separate paragraphs; one is white space.
            if self._broken:
                self.boundary()
            elif self._block:
                self._texts.append(_BREAK)
                self._broken = True
            return True
        in_line = tag in _INLINE or (tag not in _BLOCKS and self._is_in_line(element))
        if not in_line:
            self._enter_block(element, tag)
        if tag == "a" and (href := element.attributes.get("href")) is not None:
            if self._block:
                self._hrefs.append(href)
            self._links.append(_Link(element, href, self._block, len(self._texts)))
        elif tag in _IMAGES:
            emoji = emoji_of(element)
            if emoji is not None:
                self.text(emoji)
            else:
                self._open()
                self._images.append(element)
        return in_line

    def _is_in_line(self, element: Element) -> bool:
        """Whether an unknown element is inline.

        Browsers render it inline, but themes use such elements as blocks; then there is no text before or after it.
        """
        if (self._block and self._worded) or self._elements[-1].tag in _PHRASING:
            return True
        following = element.next
        return following is not None and following.tag == TEXT and not (following.text_content or "").isspace()

    def _enter_block(self, element: Element, tag: str) -> None:
        if self._block:
            self.boundary()
        self._elements.append(element)
        within = self._within[-1]
        self._within.append(within | {tag} if tag in _CONTEXT else within)
        if self._headings and tag in _NO_HEADING:
            self._headings = [0] * len(self._headings)
        if tag in _HEADINGS:
            self._headings.append(_HEADINGS[tag])

    def leave(self, element: Element, tag: str, in_line: bool) -> None:
        """End an element."""
        if tag == "br":
            return
        if tag == "a" and self._links and self._links[-1].element is element:
            if _is_empty(element):
                self._open()  # an empty link counts as a link of its block
            link = self._links.pop()
            if self._block and link.block == self._block:
                self._anchors.append((link.href, clean_text("".join(self._texts[link.start :]))))
        if not in_line:
            if self._block:
                self.boundary()
            self._elements.pop()
            self._within.pop()
            if tag in _HEADINGS:
                self._headings.pop()

    def done(self) -> list[Block]:
        if self._block:
            self.boundary()
        return self.blocks

    def boundary(self) -> None:
        """Complete the current block."""
        written = "".join(self._texts)
        text = clean_text(written)
        if text or self._hrefs or self._images:
            lines = [text]
            if _BREAK in written:
                lines = [line for part in written.split(_BREAK) if (line := clean_text(part))]
            heading = self._headings[-1] if self._headings else 0
            element = self._elements[-1]
            self.blocks.append(
                Block(
                    element, heading, text, self._hrefs, self._anchors, lines, self._images, self._linked,
                    within=self._within[-1],
                )
            )  # fmt: skip
        self._block, self._linked, self._broken, self._worded = 0, True, False, False
        self._texts, self._hrefs, self._anchors, self._images = [], [], [], []

    def _open(self) -> None:
        if self._block:
            return
        self._last += 1
        self._block = self._last
        if self._links:
            link = self._links[-1]
            self._hrefs.append(link.href)
            link.block, link.start = self._block, 0


def flow(root: Element, without: Container[Element] = (), omitted: Container[Element] = ()) -> list[Block]:
    """Return the blocks of the tree below `root` in document order, without scripts and the like.

    Elements in `without` are excluded, and a block with an `item` marks their position. Elements in `omitted` are
    excluded without a mark.
    """
    builder = _Builder(root)
    # Iterative: a hostile page may be nested deeper than Python's recursion limit.
    name = root.tag or ""
    around: list[tuple[Element, str, bool]] = [(root, name, builder.enter(root, name))]
    node = root.first_child
    while around:
        if node is None:
            element, name, in_line = around.pop()
            builder.leave(element, name, in_line)
            node = element.next
            continue
        tag = node.tag
        if tag == TEXT:
            builder.text(node.text_content or "")
        elif tag is None or tag in _SILENT or node in omitted:
            pass
        elif node in without:
            builder.pass_over(node)
        else:
            around.append((node, tag, builder.enter(node, tag)))
            node = node.first_child
            continue
        node = node.next
    return builder.done()


def is_aside(block: Block) -> bool:
    """Whether a block is in a sidebar, a menu, a footer or a form."""
    return not block.within.isdisjoint(_ASIDE)


def _within_of(root: Element) -> frozenset[str]:
    """The relevant ancestors of the root element."""
    return _CONTEXT.intersection(each.tag or "" for each in (root, *ancestors(root)))


def _is_empty(link: Element) -> bool:
    inside = link.first_child
    while inside is not None and (inside.tag in UNSEEN or not (inside.text_content or "x").strip()):
        inside = inside.next
    return inside is None


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))
