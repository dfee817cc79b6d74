"""From the bytes of an answer to a parsed document, distrusting what the answer says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, resolve_encoding

from vokcrawl.pages.tree import Element, parse, text_of

# The name of the fault that may also be an end (an empty batch).
EMPTY_PAGE = "empty_page"
# What may stand in an article's place.
LISTING_IN_PLACE, CHROME_ONLY = "listing_in_place", "chrome_only"
REDIRECTED = "redirected"
_HTML_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "")
_TAG = re.compile(rb"<[a-zA-Z!]")


class PageFault(Exception):
    """The answer is no page that can be read. `name` is the reason's name in the manifest."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed page. `wrong_charset` says that the declared encoding does not fit the bytes."""

    root: Element
    wrong_charset: bool

    @property
    def is_blank(self) -> bool:
        """Whether the page shows no text at all."""
        return not text_of(self.root).strip()

    @property
    def says_end(self) -> bool:
        """Whether the page says, in a few words and without a link, that there is no more."""
        text = text_of(self.root).strip()
        return len(text) < 200 and _NOTHING_MORE.fullmatch(text) is not None and self.root.css_first("a") is None


_NOTHING_MORE = re.compile(r"\W*(no|nothing) (more|further)\b.{0,80}", re.IGNORECASE | re.DOTALL)


# What WordPress answers to a call that it does not know, or does not allow; and what others answer.
_BARE = {b"0": "not_html_0", b"-1": "not_html_minus_1"}
REFUSALS = (*_BARE.values(), "not_html_json")


def read_document(body: bytes, content_type: str) -> Document:
    """Parses an answer's body. `content_type` is its header, as sent.

    Raises `PageFault`: ``empty_page`` for nothing but white space, ``not_html`` for another type, or for bytes
    that hold no tag; one of `REFUSALS` where it is what a site's own calls answer when they refuse.
    """
    if not body.strip():
        raise PageFault(EMPTY_PAGE)
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _HTML_TYPES or _TAG.search(body) is None or _is_json(body):
        raise PageFault(_what_it_is(body))
    text, wrong = _decode(body, content_type)
    return Document(parse(text), wrong)


def _what_it_is(body: bytes) -> str:
    said = body.removeprefix(b"\xef\xbb\xbf").strip()
    if said in _BARE:
        return _BARE[said]
    return "not_html_json" if _is_json(body) else "not_html"


def _is_json(body: bytes) -> bool:
    """Whether an answer is JSON, behind a mark of its encoding too; a text in quotes may hold tags."""
    said = body.removeprefix(b"\xef\xbb\xbf").strip()
    return said[:1] in (b"{", b"[") or (len(said) > 1 and said[:1] == said[-1:] == b'"')


def _decode(body: bytes, content_type: str) -> tuple[str, bool]:
    """UTF-8 wherever the bytes are UTF-8, whatever is declared; else as declared; else with replacement marks."""
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body)
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return text, not body.isascii() and declared not in (None, "utf-8")
    for name in (declared, html_body_declared_encoding(body)):
        encoding = resolve_encoding(name) if name else None
        if encoding is None or encoding == "utf-8":
            continue
        try:
            return body.decode(encoding), name != declared
        except UnicodeDecodeError:
            continue
    return body.decode("utf-8", errors="replace"), True
