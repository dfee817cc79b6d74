"""Elements that are not part of the visible text: hidden ones, and those that plugins add."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vokcrawl.pages.profile import site
from vokcrawl.pages.tree import Element, ancestors

__all__ = ["hidden_elements", "omitted_elements"]

# Class names of Bootstrap and Tailwind that show such an element at some screen width.
_SHOWN_AT_A_WIDTH = re.compile(
    r"d-(?:sm|md|lg|xl|xxl)-(?!none)[a-z-]+|(?:sm|md|lg|xl|2xl):(?:block|flex|grid|inline|table|contents)[a-z-]*"
)
# Elements with an attribute that may hide them.
_MARKED = "[class], [id], [style], [hidden], dialog"
_DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]*)", re.IGNORECASE)
_ZERO = re.compile(r"[+-]?0*\.?0*(?:px|em|rem|pt|%)?")
_NO_CLIP = re.compile(r"rect\((?:0|1px)(?:px)?(?:[\s,]+(?:0|1px)(?:px)?){3}\)|inset\((?:50|100)%.*\)|circle\(0.*\)")
_NO_SCALE = re.compile(r"scale(?:3d|[xy])?\(0(?:\.0*)?(?:,.*)?\)")
_FAR_AWAY = re.compile(r"-\d{3,}(?:\.\d+)?(?:px|em|rem|pt|%)?")
_LONGEST_STYLE = 2_000


def hidden_elements(root: Element) -> set[Element]:
    """Return the elements below `root` that are hidden by an attribute, an inline style or a class name."""
    return {element for element in root.css(_MARKED) if _is_hidden(element)}


def omitted_elements(root: Element, content: Element | None) -> set[Element]:
    """Return the hidden elements and those of plugins.

    `content` and its ancestors are never included.
    """
    kept: set[Element] = set() if content is None else {content, *ancestors(content)}
    return {
        element
        for element in root.css(_MARKED)
        if element not in kept and element.tag not in ("html", "body", "main") and _is_omitted(element)
    }


def _is_omitted(element: Element) -> bool:
    attributes = element.attributes
    return _is_hidden(element) or any(map(_is_plugins, _names(attributes.get("class"), attributes.get("id"))))


def _is_plugins(name: str) -> bool:
    names = site().hidden
    return name in names.plugins or name.startswith(names.plugin_prefixes)


def _names(classes: str | None, identity: str | None) -> list[str]:
    return f"{classes or ''} {identity or ''}".lower().replace("_", "-").split()


def _is_hidden(element: Element) -> bool:
    attributes = element.attributes
    if "hidden" in attributes or (element.tag == "dialog" and "open" not in attributes):
        return True
    classes = (attributes.get("class") or "").split()
    if not site().hidden.classes.isdisjoint(classes) and not any(map(_SHOWN_AT_A_WIDTH.fullmatch, classes)):
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
