"""Pictures: their addresses, also where they are loaded late, and their captions."""

from __future__ import annotations

import re
from itertools import islice

from vokcrawl.normalize import clean_text
from vokcrawl.pages.site_markup import PENDING_IMAGE
from vokcrawl.pages.tree import TEXT, Element, ancestors, text_of

__all__ = ["Captions", "emoji_of", "is_placeholder", "source_of"]

# Attributes that hold the address of a picture that is loaded late, and those with several sizes of it.
_LATE = ("data-lazy-src", "data-src", "data-original", "data-lazy", "data-orig-src", "data-echo")
_LATE_SETS = ("data-lazy-srcset", "data-srcset")
# Names of files that stand in for a picture, or that hold none.
_STAND_IN = re.compile(
    r"(?:^|[/_.-])(?:placeholder|blank|spacer|pixel|transparent|trans|loading|loader|lazy-?load|clear|empty|dummy|grey|gray|1x1)"
    r"[\w.-]*\.(?:gif|png|svg|jpe?g|webp)$",
    re.IGNORECASE,
)
_TRACKERS = re.compile(
    r"^(?:https?:)?//(?:pixel\.wp\.com|stats\.wordpress\.com|www\.facebook\.com/tr|[\w.-]*(?:google-analytics|doubleclick|"
    r"scorecardresearch|quantserve|feedburner)\.\w+)",
    re.IGNORECASE,
)
_AVATAR_HOST = re.compile(r"^(?:https?:)?//(?:[\w-]+\.)?gravatar\.com/", re.IGNORECASE)
_EMOJI_CLASSES = frozenset(("emoji", "wp-smiley"))
_AVATAR_CLASSES = frozenset(("avatar", "gravatar", "avatar-default"))
_NO_ADDRESS = ("data:", "about:", "javascript:", "blob:")
# Class names of captions that are no <figcaption>, and of what is around a picture and its caption.
_CAPTIONS = "figcaption, .wp-caption-text, .gallery-caption"
_HOLDER_CLASSES = frozenset(("wp-caption", "gallery-item"))
# A caption is no farther up from its picture than this, and an emoji's words no longer.
_FARTHEST, _LONGEST_EMOJI = 16, 40


def source_of(image: Element) -> str | None:
    """A picture's address; None where it has none, or shows nothing of the page's: placeholders, trackers, avatars."""
    written = image.attributes
    if _is_tracker(written) or not _AVATAR_CLASSES.isdisjoint((written.get("class") or "").split()):
        return None
    # What a script is to load is no stand-in, whatever its name.
    late = [each for name in _LATE if (each := written.get(name)) and not each.lstrip().lower().startswith(_NO_ADDRESS)]
    sets = (_first_of_set(written.get(name)) for name in (*_LATE_SETS, "srcset"))
    found = next((each for each in (*late, *filter(_is_address, (written.get("src"), *sets)))), None)
    found = found or _of_picture(image) or (_of_noscript(image) if "src" in written or _is_late(written) else None)
    return found if found and not _TRACKERS.match(found) and not _AVATAR_HOST.match(found) else None


def is_placeholder(src: str) -> bool:
    """Whether an address is that of a picture that stands in for another one."""
    return PENDING_IMAGE in src or _STAND_IN.search(src.partition("?")[0].partition("#")[0]) is not None


def emoji_of(image: Element) -> str | None:
    """The characters that a picture of them stands for; None for any other picture."""
    written = image.attributes
    if _EMOJI_CLASSES.isdisjoint((written.get("class") or "").split()):
        return None
    return (written.get("alt") or "")[:_LONGEST_EMOJI]


class Captions:
    """The captions of a page's pictures. Made once for a page; each look-up costs the same."""

    def __init__(self, root: Element) -> None:
        # What is around a picture and its caption, and the first caption in it.
        self._of: dict[Element, Element] = {}
        for caption in root.css(_CAPTIONS):
            holder = next((each for each in islice(ancestors(caption), _FARTHEST) if _holds(each)), None)
            if holder is not None:
                self._of.setdefault(holder, caption)

    def element_of(self, image: Element) -> Element | None:
        """The element of a picture's caption; None where it has none."""
        if not self._of:
            return None
        for parent in islice(ancestors(image), _FARTHEST):
            if parent in self._of:
                return self._of[parent]
            if parent.tag == "figure":
                break
        return None

    def of(self, image: Element) -> str | None:
        """A picture's caption; None where it has none."""
        caption = self.element_of(image)
        return clean_text(text_of(caption)) or None if caption is not None else None


def _holds(element: Element) -> bool:
    if element.tag == "figure":
        return True
    return not _HOLDER_CLASSES.isdisjoint((element.attributes.get("class") or "").split())


def _is_address(value: str | None) -> bool:
    return (
        value is not None
        and bool(value)
        and not value.lstrip().lower().startswith(_NO_ADDRESS)
        and (not is_placeholder(value))
    )


def _is_late(written: dict[str, str | None]) -> bool:
    return any(name in written for name in (*_LATE, *_LATE_SETS)) or "lazy" in (written.get("class") or "")


def _is_tracker(written: dict[str, str | None]) -> bool:
    sizes = [(written.get(name) or "").strip().removesuffix("px") for name in ("width", "height")]
    return all(size in ("0", "1") for size in sizes)


def _first_of_set(value: str | None) -> str | None:
    """The first address of a `srcset`."""
    for candidate in re.split(r",\s+|,(?=https?:|/)", (value or "").strip(), maxsplit=1):
        return candidate.strip().partition(" ")[0] or None
    return None


def _of_picture(image: Element) -> str | None:
    parent = image.parent
    if parent is None or parent.tag != "picture":
        return None
    for source in islice(parent.iter(), _FARTHEST):
        if source.tag == "source":
            written = source.attributes
            for name in (*_LATE_SETS, "srcset"):
                found = _first_of_set(written.get(name))
                if _is_address(found):
                    return found
    return None


def _of_noscript(image: Element) -> str | None:
    """The address in the <noscript> beside a picture that a script is to load."""
    for beside in (_beside(image, forward=True), _beside(image, forward=False)):
        if beside is not None and beside.tag == "noscript":
            inner = beside.css_first("img")
            found = inner.attributes.get("src") if inner is not None else None
            if _is_address(found):
                return found
    return None


def _beside(image: Element, *, forward: bool) -> Element | None:
    node = image.next if forward else image.prev
    while node is not None and node.tag == TEXT and not (node.text_content or "").strip():
        node = node.next if forward else node.prev
    return node
