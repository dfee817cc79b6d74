"""Elements that are not part of the visible text: hidden ones, and those that plugins add."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache

from vokcrawl.pages.profile import site
from vokcrawl.pages.tree import Element, ancestors

__all__ = ["HiddenElements", "OmittedElements"]

# Class names of Bootstrap and Tailwind that show such an element at some screen width.
_SHOWN_AT_A_WIDTH = re.compile(
    r"d-(?:sm|md|lg|xl|xxl)-(?!none)[a-z-]+|(?:sm|md|lg|xl|2xl):(?:block|flex|grid|inline|table|contents)[a-z-]*"
)
_DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]*)", re.IGNORECASE)
_ZERO = re.compile(r"[+-]?0*\.?0*(?:px|em|rem|pt|%)?")
_NO_CLIP = re.compile(r"rect\((?:0|1px)(?:px)?(?:[\s,]+(?:0|1px)(?:px)?){3}\)|inset\((?:50|100)%.*\)|circle\(0.*\)")
_NO_SCALE = re.compile(r"scale(?:3d|[xy])?\(0(?:\.0*)?(?:,.*)?\)")
_FAR_AWAY = re.compile(r"-\d{3,}(?:\.\d+)?(?:px|em|rem|pt|%)?")
_LONGEST_STYLE = 2_000
# Of how many class names and ids, of what length, it is remembered what they mean.
_REMEMBERED_NAMES, _LONGEST_NAMES = 2_000, 300


class HiddenElements:
    """The elements that are hidden by an attribute, an inline style or a class name: a container for `flow`.

    An element is looked at when it is asked for, because most are in blocks that are not read. `kept` returns elements
    that are never among them; it is called when there is a hidden one.
    """

    def __init__(self, kept: Callable[[], set[Element]] = set) -> None:
        self._find_kept = kept

    @cached_property
    def _kept(self) -> set[Element]:
        return self._find_kept()

    def __contains__(self, element: object) -> bool:
        return isinstance(element, Element) and _is_hidden(element, element.attributes) and element not in self._kept


class OmittedElements:
    """The hidden elements, those of plugins, and `removed`. `content` and its ancestors are not omitted as hidden."""

    def __init__(self, content: Element | None, removed: Iterable[Element] = ()) -> None:
        self._kept: set[Element] = set() if content is None else {content, *ancestors(content)}
        self._removed = set(removed)

    def __contains__(self, element: object) -> bool:
        if not isinstance(element, Element):
            return False
        if self._removed and element in self._removed:
            return True
        return _is_omitted(element) and element.tag not in ("html", "body", "main") and element not in self._kept


def _is_omitted(element: Element) -> bool:
    attributes = element.attributes
    if _is_hidden(element, attributes):
        return True
    names, hidden = f"{attributes.get('class') or ''} {attributes.get('id') or ''}", site().hidden
    is_plugins = _is_plugins if len(names) <= _LONGEST_NAMES else _is_plugins.__wrapped__
    return is_plugins(names, hidden.plugins, hidden.plugin_prefixes)


# The same names occur many times in each page, and in each page of a site.
@lru_cache(_REMEMBERED_NAMES)
def _is_plugins(names: str, plugins: frozenset[str], prefixes: tuple[str, ...]) -> bool:
    each = names.lower().replace("_", "-").split()
    return not plugins.isdisjoint(each) or any(name.startswith(prefixes) for name in each)


@lru_cache(_REMEMBERED_NAMES)
def _hide(names: str, hidden: frozenset[str]) -> bool:
    classes = names.split()
    return not hidden.isdisjoint(classes) and not any(map(_SHOWN_AT_A_WIDTH.fullmatch, classes))


def _is_hidden(element: Element, attributes: Mapping[str, str | None]) -> bool:
    if "hidden" in attributes or (element.tag == "dialog" and "open" not in attributes):
        return True
    names = attributes.get("class")
    if names and (_hide if len(names) <= _LONGEST_NAMES else _hide.__wrapped__)(names, site().hidden.classes):
        return True
    style = attributes.get("style")
    return bool(style) and _hides(style or "")


def _hides(style: str) -> bool:
    """Whether an inline style hides its element."""
    declared = {
        name.lower(): value.lower().replace("!important", "").strip()
        for name, value in _DECLARATION.findall(style[:_LONGEST_STYLE])
    }
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
    return clipped and any(_is_zero(declared.get(name)) for name in ("height", "max-height", "width", "max-width"))


def _is_off_screen(declared: Mapping[str, str]) -> bool:
    if declared.get("position") in ("absolute", "fixed") and any(
        _FAR_AWAY.fullmatch(declared.get(name, "")) for name in ("left", "top", "right")
    ):
        return True
    return _FAR_AWAY.fullmatch(declared.get("text-indent", "")) is not None
