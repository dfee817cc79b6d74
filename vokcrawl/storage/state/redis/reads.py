"""Reads rows from a Redis server, with the uncommitted changes of this worker applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.redis.codec import whole
from vokcrawl.storage.state.redis.connection import Server
from vokcrawl.storage.state.redis.write_batch import Batch, Raw, sliced

# Number of rows that are requested at a time from large tables.
PART = 100


class TableReader(State):
    """Tables are named by their keys. Rows of articles and retries are noted when read: changes are based on them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._articles, self._retries = server.key("articles"), server.key("retries")

    def rollback(self) -> None:
        """Drops the changes since the last commit."""
        self._batch = Batch(self._articles, self._retries)

    def also(self, *command: str) -> None:
        """Adds a command to the next commit; its effect is not visible before."""
        self._batch.commands.append(command)

    def _call(self, command: str, *values: Any, **named: Any) -> Any:
        return self.server.call(lambda: getattr(self.server.client, command)(*values, **named))

    def _many(self, table: str, ids: Iterable[str]) -> dict[str, str]:
        """The existing rows among the ids."""
        changed, found = self._batch.of(table), dict[str, Raw]()
        for some in sliced(ids):
            asked = [each for each in some if each not in changed]
            there = dict(zip(asked, self._call("hmget", table, asked), strict=True)) if asked else {}
            if table in (self._articles, self._retries):
                for identity, raw in there.items():
                    self._batch.seen.setdefault((table, identity), raw)
            found.update((each, changed[each] if each in changed else there[each]) for each in some)
        return {identity: raw for identity, raw in found.items() if raw is not None}

    def _all(self, table: str) -> list[str]:
        """All rows of a small table."""
        return [raw for raw in {**self._call("hgetall", table), **self._batch.of(table)}.values() if raw is not None]

    def _scan(self, table: str) -> Iterator[tuple[str, str]]:
        """All rows of a table that may be large."""
        changed = self._batch.of(table)
        yield from ((identity, raw) for identity, raw in changed.items() if raw is not None)
        given = set(changed)
        place = 0
        while True:
            place, rows = self._call("hscan", table, place, count=5 * PART)
            for identity, raw in rows.items():
                # The server may return a row twice.
                if identity not in given:
                    given.add(identity)
                    yield identity, raw
            if not place:
                return

    def _sorted(self, key: str, least: int, most: int) -> Iterator[tuple[str, int]]:
        place = 0
        while rows := self._call("zrange", key, least, most, byscore=True, withscores=True, offset=place, num=PART):
            yield from ((identity, int(score)) for identity, score in rows)
            place += len(rows)

    def _counted(self, key: str, trait: str) -> dict[str, int]:
        counts = {value: whole(number) for value, number in self._call("hgetall", key).items()}
        for value, change in self._batch.counted(trait).items():
            counts[value] = counts.get(value, 0) + change
        return {value: number for value, number in counts.items() if number > 0}
