"""Images: their URLs, including those of lazy loading, and their captions."""

from __future__ import annotations

import re
from itertools import islice

from vokcrawl.normalize import clean_text
from vokcrawl.pages.profile import site
from vokcrawl.pages.tree import TEXT, Element, ancestors, text_of

__all__ = ["Captions", "emoji_of", "is_placeholder", "source_of"]

# Attributes with the URL of a lazy image, and with URLs for several sizes.
_LATE = ("data-lazy-src", "data-src", "data-original", "data-lazy", "data-orig-src", "data-echo")
_LATE_SETS = ("data-lazy-srcset", "data-srcset")
# Attributes of galleries with the URL of the original file; a fallback.
_ORIGINALS = ("data-orig-file", "data-large-file")
# Words in file names of placeholders. Photos may have the doubtful ones in their names.
_STAND_IN_WORDS = frozenset("placeholder blank spacer transparent dummy 1x1 lazyload lazy".split())  # noqa: SIM905
_DOUBTFUL_WORDS = frozenset("pixel trans loading loader clear empty grey gray".split())  # noqa: SIM905
_OTHER_WORDS = frozenset("image img photo thumb thumbnail default bg load px white black small medium large".split())  # noqa: SIM905
_FILE_NAME = re.compile(r"([\w.-]{1,80})\.(gif|png|svg|jpe?g|webp|avif)", re.IGNORECASE)
_SIZE = re.compile(r"(?!1x1$)\d+(?:x\d+)?")
_TRACKERS = re.compile(
    r"^(?:https?:)?//(?:pixel\.wp\.com|stats\.wordpress\.com|www\.facebook\.com/tr|[\w.-]*(?:google-analytics|doubleclick|"
    r"scorecardresearch|quantserve|feedburner)\.\w+)",
    re.IGNORECASE,
)
_TRACKER_STYLE = re.compile(
    r"(?=(?:.{0,200};)?\s{0,9}width\s{0,9}:\s{0,9}[01](?:px)?\s{0,9}(?:;|!|$))(?:.{0,200};)?\s{0,9}height\s{0,9}:\s{0,9}[01](?:px)?\s{0,9}(?:;|!|$)",
    re.IGNORECASE | re.DOTALL,
)
_AVATAR_HOST = re.compile(r"^(?:https?:)?//(?:[\w-]+\.)?gravatar\.com/", re.IGNORECASE)
_EMOJI_CLASSES = frozenset(("emoji", "wp-smiley"))
_AVATAR_CLASSES = frozenset(("avatar", "gravatar", "avatar-default"))
_NO_ADDRESS = ("data:", "about:", "javascript:", "blob:")
# Selectors of captions, and class names of elements around an image and its caption.
_CAPTIONS = "figcaption, .wp-caption-text, .gallery-caption"
_HOLDER_CLASSES = frozenset(("wp-caption", "gallery-item"))
# Maximum distance between an image and the element around its caption, and length of an emoji's text.
_FARTHEST, _LONGEST_EMOJI = 16, 40


def source_of(image: Element) -> str | None:
    """The URL of an image; None for placeholders, tracking pixels and avatars."""
    written = image.attributes
    if _is_tracker(written) or not _AVATAR_CLASSES.isdisjoint((written.get("class") or "").split()):
        return None
    # The URL for lazy loading is never a placeholder.
    late = [each for name in _LATE if (each := written.get(name)) and not each.lstrip().lower().startswith(_NO_ADDRESS)]
    sets = (_first_of_set(written.get(name)) for name in (*_LATE_SETS, "srcset"))
    found = next((each for each in (*late, *filter(_is_address, (written.get("src"), *sets)))), None)
    found = found or _of_picture(image) or (_of_noscript(image) if "src" in written or _is_late(written) else None)
    found = found or next((each for name in _ORIGINALS if _is_address(each := written.get(name))), None)
    return found if found and not _TRACKERS.match(found) and not _AVATAR_HOST.match(found) else None


def is_placeholder(src: str) -> bool:
    """Whether a URL is that of a placeholder image."""
    if site().images.pending in src:
        return True
    named = _FILE_NAME.fullmatch(src.partition("?")[0].partition("#")[0].rpartition("/")[2].strip())
    if named is None:
        return False
    words = [word for word in re.split(r"[\W_]+", named[1].lower()) if word and not _SIZE.fullmatch(word)]
    stand_ins = _STAND_IN_WORDS if named[2].lower().startswith("jp") else _STAND_IN_WORDS | _DOUBTFUL_WORDS
    return not stand_ins.isdisjoint(words) and stand_ins.union(_DOUBTFUL_WORDS, _OTHER_WORDS).issuperset(words)


def emoji_of(image: Element) -> str | None:
    """The text of an emoji image; None for other images."""
    written = image.attributes
    if _EMOJI_CLASSES.isdisjoint((written.get("class") or "").split()):
        return None
    return (written.get("alt") or "")[:_LONGEST_EMOJI]


class Captions:
    """The captions of a page's images. Built once; each look-up takes constant time."""

    def __init__(self, root: Element) -> None:
        # Elements around an image and its caption, and the first caption in each.
        self._of: dict[Element, Element] = {}
        for caption in root.css(_CAPTIONS):
            holder = next((each for each in islice(ancestors(caption), _FARTHEST) if _holds(each)), None)
            if holder is not None:
                self._of.setdefault(holder, caption)

    def element_of(self, image: Element) -> Element | None:
        """The element of an image's caption, or None."""
        if not self._of:
            return None
        for parent in islice(ancestors(image), _FARTHEST):
            if parent in self._of:
                return self._of[parent]
            if parent.tag == "figure":
                break
        return None

    def of(self, image: Element) -> str | None:
        """The caption of an image, or None."""
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
    return all(size in ("0", "1") for size in sizes) or _TRACKER_STYLE.search(written.get("style") or "") is not None


def _first_of_set(value: str | None) -> str | None:
    """The first URL of a `srcset`."""
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
    """The URL in the <noscript> next to a lazy image."""
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
