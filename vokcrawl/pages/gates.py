"""How the site says no in a page that looks like a good answer."""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import urlsplit

# Words of the sentence under a metered article; either is enough.
_METERING = re.compile(r"\bupgrade to nk pro\b|\bto get full access to this content\b", re.IGNORECASE)
_BOTH = re.compile(r"\bupgrade to nk pro\b.*\bfull access to this content\b", re.IGNORECASE | re.DOTALL)
_SENTENCE_END = re.compile(r"[.!?…]['\"”’)]*\s+")
# Where a visitor without an account is sent, and the classes of the form that asks him to sign up.
_SIGN_UP_PATH = "free-member-form"
_SIGN_UP_BLOCKS = ("nk-paywall-free-member-form", "free-member-form-inner")
# Which service checks visitors, if any does, is not known: words that such pages commonly say, in lower case.
_BOT_CHECK_WORDS = (
    "checking your browser",
    "verify you are human",
    "verifying you are human",
    "just a moment",
    "enable javascript and cookies",
    "attention required",
    "captcha",
    "cf-chl",
    "bot check",
)
# The page that South Korean networks put in place of sites of the North.
_NATIONAL_BLOCK = re.compile(rb"""<meta\s(?=[^>]{0,200}kcsc)(?=[^>]{0,200}blocking)[^>]{0,200}>""", re.IGNORECASE)
# How much of a page is looked at for such words: a check is a short page.
_SHORT = 60_000


class BlockPage(StrEnum):
    """The ways in which the site shuts a visitor out, as the manifest names them."""

    SIGN_UP = "gate_sign_up"
    FRONT_PAGE = "gate_front_page"
    BOT_CHECK = "gate_bot_check"
    NATIONAL_BLOCK = "gate_national_block"


def redirects_to_block_page(asked: str, got: str) -> BlockPage | None:
    """The gate that a redirect from one address to another means; None for any other redirect, or none."""
    if _SIGN_UP_PATH in got:
        return BlockPage.SIGN_UP
    if urlsplit(got).path in ("", "/") and urlsplit(asked).path not in ("", "/"):
        return BlockPage.FRONT_PAGE
    return None


def find_block_page(body: bytes) -> BlockPage | None:
    """The gate that a page is, judged by its words. To be asked only of a page that is not what was asked for."""
    start = body[:_SHORT]
    if _NATIONAL_BLOCK.search(start):
        return BlockPage.NATIONAL_BLOCK
    text = start.decode("utf-8", "replace").lower()
    if any(block in text for block in _SIGN_UP_BLOCKS):
        return BlockPage.SIGN_UP
    if any(words in text for words in _BOT_CHECK_WORDS):
        return BlockPage.BOT_CHECK
    return None


def is_metering(text: str) -> bool:
    """Whether a text is the whole metering sentence: a mere invitation to upgrade may stand on any page."""
    return len(text) < 1000 and _BOTH.search(text) is not None


def cut_metering(paragraph: str) -> tuple[str, bool]:
    """The paragraph without the metering sentence and what follows it, and whether that sentence was in it.

    >>> cut_metering("The choir sang... Upgrade to NK PRO today to get full access to this content.")
    ('The choir sang...', True)
    """
    # Not to search each paragraph of each article for nothing: that takes much longer than this.
    lowered = paragraph.lower()
    match = _METERING.search(paragraph) if "upgrade to" in lowered or "full acce" in lowered else None
    if match is None:
        return paragraph, False
    start = 0
    for end in _SENTENCE_END.finditer(paragraph, 0, match.start()):
        start = end.end()
    return paragraph[:start].rstrip(), True
