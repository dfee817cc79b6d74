"""A page as a flow of text blocks: what is left of a page when class names and tags mean nothing.

The readings of last resort (`listing`, `article`) work on this flow: the words, their order, which of them are
links to where, and which are headings. That cannot change without the site becoming another one.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from vokcrawl.normalize import clean_text
from vokcrawl.pages.pictures import emoji_of
from vokcrawl.pages.tree import TEXT, UNSEEN, Element, ancestors

# Phrasing elements, and what browsers show in a line like them.
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big blink cite code data del dfn em font i img ins kbd label mark math nobr output "  # noqa: SIM905
    "picture q rb rbc rt rtc ruby s samp slot small span strike strong sub sup time tt u var wbr".split()
)
# What begins and ends a block. All other elements are unknown to browsers, too: see `_Builder._is_in_line`.
_BLOCKS = frozenset(
    "address article aside blockquote body button caption center col colgroup dd details dialog dir div dl dt fieldset "  # noqa: SIM905
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html input legend li listing main "
    "marquee menu nav ol optgroup option p plaintext pre search section summary table tbody td tfoot th thead tr ul "
    "xmp".split()
)
# Elements that hold phrasing alone.
_PHRASING = frozenset("p h1 h2 h3 h4 h5 h6 pre dt caption figcaption legend summary".split())  # noqa: SIM905
_SILENT = UNSEEN.union(
    "head iframe noscript object script select style svg template textarea title audio video canvas rp datalist "  # noqa: SIM905
    "progress meter noembed noframes annotation annotation-xml".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
# The elements around a block that it knows of.
_ASIDE = frozenset(("aside", "nav", "footer", "form", "label"))
_CONTEXT = frozenset("aside nav footer form label button figcaption blockquote li p table".split())  # noqa: SIM905
# What stands in none: where the end of a heading is missing, it holds all that follows.
_NO_HEADING = frozenset("p ul ol dl table article section form hr figure blockquote".split()) | _HEADINGS.keys()  # noqa: SIM905
# Stands for a <br> until the block is done: a character that no text can hold.
_BREAK = "\x1e"


@dataclass(slots=True)
class Block:
    """One run of text between two block boundaries.

    `heading` is 1 to 6 inside a heading, else 0; `hrefs` are the targets of the links that touch the block, as
    written; `anchors` are target and text of the links that stand wholly inside it; `lines` is the text as its <br>s
    part it; `linked` says that all of it is links' text; `within` are the tags of the elements around it that say
    what it is (``nav``, ``form``, …). A block with an `item` has no text of its own: it marks the place of an element
    that was passed over.
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
        self._within: list[frozenset[str]] = [_within_of(root)]
        self._links: list[_Link] = []
        # The block at hand: its number, 0 while there is none, and what is in it.
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
        """Begins an element; whether it is one in a line, which `leave` is to be told."""
        if tag == "br":
            # Two in a row part paragraphs, one is white space.
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
        elif tag == "img":
            emoji = emoji_of(element)
            if emoji is not None:
                self.text(emoji)
            else:
                self._open()
                self._images.append(element)
        return in_line

    def _is_in_line(self, element: Element) -> bool:
        """Whether an element that no standard knows stands in a line of text.

        Browsers show all of them so; but themes make blocks of them, and then text stands neither before nor behind.
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
        """Ends an element."""
        if tag == "br":
            return
        if tag == "a" and self._links and self._links[-1].element is element:
            if _is_empty(element):
                self._open()  # an empty anchor still is a link of its block
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
    """The blocks of the tree below `root`, in the order of the document, without scripts and the like.

    The elements in `without` are passed over with all that is in them; a block with an `item` marks their place. Those
    in `omitted` are left out without a trace.
    """
    builder = _Builder(root)
    # Without recursion: a hostile page nests deeper than Python recurses.
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
    """Whether a block stands beside the page's content: in a sidebar, a menu, a footer, or a form."""
    return not block.within.isdisjoint(_ASIDE)


def _within_of(root: Element) -> frozenset[str]:
    """What is around the element at which a flow begins."""
    return _CONTEXT.intersection(each.tag or "" for each in (root, *ancestors(root)))


def _is_empty(link: Element) -> bool:
    inside = link.first_child
    while inside is not None and (inside.tag in UNSEEN or not (inside.text_content or "x").strip()):
        inside = inside.next
    return inside is None


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))
