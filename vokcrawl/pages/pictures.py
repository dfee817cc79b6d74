"""Images: their URLs, including those of lazy loading, and their captions."""

from __future__ import annotations

import re
from itertools import islice

from vokcrawl.normalize import clean_text
from vokcrawl.pages.profile import site
from vokcrawl.pages.tree import TEXT, Element, ancestors, text_of

__all__ = ["LATE", "Captions", "emoji_of", "is_placeholder", "source_of"]

# Attributes with the URL of a lazy image, and with URLs for several sizes.
LATE = (
    "data-lazy-src", "data-src", "data-original", "data-lazy", "data-orig-src", "data-echo", "data-cfsrc",
    "data-pagespeed-lazy-src", "data-lazyload", "data-lazy-load", "data-ll-src", "data-opt-src", "data-actualsrc",
)  # fmt: skip
_LATE_SETS = ("data-lazy-srcset", "data-srcset")
# Attributes of galleries with the URL of the original file; a fallback.
_ORIGINALS = ("data-orig-file", "data-large-file")
# Words in file names of placeholders. Photos may have the doubtful ones in their names.
_STAND_IN_WORDS = frozenset("placeholder blank spacer transparent dummy 1x1 lazyload lazy no noimage nophoto".split())  # noqa: SIM905
_DOUBTFUL_WORDS = frozenset("pixel px 1px trans loading loader spinner wpspin clear empty grey gray".split())  # noqa: SIM905
_OTHER_WORDS = frozenset(
    "image img photo pic picture thumb thumbnail default available ajax bg load white black light dark small medium "  # noqa: SIM905
    "large".split()
)
_FILE_NAME = re.compile(r"([\w.@-]{1,80})\.(gif|png|svg|jpe?g|webp|avif)", re.IGNORECASE)
# The address of an image file, as in attributes of scripts that are not known.
_IMAGE_FILE = re.compile(
    r"(?:https?:/|/|\.)?/?[^\s\"'<>()]{1,2000}\.(?:jpe?g|png|gif|webp|avif)(?:\?[^\s\"'<>]{0,500})?", re.IGNORECASE
)
_SIZE = re.compile(r"(?!1x1$)\d+(?:x\d*)?")
_TRACKER_STYLE = re.compile(
    r"(?=(?:.{0,200};)?\s{0,9}width\s{0,9}:\s{0,9}[01](?:px)?\s{0,9}(?:;|!|$))(?:.{0,200};)?\s{0,9}height\s{0,9}:\s{0,9}[01](?:px)?\s{0,9}(?:;|!|$)",
    re.IGNORECASE | re.DOTALL,
)
_AVATAR_HOST = re.compile(r"^(?:https?:)?//(?:[\w-]+\.)?gravatar\.com/", re.IGNORECASE)
_EMOJI_CLASSES = frozenset(("emoji", "wp-smiley", "emojione", "twemoji", "joypixels"))
# The directory of an image of an emoji, and the length of its text.
_EMOJI_ADDRESS = re.compile(r"/(?:emojis?|emoji\.php|twemoji|emojione|smil(?:ie|ey)s)/", re.IGNORECASE)
_LONGEST_SIGN = 12
_AVATAR_CLASSES = frozenset(("avatar", "gravatar", "avatar-default"))
_NO_ADDRESS = ("data:", "about:", "javascript:", "blob:", "#")
# Layouts of AMP in which width and height are a ratio.
_RATIO_LAYOUTS = frozenset(("responsive", "fill", "intrinsic"))
# Selectors of captions, and class names of elements around an image and its caption.
_CAPTIONS = "figcaption, .wp-caption-text, .gallery-caption"
_HOLDER_CLASSES = frozenset(("wp-caption", "gallery-item"))
# Maximum distance between an image and the element around its caption, and length of an emoji's text.
_FARTHEST, _LONGEST_EMOJI = 16, 40
# Length of the beginning of an address that says whether it is a tracking pixel.
_LONGEST_TRACKER = 2_000


def source_of(image: Element) -> str | None:
    """The URL of an image; None for placeholders, tracking pixels and avatars."""
    written = image.attributes
    if _is_tracker(written) or not _AVATAR_CLASSES.isdisjoint((written.get("class") or "").split()):
        return None
    # The URL for lazy loading comes first. It may look like a placeholder's.
    late = [each for name in LATE if (each := written.get(name)) and not _is_no_address(each)]
    sets = (_first_of_set(written.get(name)) for name in (*_LATE_SETS, "srcset"))
    found = next(filter(_is_address, (*late, written.get("src"), *sets)), next(iter(late), None))
    found = found or _of_picture(image) or (_of_noscript(image) if "src" in written or _is_late(written) else None)
    found = found or next((each for name in _ORIGINALS if _is_address(each := written.get(name))), None)
    found = found or _of_other_attribute(written)
    if not found or site().images.trackers.search(found[:_LONGEST_TRACKER]) or _AVATAR_HOST.match(found):
        return None
    return found


def _of_other_attribute(written: dict[str, str | None]) -> str | None:
    """The URL of an image file in any attribute of a script, such as `data-img-url`."""
    for name, value in written.items():
        if name.startswith("data-") and value and len(value) < _LONGEST_TRACKER and _IMAGE_FILE.fullmatch(value):
            return value if _is_address(value) else None
    return None


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
    text = written.get("alt") or ""
    if not _EMOJI_CLASSES.isdisjoint((written.get("class") or "").split()):
        return text[:_LONGEST_EMOJI]
    source = (written.get("src") or "")[:_LONGEST_TRACKER]
    return text if 0 < len(text) <= _LONGEST_SIGN and _EMOJI_ADDRESS.search(source) else None


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
    return bool(value) and not _is_no_address(value or "") and not is_placeholder(value or "")


def _is_no_address(value: str) -> bool:
    return value.lstrip().lower().startswith(_NO_ADDRESS)


def _is_late(written: dict[str, str | None]) -> bool:
    return any(name in written for name in (*LATE, *_LATE_SETS)) or "lazy" in (written.get("class") or "")


def _is_tracker(written: dict[str, str | None]) -> bool:
    sizes = [(written.get(name) or "").strip().removesuffix("px") for name in ("width", "height")]
    if written.get("layout") in _RATIO_LAYOUTS:
        return False
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
    """The URL in the <noscript> next to a lazy image, or to the element that contains only the image."""
    holder = image.parent
    alone = holder is not None and _beside(image, forward=True) is None and _beside(image, forward=False) is None
    for near in (image, holder) if alone and holder is not None else (image,):
        for beside in (_beside(near, forward=True), _beside(near, forward=False)):
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
