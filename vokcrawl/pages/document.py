"""From the bytes of an answer to a parsed document, distrusting what the answer says of itself."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

from vokcrawl.normalize import absolute_url, clean_text
from vokcrawl.pages.server_errors import ends_in_server_error
from vokcrawl.pages.tree import Element, parse, text_of

# The name of the fault that may also be an end (an empty batch).
EMPTY_PAGE = "empty_page"
# What may stand in an article's place.
LISTING_IN_PLACE, CHROME_ONLY = "listing_in_place", "chrome_only"
REDIRECTED = "redirected"
# A page that ends in the words of a CMS that gave up in the midst of it.
SERVER_ERROR = "server_error"
# What a second request may mend: the site serves these now and then in the place of a good page.
PASSING_FAULTS = frozenset((LISTING_IN_PLACE, CHROME_ONLY, SERVER_ERROR))
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


def read_document(body: bytes, content_type: str, url: str | None = None) -> Document:
    """Parses an answer's body. `content_type` is its header, as sent; `url` its address, for a relative <base href>.

    In the tree all addresses are resolved against the page's <base href>, where it has one, and e-mail addresses are
    written out that Cloudflare hides. Raises `PageFault`: ``empty_page`` for nothing but white space, ``not_html`` for
    another type, or for bytes that hold no tag; one of `REFUSALS` where it is what a site's own calls answer when they
    refuse; ``server_error`` where the page ends in a CMS's own error.
    """
    if not body.strip():
        raise PageFault(EMPTY_PAGE)
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _HTML_TYPES or not (_TAG.search(body) or _is_utf16(body)) or _is_json(body):
        raise PageFault(_what_it_is(body))
    text, wrong = _decode(body, content_type)
    if ends_in_server_error(text):
        raise PageFault(SERVER_ERROR)
    root = parse(text)
    if "base" in text or "BASE" in text:
        _resolve_links(root, url)
    if "data-cfemail" in text or "email-protection#" in text:
        _write_out_emails(root)
    return Document(root, wrong)


# Attributes that hold one address; a `srcset` holds several.
_ADDRESSES = ("href", "src", "data-src", "data-lazy-src", "data-original", "data-lazy", "action")
_LINKED = ", ".join(f"[{name}]" for name in _ADDRESSES)


def _resolve_links(root: Element, url: str | None) -> None:
    """Writes each address of the page as what <base href> makes of it; mere fragments stay as they are."""
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


_SCHEME = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_LONGEST_EMAIL = 320
_HIDDEN_EMAIL = re.compile(r"/cdn-cgi/l/email-protection#([0-9a-fA-F]+)$")


def _write_out_emails(root: Element) -> None:
    """Puts e-mail addresses in the place of what Cloudflare shows to programs: ``[email protected]``."""
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
    """An e-mail address from Cloudflare's code for it (the first byte is the key); None where it is none.

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
    # What stands behind the address is of a link: a subject.
    address = address.partition("?")[0]
    return address if "@" in address and address.isprintable() and " " not in address else None


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
    """The text, and whether what is declared does not fit.

    UTF-8 wherever the bytes are UTF-8, whatever is declared; else by the mark of an encoding that it begins with; else
    as declared; else windows-1252, as the HTML standard has it for what declares nothing.
    """
    names = [name for name in (http_content_type_encoding(content_type), html_body_declared_encoding(body)) if name]
    declared = [encoding for name in names if (encoding := _text_encoding(name)) is not None]
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if not _is_utf16(body):
            return text, not body.isascii() and bool(declared) and declared[0] != "utf-8"
    marked = read_bom(body)[0]
    for encoding in (*([marked] if marked else []), *declared):
        try:
            return body.decode(encoding), bool(declared) and encoding != declared[0]
        except UnicodeDecodeError:
            continue
    if any(each == "utf-8" for each in declared):
        # A byte or two that are damaged; what else is there is UTF-8.
        return body.decode("utf-8", errors="replace"), True
    return body.decode("cp1252", errors="latin-1-bytes"), "charset" in content_type.lower() or b"charset" in body[
        :1024
    ].lower()


def _is_utf16(body: bytes) -> bool:
    return body[:2] in (b"\xff\xfe", b"\xfe\xff")


def _text_encoding(name: str) -> str | None:
    """Python's name of an encoding that a page may declare; None for what is no encoding of texts."""
    encoding = resolve_encoding(name)
    if encoding is None or encoding in _NO_TEXT:
        return None
    return encoding if codecs.lookup(encoding)._is_text_encoding else None


# Encodings of Python's own, which no page means.
_NO_TEXT = frozenset(("idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "undefined", "mbcs", "oem"))
_NO_TEXT |= {"unicode-escape", "raw-unicode-escape"}


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    """The five bytes that windows-1252 leaves open become control characters, as in the encoding standard."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("latin-1-bytes", _as_latin_1)
