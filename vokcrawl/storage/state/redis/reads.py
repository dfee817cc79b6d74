"""Reading rows from a Redis server as they will be: with what was changed since the last commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from vokcrawl.storage.state.redis.codec import whole
from vokcrawl.storage.state.redis.connection import Server
from vokcrawl.storage.state.redis.write_batch import Batch, Raw, sliced

# So many rows are asked for at a time where all of them may be too many.
PART = 100


class Extractor:
    """Tables are named by their keys. What is read of articles and debts is noted: what is said of them rests on it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._articles, self._retries = server.key("articles"), server.key("retries")

    def rollback(self) -> None:
        """Forgets the changes since the last commit."""
        self._batch = Batch(self._articles, self._retries)

    def also(self, *command: str) -> None:
        """Runs a command of the server with the next commit; what it does is not to be seen before."""
        self._batch.commands.append(command)

    def _call(self, command: str, *values: Any, **named: Any) -> Any:
        return self.server.call(lambda: getattr(self.server.client, command)(*values, **named))

    def _many(self, table: str, ids: Iterable[str]) -> dict[str, str]:
        """The rows of those of the ids that are there."""
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
        """All rows of a table that is small."""
        return [raw for raw in {**self._call("hgetall", table), **self._batch.of(table)}.values() if raw is not None]

    def _scan(self, table: str) -> Iterator[tuple[str, str]]:
        """All rows of a table that may be large, in parts."""
        changed = self._batch.of(table)
        yield from ((identity, raw) for identity, raw in changed.items() if raw is not None)
        given = set(changed)
        place = 0
        while True:
            place, rows = self._call("hscan", table, place, count=5 * PART)
            for identity, raw in rows.items():
                # The server may tell a row twice.
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
