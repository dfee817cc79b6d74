"""Teasers: selects the new and wanted ones, defers those with an unknown source, and requests their articles."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from vokcrawl.crawling.article_result import ArticleResult
from vokcrawl.crawling.context import Context
from vokcrawl.loaders import load_teaser
from vokcrawl.normalize import article_id, parse_utc, shown_date
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.sources import Belongs, logo_belongs, same_source
from vokcrawl.policy.revisit import REMOVAL_CONFIRMATION_DELAY
from vokcrawl.storage.state.rows import ArticleRow, EntryRow, Status


@dataclass(frozen=True, slots=True)
class ListedTeaser:
    """A teaser of a listing page: the URL of its article, its source, its day, and the rows of both in the state."""

    raw: RawTeaser
    url: str
    belongs: Belongs
    day: str | None
    entry: EntryRow | None
    article: ArticleRow | None
    # Whether its logo names the wanted source, or other logos of its page do and none names another source.
    shown_as_wanted: bool = False

    @property
    def wanted(self) -> bool:
        """Whether it may belong to the wanted source."""
        return self.belongs is not Belongs.NO


class Teasers:
    """The teasers of a run. Each is emitted once.

    A teaser without a known source waits for its article (`awaiting_source`). The teasers of "More From" blocks
    have no titles, so they wait until no listing is being paginated any more (`deferred`): a listing's copy goes first.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        # With the URL of their page.
        self.awaiting_source: dict[str, tuple[RawTeaser, str]] = {}
        # With the URL of their page and the source that their block's heading names.
        self.deferred: dict[str, tuple[RawTeaser, str, str | None]] = {}
        # Wanted articles that only "More From" blocks have shown so far, by id.
        self.related_only: dict[str, str] = {}
        # Those that were emitted in this run, or are known to be delivered.
        self.emitted: set[str] = set()

    def of_page(self, raws: Sequence[RawTeaser], url: str) -> list[ListedTeaser]:
        """The teasers of a listing page whose links stay on the site, with what is known of them."""
        context = self.context
        ids = [raw.id for raw in raws]
        articles = self.known_articles(ids)
        entries = context.state.entries(ids)
        listed = []
        for raw in raws:
            target = context.on_site(raw.href, url)
            if target is not None:
                listed.append((raw, target, _decided(self.belongs(raw), articles.get(raw.id))))
        # One source's listing: some logo names it, and none names another.
        kinds = {belongs for _, _, belongs in listed}
        own = Belongs.NO not in kinds and Belongs.YES in kinds
        return [
            ListedTeaser(
                raw,
                target,
                belongs,
                teaser_day(raw),
                entries.get(raw.id),
                articles.get(raw.id),
                own or belongs is Belongs.YES,
            )
            for raw, target, belongs in listed
        ]

    def known_articles(self, ids: Sequence[str]) -> dict[str, ArticleRow]:
        """The known ones among the articles."""
        source = self.context.config.source
        return {
            identity: row
            for identity, row in self.context.state.articles(ids).items()
            # Another source's once, and now the wanted one's: VOK_SOURCE was changed.
            if not (row.status is Status.OTHER and same_source(row.source or "", source))
        }

    def handle_listed(self, teaser: ListedTeaser, url: str, in_flight: Container[str]) -> None:
        """Emits a wanted, new teaser of a listing, or has it wait for its article."""
        raw = teaser.raw
        if raw.id in self.emitted or (teaser.entry is not None and teaser.entry.delivered):
            return
        if teaser.belongs is Belongs.UNKNOWN and raw.id in in_flight:
            self.awaiting_source.setdefault(raw.id, (raw, url))
        else:
            self.emit(raw, url, teaser.article.source if teaser.article is not None else None)

    def on_article_read(self, identity: str, source: str | None) -> None:
        """Emits the teaser that waited for this article, if one did; `source` is what the article's page says."""
        waiting = self.awaiting_source.pop(identity, None)
        if waiting is not None:
            self.emit(*waiting, source)

    def on_request_finished(self, identity: str) -> None:
        """The request of an article is finished: a teaser that waited for it is emitted."""
        if identity in self.awaiting_source:
            article = self.context.state.articles([identity]).get(identity)
            self.on_article_read(identity, article.source if article is not None else None)

    def handle_block(self, found: ArticleResult, url: str, *, defer: bool) -> None:
        """The wanted teasers of an article page's "More From" block that are not delivered yet."""
        context = self.context
        new = found.block(_Either(self.emitted, self.deferred))
        if not new:
            return
        ids = [raw.id for raw in new]
        entries, articles = context.state.entries(ids), context.state.articles(ids)
        for raw in new:
            target = context.on_site(raw.href, url)
            if target is None or self.belongs(raw, found.block_source) is not Belongs.YES:
                continue
            if not context.in_date_range(teaser_day(raw)):
                continue
            if raw.id not in articles:
                self.related_only[raw.id] = target
            if raw.id in entries and entries[raw.id].delivered:
                self.emitted.add(raw.id)
            elif defer:
                self.deferred.setdefault(raw.id, (raw, url, found.block_source))
            elif raw.id not in self.awaiting_source:
                self.emit(raw, url, found.block_source, titled=False)

    def release_deferred(self) -> None:
        """No listing is being paginated any more: the teasers that waited for that are emitted."""
        for identity, (raw, url, source) in self.deferred.items():
            # One that waits for its article was shown by a listing, with its title.
            if identity not in self.emitted and identity not in self.awaiting_source:
                self.emit(raw, url, source, titled=False)
        self.deferred.clear()

    def belongs(self, raw: RawTeaser, block_source: str | None = None) -> Belongs:
        """Whether a teaser is of the wanted source, by the heading of its block or by its logo."""
        source = self.context.config.source
        if block_source is not None:
            return Belongs.YES if same_source(block_source, source) else Belongs.NO
        return logo_belongs(raw.logo, source) if raw.logo else Belongs.UNKNOWN

    def emit(self, raw: RawTeaser, found_on: str, source: str | None = None, *, titled: bool = True) -> None:
        """Emits a teaser's record and reports what it lacks; `titled` says whether its kind of block shows titles."""
        context = self.context
        self.emitted.add(raw.id)
        context.statistics.count(f"vok/extractors/teaser/{raw.strategy}")
        item = load_teaser(raw, found_on, source) | {"first_seen_at": context.utc_now()}
        # A block on an article's page shows none, also where a browser expands it.
        if titled and "title" not in item and article_id(found_on) is None:
            context.report("teaser_without_title", found_on)
        if raw.date is None:
            context.report("teaser_without_date", found_on)
        elif "published_on" not in item:
            context.report("teaser_wrong_date", found_on)
        context.emit(item)


def is_fetched_again(article: ArticleRow, teaser_seen: str) -> bool:
    """Whether a known article that a listing shows is fetched at `teaser_seen`: it was gone, and is now shown again."""
    if article.status in (Status.REMOVED, Status.GONE) and article.checked_at is not None:
        return parse_utc(teaser_seen) - parse_utc(article.checked_at) >= REMOVAL_CONFIRMATION_DELAY
    return False


def teaser_day(raw: RawTeaser) -> str | None:
    """The day that a teaser shows, None where it shows none or a wrong one."""
    return shown_date(raw.date) if raw.date else None


def _decided(belongs: Belongs, article: ArticleRow | None) -> Belongs:
    """Decides by what is known about the article if the teaser alone is not enough."""
    if belongs is not Belongs.UNKNOWN or article is None:
        return belongs
    return Belongs.NO if article.status is Status.OTHER else Belongs.YES


class _Either:
    """The union of two containers, without joining them for each page."""

    def __init__(self, one: Container[str], other: Container[str]) -> None:
        self._one = one
        self._other = other

    def __contains__(self, item: object) -> bool:
        return item in self._one or item in self._other
