"""``python -m benchmarks.archives DIR``: makes an output directory of any size without crawling.

Invented articles go through the project's own pipelines and runs, so `scrapy verify` finds no faults. Some are revised
and some removed in later runs, as in a real archive.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scrapy.settings import Settings

from vokcrawl.config import Options
from vokcrawl.errors import ExitCode
from vokcrawl.items import ARTICLE, REMOVAL, TEASER
from vokcrawl.normalize import content_hash, utc
from vokcrawl.pipelines import Chain
from vokcrawl.runs.run import Run
from vokcrawl.sample.content import SampleArticle, dprk_day, make_article
from vokcrawl.sample.site import SampleSite
from vokcrawl.sample.truth import article_fields, teaser_fields
from vokcrawl.settings import base
from vokcrawl.storage.manifest import ListingEntry
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.factory import in_folder
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import ListingRow
from vokcrawl.warc.http_exchange import Exchange
from vokcrawl.warc.writer import Archive

SITE = "https://site.test"
LISTING = f"{SITE}/article/163/"
PAGE_SIZE = 10
# The invented articles are spread over this period, and a run follows each equal part of it.
BEGIN = datetime(2004, 1, 1, tzinfo=UTC)
PERIOD = datetime(2024, 1, 1, tzinfo=UTC) - BEGIN
# Of this many articles one is revised, and one removed, by the run after the one that delivered it.
REVISED_OF, REMOVED_OF = 20, 200


@dataclass(frozen=True, slots=True)
class ArchiveSize:
    """The number of articles and runs. With `warc` each run has an archive with the page of each article."""

    articles: int
    runs: int = 1
    warc: bool = False

    def ingested_at(self, index: int) -> datetime:
        """When the site took in the article with this index."""
        return BEGIN + PERIOD // self.articles * index

    def moment(self, run: int) -> datetime:
        """When a run began."""
        return BEGIN + PERIOD // self.runs * (run + 1)

    def articles_of(self, run: int) -> range:
        """The indexes of the articles that a run delivers."""
        return range(self.articles * run // self.runs, self.articles * (run + 1) // self.runs)


def make_archive(output: Path, size: ArchiveSize) -> None:
    """Make the output directory. Raises `StorageError`."""
    folder = OutputFolder(output)
    folder.take("`python -m benchmarks.archives`")
    state = in_folder(folder, expected=False)
    try:
        _Maker(folder, state, size).make()
    finally:
        state.close()
        folder.release()


class _Maker:
    def __init__(self, folder: OutputFolder, state: State, size: ArchiveSize) -> None:
        self._folder = folder
        self._state = state
        self._size = size
        self._settings = Settings({name: value for name, value in vars(base).items() if name.isupper()})
        self._options = Options.read(self._settings)
        self._page = _page_frame() if size.warc else None
        # Articles of the run before, which this run revises or removes.
        self._revised: deque[tuple[int, SampleArticle]] = deque()

    def make(self) -> None:
        for number in range(self._size.runs):
            self._run(number)

    def _run(self, number: int) -> None:
        moment, size = self._size.moment(number), self._size
        run = Run.begin(self._folder, self._state, "vok", moment, {}, self._settings)
        run.clock = lambda: moment
        if size.warc:
            run.files.archive = Archive(self._folder, run.id, self._state, {}, self._options.archive_size * 1_000_000)
        chain = Chain(run, self._options, self._settings)
        indexes = size.articles_of(number)
        crawl = run.begin_transaction().begin_listing_crawl(LISTING, run.id)
        ids: list[str] = []
        for item in self._items(run, indexes):
            if item["schema"] == TEASER:
                ids.append(item["id"])
                self._state.put_entry(item["id"], crawl)
            chain.take(item)
            if run.failure is not None:
                raise run.failure
            run.begin_transaction()
        listing = self._listing(run, ids)
        run.begin_transaction().complete_listing_crawl(crawl, None)
        run.finish("ok", ExitCode.OK, requests=len(ids), listings=[listing])

    def _listing(self, run: Run, ids: Sequence[str]) -> ListingEntry:
        began = utc(run.started)
        before = self._state.listing(LISTING, self._options.source)
        first = tuple([*reversed(ids), *(before.first_page_ids if before is not None else ())][:PAGE_SIZE])
        self._state.put_listing(ListingRow(LISTING, self._options.source, first, None, began, began))
        return ListingEntry(
            url=LISTING,
            source=self._options.source,
            found_by="start page",
            discovered_from=None,
            strategy="link",
            pages=len(ids) // PAGE_SIZE + 1,
            entries=len(ids),
            new=len(ids),
            newest=None,
            oldest=None,
            rescan=False,
            complete=True,
            stop_reason="end",
            covered_since=None,
            first_page_ids=list(first),
            backfill=None,
            found_late=0,
        )

    def _items(self, run: Run, indexes: range) -> Iterator[dict[str, Any]]:
        """Yield what a crawl hands to the pipelines: changes of articles of the run before, then new ones."""
        now = utc(run.moment())
        revised, self._revised = self._revised, deque()
        for index, article in revised:
            if index % REMOVED_OF == 0:
                yield self._removal(article, now)
            else:
                yield self._article(run, article, now, "A sentence was added later.")
        for index in indexes:
            article = _article_of(index, self._size.ingested_at(index))
            teaser = teaser_fields(article, SITE)
            position = index % PAGE_SIZE + 1
            yield {"schema": TEASER, **teaser, "found_on": LISTING, "position": position, "first_seen_at": now}
            yield self._article(run, article, now)
            if index % REVISED_OF == 0:
                self._revised.append((index, article))

    def _article(self, run: Run, article: SampleArticle, now: str, added: str | None = None) -> dict[str, Any]:
        fields = article_fields(article, SITE)
        if added is not None:
            fields["body"] = f"{fields['body']}\n\n{added}".strip()
        place = None
        if run.archive is not None and self._page is not None:
            place = run.archive.add(_exchange(fields, self._page, run.moment()))
        return {
            "schema": ARTICLE,
            **fields,
            "content_hash": content_hash(fields["title"], fields["body"]),
            "first_seen_at": now,
            "fetched_at": now,
            "extractor": "vokcrawl.pages/1",
            "archived_as": place,
        }

    def _removal(self, article: SampleArticle, now: str) -> dict[str, Any]:
        fields = article_fields(article, SITE)
        return {
            "schema": REMOVAL,
            "id": fields["id"],
            "url": fields["url"],
            "status": 404,
            "first_missing_at": utc(datetime.fromisoformat(now) - timedelta(days=1)),
            "confirmed_at": now,
            "last_hash": content_hash(fields["title"], fields["body"]),
        }


def _article_of(index: int, ingested: datetime) -> SampleArticle:
    """A story of the sample site, taken in at this time."""
    stamp = int(ingested.timestamp())
    return replace(make_article(index, 1), ts=stamp, number=1_000_000 + index, published_on=dprk_day(stamp))


def _page_frame() -> bytes:
    """An article page of the sample site; the records' text is put before its end."""
    site = SampleSite(100, faults=())
    return site.answer("GET", make_article(50, 1).path, {}).body


def _exchange(fields: dict[str, Any], page: bytes, moment: datetime) -> Exchange:
    """The request and response from which an article would have been read."""
    body = page.replace(b"</body>", f"<h2>{fields['title']}</h2><p>{fields['body']}</p></body>".encode())
    path = fields["url"].removeprefix(SITE)
    request = f"GET {path} HTTP/1.1\r\nHost: site.test\r\nAccept: text/html\r\n\r\n".encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return Exchange(fields["url"], moment, request, head + body, "127.0.0.1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make an output directory; return 2 if it exists."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archives", description=__doc__)
    parser.add_argument("output", type=Path, help="the directory to make")
    parser.add_argument("--articles", type=int, default=10_000, help="number of articles (default 10000)")
    parser.add_argument("--runs", type=int, default=100, help="number of runs (default 100)")
    parser.add_argument("--warc", action="store_true", help="also write archives with the page of each article")
    options = parser.parse_args(arguments)
    if options.output.exists():
        print(f"{options.output}: exists; give a new directory", file=sys.stderr)
        return 2
    make_archive(options.output, ArchiveSize(options.articles, options.runs, options.warc))
    return 0


if __name__ == "__main__":
    sys.exit(main())
