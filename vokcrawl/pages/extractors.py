"""Versions of the extractor. The date of a capture selects the version.

When a change of the site needs a new version, it is added with the time from which it is valid. The old version stays,
for archived pages. The `extractor` of a record is that of the version's article page (`ArticlePage.extractor`), so each
version needs its own name. What a version looks for is in the site profile (`vokcrawl.pages.profile`): most changes of
the site need a new profile, not a new version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.listing import RawTeaser, read_teasers
from vokcrawl.pages.more import More, read_more
from vokcrawl.pages.profile import use_profile_of
from vokcrawl.pages.tree import Element


@dataclass(frozen=True, slots=True)
class Extractor:
    """The readers for pages captured at `valid_from` (aware) or later, until the next version."""

    valid_from: datetime
    article: type[ArticlePage]
    teasers: Callable[[Element], list[RawTeaser]]
    more: Callable[[Element, str, int], More]


# Oldest first. The first is also used for earlier pages.
EXTRACTORS = [Extractor(datetime(1970, 1, 1, tzinfo=UTC), ArticlePage, read_teasers, read_more)]


def extractor_at(moment: datetime) -> Extractor:
    """The version for a page captured at this time (aware). The readers use the profile of that time from now on."""
    use_profile_of(moment.astimezone(UTC))
    return next((each for each in reversed(EXTRACTORS) if each.valid_from <= moment), EXTRACTORS[0])
