"""The current articles of the sample site in list order, and their changes."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass, replace

from vokcrawl.sample.content import OTHER_EVERY, SampleArticle, make_article, make_other
from vokcrawl.sample.doubles import make_doubles
from vokcrawl.sample.sources import STREAM_OF, WANTED, Stream
from vokcrawl.sample.writing import write_edit


@dataclass(frozen=True, slots=True)
class Removal:
    """The status of a removed article, and whether listings still show it."""

    status: int
    listed: bool


class Shelf:
    """The articles of a site. ``version`` grows with each change that pages can show."""

    def __init__(self, articles: int, others: int | None, seed: int, doubles: int = 0) -> None:
        """*articles* wanted ones, and *others* of other sources: a third as many if None.

        *doubles* of the wanted ones are retold, and as many more only sound similar (`make_doubles`).
        """
        if others is None:
            others = -(-articles // OTHER_EVERY)
        self.seed = seed
        self.version = 0
        self.removed: dict[str, Removal] = {}
        self._next_index = articles
        self._edits = 0
        made = [make_article(index, seed) for index in range(articles)]
        made += [make_other(index, seed) for index in range(others)]
        made += [double.article for double in make_doubles(doubles, seed)]
        self._articles = {article.id: article for article in made}
        self.first_ids = tuple(article.id for article in made[:articles])
        self._newest_ts = max((article.ts for article in made), default=0)
        self._streams: dict[Stream, list[SampleArticle]] = {}
        self._streams_version = -1

    def get(self, article_id: str) -> SampleArticle:
        """The current version of an article. Raises KeyError for an unknown id."""
        try:
            return self._articles[article_id]
        except KeyError:
            raise KeyError(f"no article {article_id!r} on the sample site") from None

    def __contains__(self, article_id: str) -> bool:
        return article_id in self._articles

    def all(self) -> list[SampleArticle]:
        """Every article, also removed ones, newest shown day first."""
        return sorted(self._articles.values(), key=lambda each: (each.published_on, each.ts), reverse=True)

    def stream(self, stream: Stream) -> list[SampleArticle]:
        """The articles of a listing: by shown day, then by ingestion, newest first."""
        if self._streams_version != self.version:
            self._streams = {each: [] for each in STREAM_OF.values()}
            for article in self.all():
                removal = self.removed.get(article.id)
                if removal is None or removal.listed:
                    self._streams[STREAM_OF[None]].append(article)
                    self._streams[STREAM_OF[article.source]].append(article)
            self._streams_version = self.version
        return self._streams[stream]

    @property
    def visited_on(self) -> datetime.date:
        """The current date in the header of the site: that of the newest article, regardless of the clock."""
        return max((each.published_on for each in self._articles.values()), default=datetime.date(2019, 2, 4))

    def publish(self, late_days: int = 0) -> SampleArticle:
        """A new wanted article, ingested after all before it and shown *late_days* before that day."""
        article = make_article(self._next_index, self.seed, late_days=late_days)
        self._next_index += 1
        self._put(article)
        return article

    def publish_late(self, days: int | None) -> SampleArticle:
        """A new wanted article shown *days* before its ingestion; None: at two thirds of the list's depth."""
        if days is None:
            listed = self.stream(STREAM_OF[WANTED])
            newest = make_article(self._next_index, self.seed, late_days=0).published_on
            days = (newest - listed[len(listed) * 2 // 3].published_on).days if listed else 1
        return self.publish(late_days=max(1, days))

    def edit(self, article_id: str, *, title: bool) -> None:
        """Put a new sentence before the second paragraph; with *title*, lengthen the headline, too.

        For a headline-only article, the headline changes.
        """
        article = self.get(article_id)
        self._edits += 1
        rng = random.Random(f"{self.seed}:edit:{article_id}:{self._edits}")
        first, second, *rest = article.paragraphs
        headline = article.headline
        if title or article.headline_only:
            headline = (*headline[:-1], headline[-1] + " (corrected)")
        paragraphs = (first, f"{write_edit(rng)} {second}", *rest)
        self._put(replace(article, paragraphs=paragraphs, headline=headline))

    def truncate(self, article_id: str, *, truncated: bool) -> None:
        """Show only part of the text, or all of it again."""
        self._put(replace(self.get(article_id), truncated=truncated))

    def remove(self, article_id: str, removal: Removal) -> None:
        """Remove an article. Its data are kept for :meth:`restore`."""
        self.get(article_id)
        self.removed[article_id] = removal
        self.version += 1

    def restore(self, article_id: str) -> None:
        """Restore a removed article; does nothing for another one."""
        self.get(article_id)
        if self.removed.pop(article_id, None) is not None:
            self.version += 1

    def _put(self, article: SampleArticle) -> None:
        self._articles[article.id] = article
        self._newest_ts = max(self._newest_ts, article.ts)
        self.version += 1

    @property
    def changed_at(self) -> datetime.datetime:
        """A logical time of the last change, UTC, to the second: it advances with every change."""
        # The real clock would give two changes within one second the same Last-Modified, and a stale 304.
        return datetime.datetime.fromtimestamp(self._newest_ts + self.version, datetime.UTC)
