"""Parses a response body into a document. Its declared type and encoding are checked against its bytes."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

from vokcrawl.normalize import absolute_url, clean_text
from vokcrawl.pages.flow import flow, is_aside
from vokcrawl.pages.pictures import LATE
from vokcrawl.pages.profile import site
from vokcrawl.pages.server_errors import cut_server_errors, ends_in_server_error
from vokcrawl.pages.tree import Element, TooManyElementsError, parse, text_of
from vokcrawl.pages.visibility import HiddenElements

# This fault may also be the end of a listing: an empty batch.
EMPTY_PAGE = "empty_page"
# Pages that the site sends instead of an article.
LISTING_IN_PLACE, CHROME_ONLY = "listing_in_place", "chrome_only"
REDIRECTED = "redirected"
# A page that ends in an error message of the CMS.
SERVER_ERROR = "server_error"
# A page that cannot be read in bounded time.
TOO_MANY_ELEMENTS = "too_many_elements"
# Faults that a second request may fix.
PASSING_FAULTS = frozenset((LISTING_IN_PLACE, CHROME_ONLY, SERVER_ERROR))
_HTML_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "")
_TAG = re.compile(rb"<[a-zA-Z!]")
_BASE = re.compile(r"<base\b", re.IGNORECASE)
# The beginning of a page in UTF-16 without a byte order mark, by byte order.
_UTF16 = {
    "utf-16-le": re.compile(rb"(?:\s\0)*<\0[\x20-\x7e]\0"),
    "utf-16-be": re.compile(rb"(?:\0\s)*\0<\0[\x20-\x7e]"),
}


class PageFault(Exception):
    """Raised for a response that is not a readable page. `name` is its reason in the manifest."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed page. `wrong_charset` is true if the declared encoding does not match the bytes."""

    root: Element
    wrong_charset: bool

    @property
    def is_blank(self) -> bool:
        """Whether the page has no text."""
        return not text_of(self.root).strip()

    @property
    def says_end(self) -> bool:
        """Whether the page says that there is no more: by its few words, or by a line of its content.

        For pages without teasers only.
        """
        text, end = text_of(self.root).strip(), site().more.end
        if len(text) < 200 and self.root.css_first("a") is None:
            return end.fullmatch(text) is not None
        blocks = flow(self.root, omitted=HiddenElements())
        return any(
            len(block.text) < 200 and not is_aside(block) and end.fullmatch(block.text) is not None for block in blocks
        )


_BOM = b"\xef\xbb\xbf"
# The longest body without markup that may be words of the site.
_LONGEST_WORDS = 4_000
# WordPress's response to an unknown or forbidden AJAX call, and JSON.
_BARE = {b"0": "not_html_0", b"-1": "not_html_minus_1", b"false": "not_html_false", b"null": "not_html_null"}
REFUSALS = (*_BARE.values(), "not_html_json")


def read_document(body: bytes, content_type: str, url: str | None = None) -> Document:
    """Parse a response body. `content_type` is the header as sent; `url` resolves a relative <base href>.

    In the tree, URLs are resolved against the page's <base href>, if it has one, and e-mail addresses that Cloudflare
    hides are restored. Raises `PageFault`: ``empty_page`` for white space only; ``not_html`` for another type, or a
    body without a tag that neither says the end of a listing nor is a message of PHP; one of `REFUSALS` for a refused
    AJAX call; ``server_error`` for a page that ends in an error of the CMS; ``too_many_elements`` for a page of more
    than 30,000 elements.
    """
    if not body.removeprefix(_BOM).strip():
        raise PageFault(EMPTY_PAGE)
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _HTML_TYPES or not _is_markup_or_words(body) or _is_json(body):
        raise PageFault(_what_it_is(body))
    text, wrong = _decode(body, content_type)
    if ends_in_server_error(text):
        raise PageFault(SERVER_ERROR)
    try:
        root = parse(text)
    except TooManyElementsError:
        raise PageFault(TOO_MANY_ELEMENTS) from None
    if _BASE.search(text):
        _resolve_links(root, url)
    if "data-cfemail" in text or "email-protection#" in text:
        _write_out_emails(root)
    return Document(root, wrong)


# Attributes with one URL; a `srcset` has several.
_ADDRESSES = ("href", "src", *LATE, "action")
_LINKED = ", ".join(f"[{name}]" for name in _ADDRESSES)
_ADDRESS_SETS = ("srcset", "data-srcset", "data-lazy-srcset")
_SETS = ", ".join(f"[{name}]" for name in _ADDRESS_SETS)
# The URL of each candidate: at the start, or after a comma.
_CANDIDATE = re.compile(r"(?:(?<![\s\S])|(?<=,\s)|(?<=,))(?![a-z][a-z0-9+.-]*:|//)[^\s,][^\s]*+(?<!,)", re.IGNORECASE)


def _resolve_links(root: Element, url: str | None) -> None:
    """Resolve all URLs of the page against <base href>, except fragments."""
    base = root.css_first("base[href]")
    href = clean_text(base.attributes.get("href") or "") if base is not None else ""
    address = absolute_url(url or href, href) if href else None
    if base is None or address is None:
        return
    for element in root.css(_LINKED):
        written = element.attributes
        for name in _ADDRESSES:
            value = written.get(name)
            if value and not value.startswith("#") and element.tag != "base" and not _SCHEME.match(value):
                resolved = absolute_url(address, value)
                if resolved is not None:
                    element.attrs[name] = resolved
    for element in root.css(_SETS):
        for name in _ADDRESS_SETS:
            if value := element.attributes.get(name):
                element.attrs[name] = _CANDIDATE.sub(lambda found: absolute_url(address, found[0]) or found[0], value)


_FIRST_BYTES = 1_000
_SCHEME = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_LONGEST_EMAIL = 320
_HIDDEN_EMAIL = re.compile(r"/cdn-cgi/l/email-protection#([0-9a-fA-F]+)$")


def _write_out_emails(root: Element) -> None:
    """Replace Cloudflare's ``[email protected]`` with the e-mail address."""
    for element in root.css("[data-cfemail]"):
        address = hidden_email(element.attributes.get("data-cfemail") or "")
        if address is not None:
            element.replace_with(address)
    for link in root.css('a[href*="/cdn-cgi/l/email-protection#"]'):
        found = _HIDDEN_EMAIL.search(link.attributes.get("href") or "")
        address = hidden_email(found[1]) if found else None
        if address is not None and clean_text(text_of(link)).replace("\xa0", " ") == "[email protected]":
            link.replace_with(address)


def hidden_email(code: str) -> str | None:
    """Decode an e-mail address that Cloudflare hides (the first byte is the key); None if it is not one.

    >>> hidden_email("7d171214133d0e180f0b1253120f1a")
    'join@servo.org'
    """
    if len(code) > 2 * _LONGEST_EMAIL or len(code) < 4:
        return None
    try:
        key, *coded = bytes.fromhex(code)
        address = bytes(key ^ each for each in coded).decode("utf-8")
    except ValueError:
        return None
    # The rest belongs to the link: a subject.
    address = address.partition("?")[0]
    return address if "@" in address and address.isprintable() and " " not in address else None


def _is_markup_or_words(body: bytes) -> bool:
    """Whether a body has tags, or is what a call may send in place of teasers: words for the end, messages of PHP."""
    if _TAG.search(body) or _is_utf16(body):
        return True
    if len(body) > _LONGEST_WORDS:
        return False
    text = body.removeprefix(_BOM).decode("utf-8", errors="replace")
    words, is_message = cut_server_errors(clean_text(text.replace("&nbsp;", " ")))
    return not words or (is_message and words == "0") or site().more.end.fullmatch(words) is not None


def _what_it_is(body: bytes) -> str:
    text = body.removeprefix(_BOM).strip()
    if text in _BARE:
        return _BARE[text]
    return "not_html_json" if _is_json(body) else "not_html"


def _is_json(body: bytes) -> bool:
    """Whether a body is JSON, perhaps after a byte order mark. A JSON string may contain tags."""
    text = body.removeprefix(_BOM).strip()
    return text[:1] in (b"{", b"[") or (len(text) > 1 and text[:1] == text[-1:] == b'"')


def _decode(body: bytes, content_type: str) -> tuple[str, bool]:
    """Return the text, and whether the declared encoding does not match.

    The encoding is UTF-8 if the bytes are valid UTF-8, else that of the byte order mark, else the declared one, else
    windows-1252, the default of the HTML standard.
    """
    names = [name for name in (http_content_type_encoding(content_type), html_body_declared_encoding(body)) if name]
    declared = [encoding for name in names if (encoding := _text_encoding(name)) is not None]
    try:
        text = body.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if not _is_utf16(body):
            return text, not body.isascii() and bool(declared) and declared[0] != "utf-8"
    marked = read_bom(body)[0] or _utf16_order(body)
    if marked is None and b"\0" not in body[:_FIRST_BYTES]:
        # In UTF-16 the markup would have them.
        declared = [each for each in declared if not each.startswith("utf-16")]
    for encoding in (*([marked] if marked else []), *declared):
        try:
            return body.decode(encoding), bool(declared) and encoding != declared[0]
        except UnicodeDecodeError:
            continue
    if any(each == "utf-8" for each in declared):
        # UTF-8 with a few damaged bytes.
        return body.decode("utf-8", errors="replace"), True
    return body.decode("cp1252", errors="latin-1-bytes"), "charset" in content_type.lower() or b"charset" in body[
        :1024
    ].lower()


def _is_utf16(body: bytes) -> bool:
    return body[:2] in (b"\xff\xfe", b"\xfe\xff") or _utf16_order(body) is not None


def _utf16_order(body: bytes) -> str | None:
    """The encoding of a page in UTF-16 that begins with a tag instead of a byte order mark; None for others."""
    return next((name for name, begins in _UTF16.items() if begins.match(body)), None)


def _text_encoding(name: str) -> str | None:
    """Python's name of a declared encoding; None if it is not a text encoding."""
    encoding = resolve_encoding(name)
    if encoding is None or encoding in _NO_TEXT:
        return None
    return encoding if codecs.lookup(encoding)._is_text_encoding else None


# Python's own encodings, which are not meant by a page.
_NO_TEXT = frozenset(("idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "undefined", "mbcs", "oem"))
_NO_TEXT |= {"unicode-escape", "raw-unicode-escape"}


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    """Decode the five bytes that windows-1252 does not define as control characters, like the encoding standard."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("latin-1-bytes", _as_latin_1)
