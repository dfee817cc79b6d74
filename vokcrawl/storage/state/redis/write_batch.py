"""The uncommitted changes of a worker, and the rows that they are based on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vokcrawl.storage.state.protocol import Lost
from vokcrawl.storage.state.redis.codec import seconds, unpacked
from vokcrawl.storage.state.rows import ArticleRow

# The name of the number of articles that have a later version.
REVISED = "revised"
# A row as text; None for a missing one.
Raw = str | None


@dataclass(frozen=True, slots=True)
class Traits:
    """The values of an article that are counted or sorted."""

    status: str | None = None
    day: str | None = None
    due: int | None = None
    delivered: bool = False
    revised: str | None = None

    @classmethod
    def of(cls, raw: Raw) -> Traits:
        """The values of a row."""
        if raw is None:
            return cls()
        row = unpacked(ArticleRow, raw)
        due = seconds(row.next_check_at) if row.next_check_at is not None else None
        day = row.published_on if row.revision else None
        return cls(row.status.value, day, due, row.revision > 0, REVISED if row.revision > 1 else None)


@dataclass
class Batch:
    """The changes. Tables are named by their keys.

    `rows` are the changed rows, by table and id; `seen` are articles and retries as they were first read; `entries`
    have for each entry the crawl that saw it and whether its teaser was delivered; `commands` are all other changes;
    `done` are finished requests, `back` those to return to the queue.
    """

    articles: str
    retries: str
    rows: dict[str, dict[str, Raw]] = field(default_factory=dict)
    seen: dict[tuple[str, str], Raw] = field(default_factory=dict)
    entries: dict[str, tuple[int | None, bool]] = field(default_factory=dict)
    commands: list[tuple[str, ...]] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    back: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(any(self.rows.values()) or self.entries or self.commands or self.done or self.back)

    def put(self, table: str, identity: str, raw: Raw) -> None:
        """Replaces a row; None removes it."""
        self.rows.setdefault(table, {})[identity] = raw

    def of(self, table: str) -> dict[str, Raw]:
        """The rows of a table that were changed."""
        return self.rows.get(table, {})

    def forget(self, lost: Lost) -> None:
        """Drops the changes to the ids; requests for the articles among them return to the queue."""
        for identity in lost.articles:
            for table in (self.articles, self.retries):
                self.rows.get(table, {}).pop(identity, None)
                self.seen.pop((table, identity), None)
            if identity in self.done:
                self.done.discard(identity)
                self.back.add(identity)
        for identity in lost.teasers:
            crawl, _ = self.entries.pop(identity)
            if crawl is not None:
                self.entries[identity] = (crawl, False)

    def changed(self) -> Iterator[tuple[str, Traits, Traits]]:
        """The changed articles, each before and after the change."""
        for identity, raw in self.of(self.articles).items():
            yield identity, Traits.of(self.seen[self.articles, identity]), Traits.of(raw)

    def counted(self, trait: str) -> Counter[str]:
        """The change in the number of articles with each value of a trait."""
        change: Counter[str] = Counter()
        for _, before, now in self.changed():
            for traits, sign in ((before, -1), (now, 1)):
                if (value := getattr(traits, trait)) is not None:
                    change[value] += sign
        return change

    def checks(self) -> list[list[Raw]]:
        """The rows that must be unchanged on the server: those that were read of the articles to change."""
        ids = self.of(self.articles).keys() | self.of(self.retries).keys()
        return [[table, each, raw] for (table, each), raw in self.seen.items() if each in ids]

    def commands_with(self, due: str, delivered: str, statuses: str, days: str, counts: str) -> list[tuple[str, ...]]:
        """The commands that apply the changes; the parameters are the keys of indexes and counters."""
        commands: list[tuple[str, ...]] = []
        for table, rows in self.rows.items():
            for identity, raw in rows.items():
                commands.append(("HDEL", table, identity) if raw is None else ("HSET", table, identity, raw))
        for identity, before, now in self.changed():
            if now.due != before.due:
                commands.append(("ZREM", due, identity) if now.due is None else ("ZADD", due, str(now.due), identity))
            if now.delivered != before.delivered:
                commands.append(("ZADD", delivered, "0", identity) if now.delivered else ("ZREM", delivered, identity))
        for key, trait in ((statuses, "status"), (days, "day"), (counts, "revised")):
            commands += [("HINCRBY", key, value, str(by)) for value, by in self.counted(trait).items() if by]
        if new := sum(delivered for _, delivered in self.entries.values()):
            commands.append(("HINCRBY", counts, "teasers", str(new)))
        return commands + self.commands

    def serialized_entries(self) -> list[list[str]]:
        """The entries as the commit script takes them."""
        return [
            [identity, "" if crawl is None else str(crawl), str(int(delivered))]
            for identity, (crawl, delivered) in self.entries.items()
        ]


def sliced(ids: Iterable[str], most: int = 500) -> Iterator[list[str]]:
    """The ids, without duplicates, in parts for one command each."""
    wanted = list(dict.fromkeys(ids))
    for start in range(0, len(wanted), most):
        yield wanted[start : start + most]
