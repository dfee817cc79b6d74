"""A sitemap while it is read: which of its files comes next, and which of its articles. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from vokcrawl.normalize import article_id
from vokcrawl.pages.profile import site
from vokcrawl.pages.sitemap import Sitemap

# A sitemap lists articles of all sources without naming the source: one run requests at most so many of them, and
# reads so many of its files.
MOST_ASKED, _MOST_FILES = 500, 100


@dataclass
class SitemapReading:
    """The files and articles that are still to be read.

    What the files are called is not known: those that say when they changed come newest first, and one that names no
    article is passed over. A file that is named again, as by an index that names itself, is read once.
    """

    asked: int = 0
    failed: bool = False
    # With the moment of their last change, where the index says it.
    _files: list[tuple[str, str | None]] = field(default_factory=list)
    _articles: list[tuple[str, str]] = field(default_factory=list)
    _read: int = 0
    _named: set[str] = field(default_factory=set)

    def take(self, sitemap: Sitemap) -> None:
        """Takes in a file, or an index of some."""
        if sitemap.is_index:
            new = {url: changed for url, changed in sitemap.entries if url not in self._named}
            self._named.update(new)
            self._files.extend(sorted(new.items(), key=lambda entry: entry[1] or ""))
        else:
            named = {identity: url for url, _ in sitemap.entries if (identity := article_id(url)) is not None}
            # An id begins with the time of ingestion.
            self._articles.extend(sorted(named.items()))

    def next_file(self, since: str | None = None) -> str | None:
        """The address of the file to be read next; files that have not changed since that day are passed over."""
        self._files = [(url, changed) for url, changed in self._files if not _is_before(changed, since)]
        if self._read >= _MOST_FILES or not self._files:
            return None
        self._read += 1
        return self._files.pop()[0]

    def next_articles(self) -> Sequence[tuple[str, str]]:
        """Id and address of the next articles, newest first: as many as a page of a listing would have."""
        size = site().ajax.page_size
        some = self._articles[-size:][::-1]
        del self._articles[-size:]
        return some

    @property
    def all_read(self) -> bool:
        """Whether nothing is left, in any file."""
        return not self._files and not self._articles


def _is_before(changed: str | None, since: str | None) -> bool:
    # Moments begin with their day, ``YYYY-MM-DD``; the zone may shift it by one.
    return since is not None and changed is not None and changed[:10] < _day_before(since)


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
