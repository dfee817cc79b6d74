"""Teasers: which are new, which are wanted, and which articles they lead to."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vokcrawl.crawling.article_result import ArticleResult
from vokcrawl.crawling.context import Intake
from vokcrawl.loaders import listed_values, load_teaser
from vokcrawl.normalize import article_id, parse_utc, shown_date
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.sources import Belongs, logo_belongs, same_source
from vokcrawl.policy.revisit import REMOVAL_CONFIRMATION_DELAY
from vokcrawl.storage.state.rows import ArticleRow, EntryRow, Status


@dataclass(frozen=True, slots=True)
class Listed:
    """A teaser of a listing: its article's address, whose it is, the day that it shows, and what the memory knows."""

    raw: RawTeaser
    address: str
    belongs: Belongs
    day: str | None
    entry: EntryRow | None
    article: ArticleRow | None
    # Whether its logo names the wanted source, or other logos of its page do and none names another source.
    shown_as_wanted: bool = False

    @property
    def wanted(self) -> bool:
        return self.belongs is not Belongs.NO


class TeaserIntake(Intake):
    """Takes in the teasers of listings and of "More From" blocks."""

    def listed(self, raws: Sequence[RawTeaser], url: str) -> Iterator[Listed]:
        """The teasers of a listing's page that stay on the site, with what is known of them."""
        ids = [raw.id for raw in raws]
        articles = self.known_articles(ids)
        known = self.run.state.entries(ids)
        found = []
        for raw in raws:
            address = self.on_site(raw.href, url)
            if address is not None:
                article = articles.get(raw.id)
                belongs = self._decided(self.belongs(raw), article)
                found.append(Listed(raw, address, belongs, self.teaser_day(raw), known.get(raw.id), article))
        # One source's listing: some logo names it, and none names another.
        own = all(each.wanted for each in found) and any(each.belongs is Belongs.YES for each in found)
        for each in found:
            yield replace(each, shown_as_wanted=own or each.belongs is Belongs.YES)

    def known_articles(self, ids: Sequence[str]) -> dict[str, ArticleRow]:
        """What is known of those of the articles that are known."""
        return {
            identity: row
            for identity, row in self.run.state.articles(ids).items()
            # Another source's once, and now the wanted one's: VOK_SOURCE was changed.
            if not (row.status is Status.OTHER and same_source(row.source or "", self.options.source))
        }

    def take_listed(self, teaser: Listed, url: str) -> Iterator[Any]:
        """Gives a teaser's record, where it is wanted and new, and what is to be handed on for its article."""
        if not teaser.wanted:
            self.count("vok/listing/other_source")
            return
        self.run.statistics.wanted_seen += teaser.belongs is Belongs.YES
        if not self.in_window(teaser.day):
            return
        raw, article = teaser.raw, teaser.article
        request = None
        if raw.id not in self.requested and self.is_asked_for(raw.id, article):
            # Before anything is given: two pages may be taken in at the same time.
            self.listed_values[raw.id] = listed_values(raw)
            if teaser.shown_as_wanted:
                self.shown_as_wanted.add(raw.id)
            request = self.article_wanted(raw.id, teaser.address)
        if raw.id not in self.run.met_teasers and not (teaser.entry is not None and teaser.entry.delivered):
            if teaser.belongs is Belongs.UNKNOWN and raw.id in self.in_flight:
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

    def is_asked_for(self, identity: str, article: ArticleRow | None) -> bool:
        """Whether a listed article is to be fetched: unknown and not pausing, or gone and now shown again."""
        if article is None:
            return self.may_ask(identity)
        if article.status in (Status.REMOVED, Status.GONE) and article.checked_at is not None:
            return self.run.moment() - parse_utc(article.checked_at) >= REMOVAL_CONFIRMATION_DELAY
        return False

    def may_ask(self, identity: str) -> bool:
        """Whether an article is not owed, or its pause is over."""
        owed = self.run.state.retry_of(identity)
        return owed is None or owed.next_attempt_at <= self.run.now()

    @staticmethod
    def _decided(belongs: Belongs, article: ArticleRow | None) -> Belongs:
        """What is known of the article decides where the teaser alone does not."""
        if belongs is not Belongs.UNKNOWN or article is None:
            return belongs
        return Belongs.NO if article.status is Status.OTHER else Belongs.YES

    def block_teasers(self, found: ArticleResult, url: str) -> Iterator[Any]:
        """The teasers of the "More From" block that are the wanted source's and not yet delivered.

        While a listing is walked they wait for its end: the listing shows them with their titles, the block without.
        One that a listing has shown already waits for its article.
        """
        new = found.block(_Either(self.run.met_teasers, self.held))
        if not new:
            return
        known = self.run.state.entries(raw.id for raw in new)
        articles = self.run.state.articles(raw.id for raw in new)
        for raw in new:
            address = self.on_site(raw.href, url)
            if address is None or self.belongs(raw, found.block_source) is not Belongs.YES:
                continue
            if not self.in_window(self.teaser_day(raw)):
                continue
            if raw.id not in articles:
                self.in_blocks[raw.id] = address
            if raw.id in known and known[raw.id].delivered:
                self.run.meet_teaser(raw.id)
            elif self.walks_open:
                self.held.setdefault(raw.id, (raw, url, found.block_source))
            elif raw.id not in self.undecided:
                yield self.teaser_item(raw, url, found.block_source, titled=False)

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
        self.run.extractors_used["teaser"][raw.way] += 1
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


class _Either:
    """What is in one of two containers; to join them for each page would cost more with each page."""

    def __init__(self, one: Container[str], other: Container[str]) -> None:
        self._one = one
        self._other = other

    def __contains__(self, identity: object) -> bool:
        return identity in self._one or identity in self._other
