"""Prepares an archived page for a frame that runs no scripts and loads nothing from the network."""

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
_ELEMENTS = "script, link, base, iframe, frame, object, embed, meta[http-equiv], animate, set"
_ATTRIBUTES = frozenset(
    ("href", "xlink:href", "src", "srcset", "poster", "background", "action", "formaction", "ping", "data")
)
# For a file, which has no headers: a policy in the page, before anything of the page itself. Two of the directives work
# in headers only. The mark of the encoding prevails over what the page says.
_FILE_POLICY = "; ".join(each for each in POLICY.split("; ") if not each.startswith(("sandbox", "frame-ancestors")))
_FILE_BEGINNING = f'\ufeff<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="{_FILE_POLICY}">'


def framed_file(folder: OutputFolder, record: Mapping[str, Any]) -> bytes:
    """Return the same as `framed_page` as a file, in UTF-8: nothing runs or is loaded there, either."""
    # A document has one type; another one that follows has no effect.
    return (_FILE_BEGINNING + framed_page(folder, record)).encode("utf-8", "replace")


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
