"""Pictures: their addresses and captions."""

from __future__ import annotations

from itertools import islice

from vokcrawl.normalize import clean_text
from vokcrawl.pages.tree import Element, ancestors, text_of

# Class names of captions that are no <figcaption>, as WordPress writes them.
_CAPTIONS = ("wp-caption-text",)
# A caption is no farther up from its picture than this.
_FARTHEST = 16
# A picture that stands in until the real one is there.
_PLACEHOLDER = "image-uploading"


def source_of(image: Element) -> str | None:
    """A picture's address, also where it is loaded late and a placeholder stands in ``src``."""
    written = image.attributes
    src = written.get("src") or ""
    late = written.get("data-src") or written.get("data-lazy-src") or ""
    return (late or None) if not src or src.startswith("data:") else src


def is_placeholder(src: str) -> bool:
    """Whether an address is that of the picture that stands in for one still to come."""
    return _PLACEHOLDER in src


def caption_of(image: Element) -> str | None:
    """A picture's caption; None where it has none."""
    for parent in islice(ancestors(image), _FARTHEST):
        if parent.tag not in ("figure", "div"):
            continue
        caption = parent.css_first("figcaption") if parent.tag == "figure" else _wp_caption(parent)
        if caption is not None:
            return clean_text(text_of(caption)) or None
        if parent.tag == "figure":
            break
    return None


def _wp_caption(parent: Element) -> Element | None:
    if "wp-caption" not in (parent.attributes.get("class") or "").split():
        return None
    return next((each for each in parent.iter() if each.tag == "p" and is_caption(each)), None)


def is_caption(element: Element) -> bool:
    """Whether an element is a caption that is no <figcaption>."""
    return any(name in (element.attributes.get("class") or "").split() for name in _CAPTIONS)
