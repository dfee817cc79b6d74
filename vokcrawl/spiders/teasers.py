"""Teasers: which are new, which are wanted, and which articles they lead to."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from vokcrawl.fields import article_id, shown_date
from vokcrawl.listings import ListingWalk
from vokcrawl.loaders import load_teaser
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.sources import Belongs, logo_belongs, same_source
from vokcrawl.recheck import SECOND_LOOK, parse_utc
from vokcrawl.spiders.base import SourceSpider
from vokcrawl.state.rows import ArticleRow, EntryRow, Status
from vokcrawl.walk import Entry


class TeaserSpider(SourceSpider):
    """Takes in the teasers of listings and of "More From" blocks."""

    def take(self, raws: Sequence[RawTeaser], url: str, walk: ListingWalk) -> Generator[Any, None, list[Entry]]:
        """Gives the teasers' records and the requests for their articles; returns the walk's entries."""
        ids = [raw.id for raw in raws]
        articles = {
            identity: row
            for identity, row in self.run.state.articles(ids).items()
            # Another source's once, and now the wanted one's: VOK_SOURCE was changed.
            if not (row.status is Status.OTHER and same_source(row.source or "", self.options.source))
        }
        known = self.run.state.entries(ids)
        entries: list[Entry] = []
        for raw in raws:
            address = self.on_site(raw.href, url)
            if address is None:
                continue
            belongs = self._decided(self.belongs(raw), articles.get(raw.id))
            wanted = belongs is not Belongs.NO
            day = self.teaser_day(raw)
            entry = Entry(raw.id, day, wanted, self._is_covered(raw.id, known, articles, walk))
            entries.append(entry)
            if not wanted:
                self.crawler.stats.inc_value("vok/listing/other_source")
                continue
            self.run.facts.wanted_seen += belongs is Belongs.YES
            walk.passed_over |= not entry.covered and not self.in_window(day)
            if self.in_window(day):
                if not entry.covered:
                    self.run.remember().put_entry(raw.id, walk.number)
                yield from self._take_one(raw, address, url, belongs, known.get(raw.id), articles.get(raw.id))
        return entries

    def _take_one(
        self,
        raw: RawTeaser,
        address: str,
        url: str,
        belongs: Belongs,
        known: EntryRow | None,
        article: ArticleRow | None,
    ) -> Iterator[Any]:
        request = None
        if raw.id not in self.requested and self._is_asked_for(raw.id, article):
            # Before anything is given: two pages may be taken in at the same time.
            request = self.article_request(raw.id, address)
        if raw.id not in self.run.met_teasers and not (known is not None and known.delivered):
            if belongs is Belongs.UNKNOWN and raw.id in self.in_flight:
                self.undecided.setdefault(raw.id, (raw, url))
            else:
                yield self.teaser_item(raw, url, article.source if article is not None else None)
        if request is not None:
            yield request

    def settle(self, identity: str, source: str | None) -> Iterator[Any]:
        """Gives the teaser that waited for this article, if one did; `source` is what the article's page says."""
        waiting = self.undecided.pop(identity, None)
        if waiting is not None:
            yield self.teaser_item(*waiting, source)

    def answered(self, identity: str) -> Iterator[Any]:
        """An article was answered for, good or bad: what still waited for it goes on."""
        self.in_flight.discard(identity)
        if identity in self.undecided:
            article = self.run.state.articles([identity]).get(identity)
            yield from self.settle(identity, article.source if article is not None else None)

    def _is_asked_for(self, identity: str, article: ArticleRow | None) -> bool:
        """Whether a listed article is to be fetched: unknown and not pausing, or gone and now shown again."""
        if article is None:
            return self.may_ask(identity)
        if article.status in (Status.REMOVED, Status.GONE) and article.checked_at is not None:
            return datetime.now(UTC) - parse_utc(article.checked_at) >= SECOND_LOOK
        return False

    def may_ask(self, identity: str) -> bool:
        """Whether an article is not owed, or its pause is over."""
        owed = self.run.state.owed_of(identity)
        return owed is None or owed.next_at <= self.run.now()

    def _is_covered(
        self,
        identity: str,
        known: Mapping[str, EntryRow],
        articles: Mapping[str, ArticleRow],
        walk: ListingWalk,
    ) -> bool:
        """Whether a complete walk has seen it; measured by what this walk may join, so that it joins nothing less."""
        entry = known.get(identity)
        joins = walk.before is not None and walk.before.holds_for(self.arguments.since)
        bound = walk.before.back_to if joins and walk.before is not None else self.arguments.since
        if entry is None or not entry.covered(bound):
            return False
        return identity in articles or self.run.state.owed_of(identity) is not None

    @staticmethod
    def _decided(belongs: Belongs, article: ArticleRow | None) -> Belongs:
        """What is known of the article decides where the teaser alone does not."""
        if belongs is not Belongs.UNKNOWN or article is None:
            return belongs
        return Belongs.NO if article.status is Status.OTHER else Belongs.YES

    def block_teasers(self, page: ArticlePage, url: str) -> Iterator[Any]:
        """The teasers of the "More From" block that are the wanted source's and not yet delivered.

        While a listing is walked they wait for its end: the listing shows them with their titles, the block without.
        """
        new = page.teasers(skip=self.run.met_teasers if not self.held else self.run.met_teasers | self.held.keys())
        if not new:
            return
        known = self.run.state.entries(raw.id for raw in new)
        articles = self.run.state.articles(raw.id for raw in new)
        for raw in new:
            address = self.on_site(raw.href, url)
            if address is None or self.belongs(raw, page.block_source) is not Belongs.YES:
                continue
            if not self.in_window(self.teaser_day(raw)):
                continue
            if raw.id not in articles:
                self.in_blocks[raw.id] = address
            if raw.id in known and known[raw.id].delivered:
                self.run.meet_teaser(raw.id)
            elif self.walks_open:
                self.held.setdefault(raw.id, (raw, url, page.block_source))
            else:
                yield self.teaser_item(raw, url, page.block_source, titled=False)

    def walk_over(self) -> Iterator[Any]:
        """One start page has led to its end, good or bad; with the last one the teasers that waited are given."""
        self.walks_open -= 1
        if self.walks_open > 0:
            return
        for identity, (raw, url, source) in self.held.items():
            # One that waits for its article was shown by a listing, with its title.
            if identity not in self.run.met_teasers and identity not in self.undecided:
                yield self.teaser_item(raw, url, source, titled=False)
        self.held.clear()

    def belongs(self, raw: RawTeaser, block_source: str | None = None) -> Belongs:
        """Whether a teaser is of the wanted source, by the heading of its block or by its logo."""
        if block_source is not None:
            return Belongs.YES if same_source(block_source, self.options.source) else Belongs.NO
        return logo_belongs(raw.logo, self.options.source) if raw.logo else Belongs.UNKNOWN

    def teaser_item(
        self, raw: RawTeaser, found_on: str, source: str | None = None, *, titled: bool = True
    ) -> dict[str, Any]:
        """A teaser's record. What it lacks is noted; `titled` says whether its kind of block shows titles."""
        self.run.readings["teaser"][raw.way] += 1
        item = load_teaser(raw, found_on, source) | {"first_seen_at": self.run.now()}
        # A block on an article's page shows none, also where a browser unfolds it.
        if titled and "title" not in item and article_id(found_on) is None:
            self.note("teaser_without_title", found_on)
        if raw.date is None:
            self.note("teaser_without_date", found_on)
        elif "published_on" not in item:
            self.note("teaser_wrong_date", found_on)
        return item

    def teaser_day(self, raw: RawTeaser) -> str | None:
        """The day that a teaser shows, None where it shows none or a wrong one."""
        return shown_date(raw.date) if raw.date else None
