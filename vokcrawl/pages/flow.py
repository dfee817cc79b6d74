"""A page as a flow of text blocks: what is left of a page when class names and tags mean nothing.

The readings of last resort (`listing`, `article`) work on this flow: the words, their order, which of them are
links to where, and which are headings. That cannot change without the site becoming another one.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from vokcrawl.fields import clean_text
from vokcrawl.pages.tree import TEXT, Element, ancestors

# Everything that is not inline begins and ends a block: a new tag of a new skin is a block until shown otherwise.
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q s samp small span "  # noqa: SIM905
    "strike strong sub sup time tt u var wbr".split()
)
_SILENT = frozenset("head iframe noscript object script select style svg template textarea title".split())  # noqa: SIM905
# So are what has no name (an instruction to a program), and comments.
_SILENT |= {"", "-comment"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
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
    hrefs: list[str] = field(default_factory=list)
    anchors: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    images: list[Element] = field(default_factory=list)
    linked: bool = True
    item: Element | None = None

    @property
    def own_letters(self) -> int:
        """How many letters and digits of the text belong to no link."""
        if self.linked:
            return 0
        return _letters(self.text) - sum(_letters(text) for _, text in self.anchors)


class _Builder:
    """Collects text into blocks while the tree is walked."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.headings: list[int] = []
        # The open links: their target, and where their text begins in the block that they opened in.
        self.links: list[tuple[str, Block | None, int]] = []
        self.elements: list[Element] = []
        self._texts: list[str] = []
        self._broken = False  # whether the last thing in the block was a <br>
        self._block: Block | None = None

    def open(self) -> Block:
        if self._block is None:
            self._block = Block(self.elements[-1], self.headings[-1] if self.headings else 0)
            if self.links:
                href, _, _ = self.links[-1]
                self._block.hrefs.append(href)
                self.links[-1] = (href, self._block, 0)
        return self._block

    def text(self, text: str) -> None:
        blank = text.isspace()
        if self._block is None and blank:
            return
        block = self._block or self.open()
        self._texts.append(text.replace(_BREAK, " "))
        if not blank:
            self._broken = False
            if not self.links:
                block.linked = False

    def boundary(self) -> None:
        block = self._block
        if block is None:
            return
        written = "".join(self._texts)
        block.text = clean_text(written)
        block.lines = [block.text]
        if _BREAK in written:
            block.lines = [line for part in written.split(_BREAK) if (line := clean_text(part))]
        if block.text or block.hrefs or block.images:
            self.blocks.append(block)
        self._block, self._texts, self._broken = None, [], False

    def pass_over(self, item: Element) -> None:
        self.boundary()
        self.blocks.append(Block(self.elements[-1], item=item))

    def enter(self, element: Element, tag: str) -> None:
        if tag == "br":
            # Two in a row part paragraphs, one is white space.
            if self._broken:
                self.boundary()
            elif self._block is not None:
                self._texts.append(_BREAK)
                self._broken = True
            return
        if tag not in _INLINE:
            self.boundary()
            self.elements.append(element)
            if tag in _HEADINGS:
                self.headings.append(_HEADINGS[tag])
        if tag == "a" and (href := element.attrs.get("href")) is not None:
            if self._block is not None:
                self._block.hrefs.append(href)
            self.links.append((href, self._block, len(self._texts)))
        elif tag == "img":
            self.open().images.append(element)

    def leave(self, element: Element, tag: str) -> None:
        if tag == "br":
            return
        if tag == "a" and element.attrs.get("href") is not None:
            if _is_empty(element):
                self.open()  # an empty anchor still is a link of its block
            href, block, start = self.links.pop()
            if block is not None and block is self._block:
                block.anchors.append((href, clean_text("".join(self._texts[start:]))))
        if tag not in _INLINE:
            self.boundary()
            self.elements.pop()
            if tag in _HEADINGS:
                self.headings.pop()


def flow(root: Element, without: Container[Element] = ()) -> list[Block]:
    """The blocks of the tree below `root`, in the order of the document, without scripts and the like.

    The elements in `without` are passed over with all that is in them; a block with an `item` marks their place.
    """
    builder = _Builder()
    builder.elements.append(root)
    tag = root.tag or ""
    builder.enter(root, tag)
    # Without recursion: a hostile page nests deeper than Python recurses.
    around: list[tuple[Element, str]] = [(root, tag)]
    node = root.first_child
    while around:
        if node is None:
            element, tag = around.pop()
            builder.leave(element, tag)
            node = element.next
            continue
        tag = node.tag or ""
        if tag == TEXT:
            builder.text(node.text_content or "")
        elif node in without:
            builder.pass_over(node)
        elif tag not in _SILENT:
            builder.enter(node, tag)
            around.append((node, tag))
            node = node.first_child
            continue
        node = node.next
    builder.boundary()
    return builder.blocks


def is_within(element: Element, tags: Container[str]) -> bool:
    """Whether `element` is, or stands inside, an element of one of these tags."""
    return element.tag in tags or any(each.tag in tags for each in ancestors(element))


def is_aside(block: Block) -> bool:
    """Whether a block stands beside the page's content: in a sidebar, a menu, a footer, or a form."""
    return is_within(block.element, ("aside", "nav", "footer", "form", "label"))


def _is_empty(link: Element) -> bool:
    inside = link.first_child
    return inside is None or (inside.tag == TEXT and inside.next is None and not (inside.text_content or "").strip())


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))
