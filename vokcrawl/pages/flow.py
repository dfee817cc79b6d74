"""A page as a flow of text blocks: what is left of a page when class names and tags mean nothing.

The readings of last resort (`listing`, `article`) work on this flow: the words, their order, which of them are
links to where, and which are headings. That cannot change without the site becoming another one.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from vokcrawl.normalize import clean_text
from vokcrawl.pages.tree import TEXT, UNSEEN, Element

# Everything that is not inline begins and ends a block: a new tag of a new skin is a block until shown otherwise.
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q s samp small span "  # noqa: SIM905
    "strike strong sub sup time tt u var wbr".split()
)
_SILENT = UNSEEN.union("head iframe noscript object script select style svg template textarea title".split())  # noqa: SIM905
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
# What stands in none: where the end of a heading is missing, it holds all that follows.
_NO_HEADING = frozenset("p ul ol dl table article section form hr figure blockquote".split()) | _HEADINGS.keys()  # noqa: SIM905
# Stands for a <br> until the block is done: a character that no text can hold.
_BREAK = "\x1e"


@dataclass(slots=True)
class Block:
    """One run of text between two block boundaries.

    `heading` is 1 to 6 inside a heading, else 0; `hrefs` are the targets of the links that touch the block, as
    written; `anchors` are target and text of the links that stand wholly inside it; `lines` is the text as its <br>s
    part it; `linked` says that all of it is links' text. A block with an `item` has no text of its own: it marks
    the place of an element that was passed over.
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

    @property
    def own_letters(self) -> int:
        """How many letters and digits of the text belong to no link."""
        if self.linked:
            return 0
        return _letters(self.text) - sum(_letters(text) for _, text in self.anchors)


@dataclass(slots=True)
class _Link:
    """An open link: its target, and where its text begins in the block (by its number) that it opened in, if any."""

    element: Element
    href: str
    block: int
    start: int


class _Builder:
    """Collects text into blocks while the tree is walked."""

    def __init__(self, root: Element) -> None:
        self.blocks: list[Block] = []
        self._elements = [root]
        self._headings: list[int] = []
        self._links: list[_Link] = []
        # The block at hand: its number, 0 while there is none, and what is in it.
        self._block = 0
        self._last = 0
        self._texts: list[str] = []
        self._hrefs: list[str] = []
        self._anchors: list[tuple[str, str]] = []
        self._images: list[Element] = []
        self._linked = True
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
            if not self._links:
                self._linked = False

    def pass_over(self, item: Element) -> None:
        if self._block:
            self.boundary()
        self.blocks.append(Block(self._elements[-1], item=item))

    def enter(self, element: Element, tag: str) -> None:
        if tag == "br":
            # Two in a row part paragraphs, one is white space.
            if self._broken:
                self.boundary()
            elif self._block:
                self._texts.append(_BREAK)
                self._broken = True
            return
        if tag not in _INLINE:
            if self._block:
                self.boundary()
            self._elements.append(element)
            if self._headings and tag in _NO_HEADING:
                self._headings = [0] * len(self._headings)
            if tag in _HEADINGS:
                self._headings.append(_HEADINGS[tag])
        if tag == "a" and (href := element.attributes.get("href")) is not None:
            if self._block:
                self._hrefs.append(href)
            self._links.append(_Link(element, href, self._block, len(self._texts)))
        elif tag == "img":
            self._open()
            self._images.append(element)

    def leave(self, element: Element, tag: str) -> None:
        if tag == "br":
            return
        if tag == "a" and self._links and self._links[-1].element is element:
            if _is_empty(element):
                self._open()  # an empty anchor still is a link of its block
            link = self._links.pop()
            if self._block and link.block == self._block:
                self._anchors.append((link.href, clean_text("".join(self._texts[link.start :]))))
        if tag not in _INLINE:
            if self._block:
                self.boundary()
            self._elements.pop()
            if tag in _HEADINGS:
                self._headings.pop()

    def done(self) -> list[Block]:
        if self._block:
            self.boundary()
        return self.blocks

    def boundary(self) -> None:
        """The block at hand is over, and what comes is of another one."""
        written = "".join(self._texts)
        text = clean_text(written)
        if text or self._hrefs or self._images:
            lines = [text]
            if _BREAK in written:
                lines = [line for part in written.split(_BREAK) if (line := clean_text(part))]
            heading = self._headings[-1] if self._headings else 0
            element = self._elements[-1]
            self.blocks.append(
                Block(element, heading, text, self._hrefs, self._anchors, lines, self._images, self._linked)
            )
        self._block, self._linked, self._broken = 0, True, False
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


def flow(root: Element, without: Container[Element] = ()) -> list[Block]:
    """The blocks of the tree below `root`, in the order of the document, without scripts and the like.

    The elements in `without` are passed over with all that is in them; a block with an `item` marks their place.
    """
    builder = _Builder(root)
    # Without recursion: a hostile page nests deeper than Python recurses.
    around: list[tuple[Element, str]] = [(root, root.tag or "")]
    builder.enter(*around[0])
    node = root.first_child
    while around:
        if node is None:
            element, name = around.pop()
            builder.leave(element, name)
            node = element.next
            continue
        tag = node.tag
        if tag == TEXT:
            builder.text(node.text_content or "")
        elif node in without:
            builder.pass_over(node)
        elif tag is not None and tag not in _SILENT:
            builder.enter(node, tag)
            around.append((node, tag))
            node = node.first_child
            continue
        node = node.next
    return builder.done()


def is_within(element: Element, tags: Container[str]) -> bool:
    """Whether `element` is, or stands inside, an element of one of these tags."""
    each: Element | None = element
    while each is not None:
        if each.tag in tags:
            return True
        each = each.parent
    return False


def is_quarantined(block: Block) -> bool:
    """Whether a block stands beside the page's content: in a sidebar, a menu, a footer, or a form."""
    return is_within(block.element, ("aside", "nav", "footer", "form", "label"))


def _is_empty(link: Element) -> bool:
    inside = link.first_child
    while inside is not None and (inside.tag in UNSEEN or not (inside.text_content or "x").strip()):
        inside = inside.next
    return inside is None


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))
