"""The teasers of a listing that is walked: what the walk counts, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from vokcrawl.crawling.listing_task import ListingWalk
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.policy.pagination import Entry
from vokcrawl.spiders.base import SourceSpider
from vokcrawl.storage.state.rows import ArticleRow, EntryRow


class TeaserSpider(SourceSpider):
    """Takes in the pages of a walk."""

    def take(self, raws: Sequence[RawTeaser], url: str, walk: ListingWalk) -> Generator[Any, None, list[Entry]]:
        """Gives the teasers' records and the requests for their articles; returns the walk's entries."""
        entries: list[Entry] = []
        for teaser in self.listed(raws, url):
            entry = Entry(
                teaser.raw.id,
                teaser.day,
                teaser.wanted,
                self.is_covered(teaser.raw.id, teaser.entry, teaser.article, walk),
            )
            entries.append(entry)
            walk.mixed |= not teaser.wanted
            walk.example = walk.example or (teaser.raw.id if teaser.wanted else None)
            if teaser.wanted and not entry.covered:
                if self.in_window(teaser.day):
                    self.run.begin_transaction().put_entry(teaser.raw.id, walk.number)
                else:
                    walk.passed_over = True
            yield from self.take_listed(teaser, url)
        return entries

    def is_covered(self, identity: str, entry: EntryRow | None, article: ArticleRow | None, walk: ListingWalk) -> bool:
        """Whether a complete walk has seen it; measured by what this walk may join, so that it joins nothing less."""
        joins = walk.before is not None and walk.before.covers(self.arguments.since)
        bound = walk.before.covered_since if joins and walk.before is not None else self.arguments.since
        if entry is None or not entry.already_crawled(bound):
            return False
        return article is not None or self.run.state.retry_of(identity) is not None
