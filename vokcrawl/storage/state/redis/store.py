"""The state on a Redis server, shared by all workers of a source. Each batch is committed in one step.

A change to an article is based on the row that was read. If another worker has changed that row meanwhile, or has
delivered the same teaser, `commit` refuses: of two workers that fetched the same article, one delivers it. Runs and
files are stored by output directory; a file in each directory has its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count, islice
from uuid import uuid4

import orjson
from typing_extensions import override

from vokcrawl.errors import StateError
from vokcrawl.storage.state.protocol import Lost
from vokcrawl.storage.state.redis.codec import packed, read, seconds, unpacked, whole
from vokcrawl.storage.state.redis.commit_script import COMMIT, COMMIT_KEYS
from vokcrawl.storage.state.redis.connection import Server
from vokcrawl.storage.state.redis.folder_rows import FolderRows
from vokcrawl.storage.state.redis.namespace import AT_WORK, FORGOTTEN, VERSION
from vokcrawl.storage.state.redis.write_batch import REVISED
from vokcrawl.storage.state.rows import ArticleRow, EntryRow, ListingRow, RetryRow

# A listing crawl: listing, run, whether it is complete, and the day back to which it covers the listing.
_ListingCrawl = tuple[str, str, bool, str | None]


class RedisState(FolderRows):
    """The state as one output directory sees it; `protocol.State` describes the methods. Each may raise `StorageError`.

    `worker` is the id of the directory.
    """

    shared = True

    def __init__(self, server: Server, worker: str) -> None:
        super().__init__(server, worker)
        self.where = server.name
        key = server.key
        self._entries = key("entries")
        self._crawls, self._listings = key("listing_crawls"), key("listings")
        self._routes, self._notes = key("routes"), key("notes")
        self._due, self._delivered = key("due"), key("delivered")
        self._statuses, self._days, self._counts = key("statuses"), key("days"), key("counts")
        self._commit = server.script(COMMIT)
        self._before = str(self._call("hget", key("tokens"), worker) or "")
        self._tokens = (f"{uuid4().hex}-{number}" for number in count())
        self.rollback()

    # The transaction

    @override
    def begin(self) -> None:
        """Does nothing: changes are kept in memory until they are committed."""

    @override
    def commit(self) -> Lost:
        batch = self._batch
        if not batch:
            self.rollback()
            return Lost()
        message = {
            "version": str(VERSION),
            "folder": self.worker,
            "before": self._before,
            "token": next(self._tokens),
            "checks": batch.checks(),
            "teasers": [identity for identity, (_, delivered) in batch.entries.items() if delivered],
            "entries": batch.serialized_entries(),
            "commands": batch.commands_with(self._due, self._delivered, self._statuses, self._days, self._counts),
            "run": self.run_id,
            "done": sorted(batch.done),
            "back": sorted(batch.back),
        }
        answer = self._commit([self.server.key(name) for name in COMMIT_KEYS], [orjson.dumps(message)])
        if answer[0] == "lost":
            lost = Lost(frozenset(answer[1]), frozenset(answer[2]))
            batch.forget(lost)
            return lost
        if answer[0] == "version":
            raise StateError(f"{self.server.name}: it was migrated to another version; update this worker")
        if answer[0] == "forgotten":
            raise StateError(f"{self.server.name}: {FORGOTTEN}")
        self._before = str(message["token"])
        self.rollback()
        return Lost()

    @override
    def close(self) -> None:
        self.rollback()
        self.server.close()

    def done(self, identity: str) -> None:
        """Marks the request for an article as finished with the next commit."""
        self._batch.done.add(identity)

    def at_work(self) -> list[str]:
        """The active runs of all workers."""
        seconds, micros = self.server.call(self.server.client.time)
        now = 1000 * seconds + micros // 1000
        found: list[str] = self._call("zrange", self.server.key(AT_WORK), now, "+inf", byscore=True)
        return found

    @override
    def check(self) -> list[str]:
        articles, statuses = self._call("hlen", self._articles), map(whole, self._call("hvals", self._statuses))
        delivered, days = self._call("zcard", self._delivered), map(whole, self._call("hvals", self._days))
        found = []
        if articles != (counted := sum(statuses)):
            found.append(f"it holds {articles} articles, but counts {counted}")
        if delivered < (counted := sum(days)):
            found.append(f"it sorts {delivered} delivered articles, but counts {counted} by their days")
        return found

    # Notes

    @override
    def note(self, name: str) -> str | None:
        return self._many(self._notes, [name]).get(name)

    @override
    def put_note(self, name: str, value: str) -> None:
        self._batch.put(self._notes, name, value)

    # Articles

    @override
    def articles(self, ids: Iterable[str]) -> dict[str, ArticleRow]:
        return {identity: unpacked(ArticleRow, raw) for identity, raw in self._many(self._articles, ids).items()}

    @override
    def put_article(self, row: ArticleRow) -> None:
        if (self._articles, row.id) not in self._batch.seen:
            self._many(self._articles, [row.id])
        self._batch.put(self._articles, row.id, packed(row))

    @override
    def due(self, now: str, after: tuple[str, str], most: int) -> list[ArticleRow]:
        behind, until = (seconds(after[0]) if after[0] else 0, after[1]), seconds(now)
        changed = {identity: traits.due for identity, _, traits in self._batch.changed()}
        found = [(due, each) for each, due in changed.items() if due is not None and due <= until]
        there = ((due, each) for each, due in self._sorted(self._due, behind[0], until) if each not in changed)
        found = [place for place in found if place > behind]
        found += islice((place for place in there if place > behind), most)
        return list(self.articles(identity for _, identity in sorted(found)[:most]).values())

    @override
    def delivered(self, after: str, most: int) -> list[ArticleRow]:
        changed = {identity: traits.delivered for identity, _, traits in self._batch.changed()}
        begin = f"({after}" if after else "-"
        there = self._call("zrangebylex", self._delivered, begin, "+", start=0, num=most + len(changed))
        ids = [each for each in there if each not in changed]
        ids += [each for each, delivered in changed.items() if delivered and each > after]
        return list(self.articles(sorted(ids)[:most]).values())

    @override
    def newest(self) -> str | None:
        changed = {identity: traits.delivered for identity, _, traits in self._batch.changed()}
        there = self._call("zrevrangebylex", self._delivered, "+", "-", start=0, num=1 + len(changed))
        ids = [each for each in there if each not in changed]
        return max(ids + [each for each, delivered in changed.items() if delivered], default=None)

    @override
    def all_articles(self) -> Iterator[ArticleRow]:
        for _, raw in self._scan(self._articles):
            yield unpacked(ArticleRow, raw)

    @override
    def days(self) -> list[tuple[str, int]]:
        return sorted(self._counted(self._days, "day").items())

    @override
    def count_articles(self) -> dict[str, int]:
        return self._counted(self._statuses, "status")

    @override
    def count_revised(self) -> int:
        return whole(self._call("hget", self._counts, REVISED)) + self._batch.counted("revised")[REVISED]

    # Listings

    @override
    def entries(self, ids: Iterable[str]) -> dict[str, EntryRow]:
        wanted = list(ids)
        found = {each: _entry(raw) for each, raw in self._many(self._entries, wanted).items()}
        for identity in self._batch.entries.keys() & set(wanted):
            crawl, delivered = self._batch.entries[identity]
            before = found.get(identity, (None, False))
            found[identity] = (before[0] if crawl is None else crawl, before[1] or delivered)
        numbers = {str(crawl) for crawl, _ in found.values() if crawl is not None}
        crawls = {number: read(_ListingCrawl, raw) for number, raw in self._many(self._crawls, numbers).items()}
        rows = {}
        for identity, (crawl, delivered) in found.items():
            _, _, complete, covered_since = crawls.get(str(crawl), (None, None, False, None))
            rows[identity] = EntryRow(identity, crawl, delivered, complete, covered_since)
        return rows

    @override
    def put_entry(self, identity: str, crawl: int | None = None, delivered: bool = False) -> None:
        before = self._batch.entries.get(identity, (None, False))
        self._batch.entries[identity] = (before[0] if crawl is None else crawl, before[1] or delivered)

    @override
    def count_teasers(self) -> int:
        new = sum(delivered for _, delivered in self._batch.entries.values())
        return whole(self._call("hget", self._counts, "teasers")) + new

    @override
    def delivered_teasers(self) -> Iterator[str]:
        yield from (each for each, (_, delivered) in self._batch.entries.items() if delivered)
        for identity, raw in self._scan(self._entries):
            if _entry(raw)[1] and not self._batch.entries.get(identity, (None, False))[1]:
                yield identity

    @override
    def begin_listing_crawl(self, listing: str, run_id: str) -> int:
        number = int(self._call("hincrby", self._counts, "listing_crawls", 1))
        self._batch.put(self._crawls, str(number), orjson.dumps([listing, run_id, False, None]).decode())
        return number

    @override
    def complete_listing_crawl(self, number: int, covered_since: str | None) -> None:
        raw = self._many(self._crawls, [str(number)]).get(str(number))
        if raw is not None:
            crawl = [*read(_ListingCrawl, raw)[:2], True, covered_since]
            self._batch.put(self._crawls, str(number), orjson.dumps(crawl).decode())

    @override
    def listing(self, url: str, source: str) -> ListingRow | None:
        raw = self._many(self._listings, [_pair(url, source)]).get(_pair(url, source))
        return unpacked(ListingRow, raw) if raw is not None else None

    @override
    def listings(self) -> list[ListingRow]:
        rows = (unpacked(ListingRow, raw) for raw in self._all(self._listings))
        return sorted(rows, key=lambda row: (row.url, row.source.casefold()))

    @override
    def put_listing(self, row: ListingRow) -> None:
        self._batch.put(self._listings, _pair(row.url, row.source), packed(row))

    @override
    def stored_route(self, start: str, source: str) -> str | None:
        return self._many(self._routes, [_pair(start, source)]).get(_pair(start, source))

    @override
    def put_route(self, start: str, source: str, route: str) -> None:
        self._batch.put(self._routes, _pair(start, source), route)

    @override
    def drop_route(self, start: str, source: str) -> None:
        self._batch.put(self._routes, _pair(start, source), None)

    # The retry queue

    @override
    def pending_retries(self, until: str | None = None) -> list[RetryRow]:
        rows = (unpacked(RetryRow, raw) for raw in self._all(self._retries))
        due = (row for row in rows if until is None or row.next_attempt_at <= until)
        return sorted(due, key=lambda row: (row.first_failed_at, row.id))

    @override
    def retry_of(self, identity: str) -> RetryRow | None:
        raw = self._many(self._retries, [identity]).get(identity)
        return unpacked(RetryRow, raw) if raw is not None else None

    @override
    def put_retry(self, row: RetryRow) -> None:
        self._batch.put(self._retries, row.id, packed(row))

    @override
    def drop_retry(self, identity: str) -> None:
        self._batch.put(self._retries, identity, None)


def _entry(raw: str) -> tuple[int | None, bool]:
    """Parses a stored entry: ``1`` or ``0`` (delivered), followed by the number of the crawl."""
    return (whole(raw[1:]) if raw[1:] else None), whole(raw[:1] or "-") == 1


def _pair(url: str, source: str) -> str:
    return orjson.dumps([url, source.casefold()]).decode()
