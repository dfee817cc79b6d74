"""Block pages: sign-up forms, bot checks and the like, sent by the site or its CDN instead of a page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from vokcrawl.normalize import clean_text
from vokcrawl.pages.flow import flow
from vokcrawl.pages.profile import site
from vokcrawl.pages.tree import Element, TooManyElementsError, parse, text_of, with_class
from vokcrawl.pages.visibility import HiddenElements

_SENTENCE_END = re.compile(r"[.!?…]['\"”’)]*\s+")
# A page with this word and little else is a bot check.
_CAPTCHA = re.compile(r"captcha", re.IGNORECASE)
# Limits of a bot check: length of its text, of its start with the words, of a bare page, number of links, and of those
# to other pages of the site.
_LONGEST_CHECK, _BEGINNING, _BARE, _MOST_LINKS, _MOST_SITE_LINKS = 2_500, 500, 120, 8, 1
# Links that do not lead to other pages of the site: to other hosts, to services of the check, and to no page.
_NO_SITE_LINK = re.compile(
    r"\s*(?:[a-z][a-z0-9+.-]{1,20}:|//|#|\?|/?$|\.?/?cdn-cgi/|/cdn-cgi/|/\.well-known/)", re.IGNORECASE
)
# Fields of a form that asks for more than proof of being human.
_FIELDS = (
    "textarea, input[type=text], input[type=email], input[type=password], input[type=search], input[type=tel], "
    "form input:not([type])"
)
# Status codes of refusals; a short text without markup may be one.
_REFUSALS, _SHORT_TEXT = frozenset((401, 403, 405, 406, 415, 429, 503)), 500
# The block page of South Korean networks.
_NATIONAL_BLOCK = re.compile(rb"""<meta\s(?=[^>]{0,200}kcsc)(?=[^>]{0,200}blocking)[^>]{0,200}>""", re.IGNORECASE)
# Maximum length of a block page in bytes.
_SHORT = 60_000
# Status of a bot check without a body.
_ACCEPTED = 202


class BlockPage(StrEnum):
    """Kinds of block pages, as named in the manifest."""

    SIGN_UP = "block_page_sign_up"
    FRONT_PAGE = "block_page_front_page"
    BOT_CHECK = "block_page_bot_check"
    NATIONAL_BLOCK = "block_page_national_block"
    PASSWORD_FORM = "blocked_password"  # noqa: S105


def redirects_to_block_page(asked: str, got: str) -> BlockPage | None:
    """The block page that a redirect between two URLs leads to; None for other redirects, or none."""
    if site().blocks.sign_up_path in got:
        return BlockPage.SIGN_UP
    if urlsplit(got).path in ("", "/") and urlsplit(asked).path not in ("", "/"):
        return BlockPage.FRONT_PAGE
    return None


def check_in_headers(status: int, headers: Mapping[str, str], body: bytes = b"x") -> BlockPage | None:
    """The bot check that the status and the headers (names in lower case) of a response mark, whatever its body."""
    for name, values in site().blocks.bot_check_headers.items():
        if headers.get(name, "").strip().lower() in values:
            return BlockPage.BOT_CHECK
    return BlockPage.BOT_CHECK if status == _ACCEPTED and not body.strip() else None


def find_block_page(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> BlockPage | None:
    """Return the kind of a block page: by its headers, or by its visible text if it has little else.

    Call it only for a response that is not the requested page. A word in a script, a URL, or a form beside other
    content does not make a block page.
    """
    found = check_in_headers(status, headers or {}, body)
    if found is not None:
        return found
    start = body[:_SHORT]
    if _NATIONAL_BLOCK.search(start):
        return BlockPage.NATIONAL_BLOCK
    if b"<" not in start and not (status in _REFUSALS and len(start) < _SHORT_TEXT):
        return None
    try:
        root = parse(start.decode("utf-8", "replace"))
    except TooManyElementsError:
        return None
    if any(with_class(root, name) for name in site().blocks.sign_up_classes):
        return BlockPage.SIGN_UP
    return BlockPage.BOT_CHECK if len(body) <= _SHORT and _is_check(root) else None


def _is_check(root: Element) -> bool:
    title, marks = root.css_first("title"), site().blocks
    name = clean_text(text_of(title)) if title is not None else ""
    links = [each.attributes.get("href") or "" for each in root.css("a[href]")]
    if len(links) > _MOST_LINKS or len({each for each in links if not _NO_SITE_LINK.match(each)}) > _MOST_SITE_LINKS:
        return False
    asks_for_more = root.css_first(_FIELDS) is not None
    lines = [
        each
        for block in flow(root, omitted=HiddenElements())
        if (each := marks.protected_form.sub("", block.text).strip())
        and not (asks_for_more and not block.within.isdisjoint(("form", "label")))
    ]
    text = " ".join(lines)
    if len(text) > _LONGEST_CHECK:
        return False
    if any(marks.bot_check_lines.fullmatch(each) for each in (name, *_beginning(lines))):
        return True
    if marks.bot_check.search(name) or marks.bot_check.search(text[:_BEGINNING]):
        return True
    if text:
        return len(text) <= _BARE and _CAPTCHA.search(f"{name} {text}") is not None
    # Some bot checks have only a text for browsers without scripts, or a frame.
    beside = " ".join(clean_text(text_of(each)) for each in root.css("noscript, iframe"))[:_BEGINNING]
    if marks.bot_check.search(beside) or _CAPTCHA.search(f"{name} {beside}"):
        return True
    return not asks_for_more and marks.bot_check_frames.first(root) is not None


def _beginning(lines: Sequence[str]) -> list[str]:
    """The lines at the beginning of a page."""
    found, letters = [], 0
    for line in lines:
        if letters > _BEGINNING:
            break
        found.append(line)
        letters += len(line)
    return found


def is_metering(text: str) -> bool:
    """Whether a text is the complete metering sentence. Any page may advertise an upgrade."""
    return len(text) < 1000 and site().blocks.truncated_sentence.search(text) is not None


def cut_metering(paragraph: str) -> tuple[str, bool]:
    """Remove the metering sentence and what follows from a paragraph. Returns also whether it was there.

    >>> cut_metering("The choir sang... Upgrade to NK PRO today to get full access to this content.")
    ('The choir sang...', True)
    """
    marks = site().blocks
    # Fast path: nearly no paragraph has it.
    lowered = paragraph.lower()
    match = marks.truncated.search(paragraph) if any(each in lowered for each in marks.truncated_hints) else None
    if match is None:
        return paragraph, False
    start = 0
    for end in _SENTENCE_END.finditer(paragraph, 0, match.start()):
        start = end.end()
    return paragraph[:start].rstrip(), True
