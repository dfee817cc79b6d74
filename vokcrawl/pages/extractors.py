"""The readings of the site's pages, side by side: which one is used is decided by the day a page was captured.

When the site changes so that its pages must be read otherwise, a new reading is added with the moment from which it
is valid, and the old one stays: archived pages of the old site go on being read by it. The name in a record's
`extractor` is that of the reading's article page (`ArticlePage.extractor`), so a new one has a new name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.listing import RawTeaser, read_teasers
from vokcrawl.pages.more import More, read_more
from vokcrawl.pages.tree import Element


@dataclass(frozen=True, slots=True)
class Extractor:
    """How pages captured at `valid_from` (aware) or later are read, until the next reading's moment."""

    valid_from: datetime
    article: type[ArticlePage]
    teasers: Callable[[Element], list[RawTeaser]]
    more: Callable[[Element, str, int], More]


# Oldest first. The first one is for all that came before, too.
EXTRACTORS = [Extractor(datetime(1970, 1, 1, tzinfo=UTC), ArticlePage, read_teasers, read_more)]


def extractor_at(moment: datetime) -> Extractor:
    """The reading for a page that was captured at this moment (aware)."""
    return next((each for each in reversed(EXTRACTORS) if each.valid_from <= moment), EXTRACTORS[0])
