"""How the site says no in a page that looks like a good answer."""

from __future__ import annotations

import re

# Words of the sentence under a metered article; either is enough.
_METERING = re.compile(r"\bupgrade to nk pro\b|\bto get full access to this content\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…]['\"”’)]*\s+")
# Where a visitor without an account is sent.
_SIGN_UP_PATH = "free-member-form"


def cut_metering(paragraph: str) -> tuple[str, bool]:
    """The paragraph without the metering sentence and what follows it, and whether that sentence was in it.

    >>> cut_metering("The choir sang... Upgrade to NK PRO today to get full access to this content.")
    ('The choir sang...', True)
    """
    match = _METERING.search(paragraph)
    if match is None:
        return paragraph, False
    start = 0
    for end in _SENTENCE_END.finditer(paragraph, 0, match.start()):
        start = end.end()
    return paragraph[:start].rstrip(), True


def is_sign_up(url: str) -> bool:
    """Whether this is the address of the site's sign-up form."""
    return _SIGN_UP_PATH in url
