"""Elements that are not part of the visible text: hidden ones, and those that plugins add."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cached_property

from vokcrawl.normalize import article_id
from vokcrawl.pages.profile import site
from vokcrawl.pages.profile.model import NameMeanings
from vokcrawl.pages.tree import Element, ancestors, text_of

__all__ = ["HiddenElements", "OmittedElements"]

_DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]*)", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ESCAPED = re.compile(r"\\([g-zG-Z-])")
_IMPORTANT = re.compile(r"!\s*important")
_ZERO = re.compile(r"[+-]?0*\.?0*(?:px|em|rem|pt|%)?")
_TINY = re.compile(r"[01](?:\.0*)?px")
_NO_CLIP = re.compile(
    r"rect\((?:0|1px)(?:px)?(?:[\s,]+(?:0|1px)(?:px)?){3}\)|inset\((?:50|100)%.*\)|circle\(0.*\)|polygon\([0\s,px%]*\)"
)
_NO_SCALE = re.compile(r"scale(?:3d|[xy])?\(0(?:\.0*)?(?:,.*)?\)")
_FAR_AWAY = re.compile(r"-\d{3,}(?:\.\d+)?(?:px|em|rem|pt|%)?")
_FAR_MARGIN = re.compile(r"-\d{4,}(?:\.\d+)?(?:px|em|rem|pt|%)?")
_MOVED_AWAY = re.compile(r"translate(?:3d|x|y)?\((?:[^,)]*,\s*)?-\d{4,}(?:px|em|rem|pt|%)?\s*[,)]")
_LONGEST_STYLE = 2_000
# An element whose name only contains a word of plugins stays if it has this many letters outside of links, and most of
# those of the text. Of so many elements it is examined.
_TEXT_OF_THE_ARTICLE, _MOST_EXAMINED = 200, 100
# Attributes of images that are hidden until a script loads them.
_LOADED_LATER = ("data-src", "data-lazy-src", "data-cfsrc", "data-original", "data-srcset", "data-lazy-srcset")


class HiddenElements:
    """The elements that are hidden by an attribute, an inline style or a class name: a container for `flow`.

    An element is examined when it is requested, because most are in blocks that are not read. `kept` returns elements
    that are never among them; it is called when there is a hidden one.
    """

    def __init__(self, kept: Callable[[], set[Element]] = set) -> None:
        self._find_kept = kept
        self._names = site().hidden.meanings

    @cached_property
    def _kept(self) -> set[Element]:
        return self._find_kept()

    def __contains__(self, element: object) -> bool:
        if not isinstance(element, Element):
            return False
        return _is_hidden(element, element.attributes, self._names) and element not in self._kept


class OmittedElements:
    """The hidden elements, those of plugins, and `removed`. `content` and its ancestors are not omitted as hidden.

    `inside` are the elements of the content. Ancestors of the elements `kept`, and the elements `chosen` with their
    ancestors, are not omitted either.
    """

    def __init__(
        self,
        content: Element | None,
        removed: Iterable[Element] = (),
        inside: Container[Element] = (),
        kept: Iterable[Element] = (),
        chosen: Iterable[Element] = (),
    ) -> None:
        self._kept: set[Element] = set() if content is None else {content, *ancestors(content)}
        chosen = list(chosen)
        for element in (*kept, *chosen):
            for each in ancestors(element):
                if each in self._kept:
                    break
                self._kept.add(each)
        self._kept.update(chosen)
        self._content = content
        self._inside = inside
        self._removed = set(removed)
        self._examined = 0
        self._names = site().hidden.meanings

    def __contains__(self, element: object) -> bool:
        if not isinstance(element, Element):
            return False
        if self._removed and element in self._removed:
            return True
        return self._is_omitted(element) and element.tag not in ("html", "body", "main") and element not in self._kept

    def _is_omitted(self, element: Element) -> bool:
        attributes = element.attributes
        if _is_hidden(element, attributes, self._names):
            return True
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        if names == " ":
            return False
        exact = self._names.name_plugin(names)
        return exact if exact is not None else self._is_beside_the_text(element)

    def _is_beside_the_text(self, element: Element) -> bool:
        """Whether an element, whose name contains a word of plugins, is not (most of) the text itself."""
        self._examined += 1
        if self._examined > _MOST_EXAMINED:
            return True
        links = element.css("a[href]")
        if element not in self._inside and any(article_id(each.attributes.get("href") or "") for each in links):
            # A list of other articles outside of the text: its teasers are read.
            return False
        own = len(text_of(element)) - sum(len(text_of(each)) for each in links)
        if own < _TEXT_OF_THE_ARTICLE:
            return True
        text = self._content
        if text is None:
            text = next((each for each in ancestors(element) if each.tag == "body"), element)
        return 2 * own < len(text_of(text))


def _is_hidden(element: Element, attributes: Mapping[str, str | None], names: NameMeanings) -> bool:
    if "hidden" in attributes or "popover" in attributes or (element.tag == "dialog" and "open" not in attributes):
        return True
    classes = attributes.get("class")
    if classes and names.hide(classes):
        return True
    style = attributes.get("style")
    if not style or (element.tag == "img" and any(attributes.get(name) for name in _LOADED_LATER)):
        return False
    return _hides(style)


def _hides(style: str) -> bool:
    """Whether an inline style hides its element."""
    style = style[:_LONGEST_STYLE]
    if "/*" in style:
        style = _COMMENT.sub(" ", style)
    if "\\" in style:
        style = _ESCAPED.sub(r"\1", style)
    declared: dict[str, str] = {}
    important: set[str] = set()
    for name, value in _DECLARATION.findall(style.lower()):
        if "!" in value:
            important.add(name)
            declared[name] = _IMPORTANT.sub("", value).strip()
        elif name not in important:
            declared[name] = value.strip()
    if declared.get("display") == "none" or declared.get("visibility") in ("hidden", "collapse"):
        return True
    if any(_is_zero(declared.get(name)) for name in ("opacity", "font-size")):
        return True
    return _is_without_area(declared) or _is_off_screen(declared)


def _is_zero(value: str | None) -> bool:
    return bool(value) and _ZERO.fullmatch(value or "") is not None


def _is_without_area(declared: Mapping[str, str]) -> bool:
    """Whether an element is clipped or shrunk to nothing."""
    if declared.get("content-visibility") == "hidden" or _NO_SCALE.match(declared.get("transform", "")):
        return True
    if any(_NO_CLIP.fullmatch(declared.get(name, "")) for name in ("clip", "clip-path")):
        return True
    clipped = any(declared.get(name) in ("hidden", "clip") for name in ("overflow", "overflow-x", "overflow-y"))
    sizes = [declared.get(name, "") for name in ("height", "max-height", "width", "max-width")]
    return clipped and any(_is_zero(size) or _TINY.fullmatch(size) for size in sizes)


def _is_off_screen(declared: Mapping[str, str]) -> bool:
    if declared.get("position") in ("absolute", "fixed") and any(
        _FAR_AWAY.fullmatch(declared.get(name, "")) for name in ("left", "top", "right", "bottom")
    ):
        return True
    if _MOVED_AWAY.search(declared.get("transform", "")):
        return True
    # Beside a line that does not wrap, and whose overflow is hidden.
    indent = declared.get("text-indent", "")
    if indent == "100%" and declared.get("white-space") == "nowrap" and declared.get("overflow") == "hidden":
        return True
    return _FAR_AWAY.fullmatch(indent) is not None or _FAR_MARGIN.fullmatch(declared.get("margin-left", "")) is not None
