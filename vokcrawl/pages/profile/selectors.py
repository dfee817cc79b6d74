"""CSS selectors of a profile."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import SelectolaxError

from vokcrawl.normalize import clean_text
from vokcrawl.pages.tree import Element, parse, text_of

__all__ = ["Selector", "parse_selector"]

_ATTRIBUTE = re.compile(r"\s*::attr\(\s*([a-zA-Z][\w:.-]{0,60})\s*\)\s*$", re.ASCII)
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Selector:
    """A CSS selector; false if it is empty. `attribute` is the attribute to read, or "" for the text."""

    css: str = ""
    attribute: str = ""

    def __bool__(self) -> bool:
        return bool(self.css)

    def all(self, root: Element) -> list[Element]:
        """The elements at and below `root` that it matches, in document order; none for an empty selector."""
        return root.css(self.css) if self.css else []

    def first(self, root: Element) -> Element | None:
        """The first of them, or None."""
        return root.css_first(self.css) if self.css else None

    def read(self, element: Element, attribute: str = "") -> str | None:
        """The cleaned value of an element: of the selector's attribute, of `attribute`, or its text; None if empty."""
        name = self.attribute or attribute
        return clean_text((element.attributes.get(name) or "") if name else text_of(element)) or None

    def value(self, root: Element, attribute: str = "") -> str | None:
        """The cleaned value of the first element that it matches; None if there is none, or if it is empty."""
        element = self.first(root)
        return self.read(element, attribute) if element is not None else None


def parse_selector(text: str) -> Selector:
    """Parse ``.teaser h3`` or ``time::attr(datetime)``. Raises `ValueError` with the reason."""
    if not text.strip():
        return Selector()
    if len(text) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST} characters")
    found = _ATTRIBUTE.search(text)
    css = text[: found.start()].strip() if found else text.strip()
    try:
        matches = parse("<html><head></head><body></body></html>").css(css)
    except SelectolaxError:
        raise ValueError(f"{text!r} is not a valid CSS selector") from None
    if matches:
        raise ValueError(f"{text!r} matches the whole page")
    return Selector(css, found[1] if found else "")
