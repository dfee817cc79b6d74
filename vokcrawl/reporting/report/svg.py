"""Embeds matplotlib drawings in a page: with its colours, without conflicting ids and styles, and small."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

from lxml import etree
from matplotlib import style
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Placeholder colours, which are replaced by CSS variables of the page, because light and dark mode differ.
INK, SOFT, LINE, ACCENT, TINT, WARN = (f"#01010{number}" for number in range(6))
_PAGE = {INK: "ink", SOFT: "soft", LINE: "line", ACCENT: "accent", TINT: "tint", WARN: "warn"}
_SETTINGS: Any = {
    "svg.fonttype": "none",
    # Makes the output reproducible.
    "svg.hashsalt": "vokcrawl",
    "text.parse_math": False,
    "font.size": 11,
    "text.color": INK,
    "axes.facecolor": "none",
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "xtick.major.width": 1,
    "ytick.major.size": 0,
    # Paths are not split.
    "agg.path.chunksize": 0,
    "path.simplify": False,
}
_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+")
_FONT = re.compile(r"\s*font-family: [^;]*;?|\s*font: ([\d.]+px) [^;]*;?")


def drawn(name: str, width: int, height: int, draw: Callable[[Figure], None]) -> str:
    """Return a figure of this size (in CSS pixels) as an `svg` element; `name` makes its ids unique."""
    # Ignores a matplotlibrc of the machine.
    with style.context(["default", _SETTINGS]):
        figure = Figure(figsize=(width / 72, height / 72), facecolor="none")
        FigureCanvasSVG(figure)
        draw(figure)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return _part(name, written.getvalue())


def _part(name: str, document: str) -> str:
    # Created by this process; nothing is loaded from elsewhere.
    root = etree.fromstring(document.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    for element in [*root.iter(f"{_SVG}metadata"), *root.iter(f"{_SVG}style")]:
        element.getparent().remove(element)
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.set("aria-hidden", "true")
    text = etree.tostring(root, encoding="unicode")
    used = set(re.findall(r"(?<=#)[\w.]+(?=[\")])", text))
    for element in root.iter():
        _slim(element, name, used)
    text = etree.tostring(root, encoding="unicode")
    for colour, of_page in _PAGE.items():
        text = text.replace(colour, f"var(--{of_page})")
    return re.sub(r">\s+<", "><", text)


def _slim(element: Any, name: str, used: set[str]) -> None:
    attributes = element.attrib
    if "id" in attributes:
        known = attributes.pop("id")
        if known in used:
            attributes["id"] = f"{name}-{known}"
    if _HREF in attributes:
        attributes[_HREF] = f"#{name}-{attributes[_HREF].removeprefix('#')}"
    if "clip-path" in attributes:
        attributes["clip-path"] = attributes["clip-path"].replace("#", f"#{name}-")
    if "style" in attributes:
        attributes["style"] = _FONT.sub(
            lambda found: f"font-size: {found[1]};" if found[1] else "", attributes["style"]
        )
    for key in ("d", "x", "y", "transform"):
        if key in attributes:
            # Rounded to a tenth of a pixel.
            short = _NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), attributes[key])
            attributes[key] = " ".join(short.split()).replace("-0 ", "0 ")
    if attributes.get("transform", "").startswith("rotate(0"):
        attributes.pop("transform")
