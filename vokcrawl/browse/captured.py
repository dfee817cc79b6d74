"""An archived page, prepared for a frame in which nothing runs and from which nothing is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selectolax.lexbor import LexborHTMLParser
from w3lib.encoding import html_to_unicode

from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.warc.archived_page import archived_page

# The page has an origin of its own, without scripts, forms, pop-ups and network, even if it is opened alone.
POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {"Content-Security-Policy": POLICY, "X-DNS-Prefetch-Control": "off", "X-Frame-Options": "SAMEORIGIN"}
# Elements that only load, run or redirect, and attributes by which others do. The policy would stop them as well, but
# not the connections that a browser opens in advance (`preconnect`, or the mouse on a link).
_ELEMENTS = "script, link, base, iframe, frame, object, embed, meta[http-equiv]"
_ATTRIBUTES = frozenset(
    ("href", "xlink:href", "src", "srcset", "poster", "background", "action", "formaction", "ping", "data")
)


def framed_page(folder: OutputFolder, record: Mapping[str, Any]) -> str:
    """Return the archived page of a version as HTML for the frame. Raises `StorageError`.

    The version must be archived (`archived_as`).
    """
    content = archived_page(folder, record["archived_as"], record["url"])
    _, text = html_to_unicode(None, content, default_encoding="utf-8")
    tree = LexborHTMLParser(text)
    for node in tree.css(_ELEMENTS):
        node.decompose()
    for node in tree.css("*"):
        for name in list(node.attributes):
            if name in _ATTRIBUTES or name.startswith("on"):
                del node.attrs[name]
    return tree.html or ""
