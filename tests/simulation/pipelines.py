"""A small model of the item pipelines: the rules of `vokcrawl.pipelines`, with records in a list instead of files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.simulation.memory_state import MemoryState
from vokcrawl.items import ARTICLE, REMOVAL, TEASER
from vokcrawl.normalize import utc
from vokcrawl.policy.revisit import next_check
from vokcrawl.storage.state.rows import ArticleRow, Status

Record = dict[str, Any]


class Pipelines:
    """The pipelines of one run. `validators` are the core's; `drops` says whether a foreign pipeline drops an item."""

    def __init__(
        self,
        state: MemoryState,
        now: Callable[[], datetime],
        recheck_days: tuple[int, ...],
        validators: dict[str, tuple[str | None, str | None]],
        drops: Callable[[], bool],
    ) -> None:
        self._state = state
        self._now = now
        self._recheck_days = recheck_days
        self._validators = validators
        self._drops = drops
        self._met: set[tuple[str, str]] = set()
        # What was delivered since the last commit.
        self.pending: list[Record] = []
        self.delivered = 0

    def take(self, item: Record) -> None:
        """Takes a record through validation, deduplication, revisions and delivery."""
        key = (item["schema"], item["id"])
        if self._drops():
            return
        if item["schema"] == TEASER:
            entry = self._state.entries([item["id"]]).get(item["id"])
            if key in self._met or (entry is not None and entry.delivered):
                return
        elif item["schema"] == ARTICLE:
            if key in self._met:
                return
            item = self._revised(item)
        self._met.add(key)
        if item:
            self._deliver(item)

    def _revised(self, item: Record) -> Record:
        """The record with its revision; empty where nothing has changed."""
        row = self._state.articles([item["id"]]).get(item["id"])
        if row is None or not row.revision:
            return {**item, "revision": 1, "previous_hash": None}
        changed = item["content_hash"] != row.content_hash or item["truncated"] != row.truncated
        worse = item["truncated"] and not row.truncated
        if row.status is not Status.REMOVED and (not changed or worse):
            self._still_there(row)
            return {}
        return {
            **item,
            "revision": row.revision + 1,
            "previous_hash": row.content_hash,
            "first_seen_at": row.first_seen_at or item["first_seen_at"],
        }

    def _still_there(self, row: ArticleRow) -> None:
        row.checked_at = utc(self._now())
        row.next_check_at = next_check(row.first_seen_at or row.checked_at, self._now(), self._recheck_days)
        row.missing_since = row.missing_status = None
        row.etag, row.last_modified = self._validators.pop(row.id, (row.etag, row.last_modified))
        self._state.put_article(row)
        self._state.drop_retry(row.id)

    def _deliver(self, record: Record) -> None:
        self.pending.append(record)
        self.delivered += 1
        identity, state = record["id"], self._state
        if record["schema"] == TEASER:
            state.put_entry(identity, delivered=True)
        elif record["schema"] == ARTICLE:
            etag, last_modified = self._validators.pop(identity, (None, None))
            state.put_article(
                ArticleRow(
                    identity,
                    record["url"],
                    Status.DELIVERED,
                    content_hash=record["content_hash"],
                    revision=record["revision"],
                    truncated=record["truncated"],
                    source=record["source"],
                    published_on=record.get("published_on"),
                    first_seen_at=record["first_seen_at"],
                    checked_at=record["fetched_at"],
                    next_check_at=next_check(record["first_seen_at"], self._now(), self._recheck_days),
                    etag=etag,
                    last_modified=last_modified,
                )
            )
            state.drop_retry(identity)
        elif record["schema"] == REMOVAL:
            row = state.articles([identity])[identity]
            row.status, row.missing_since, row.missing_status = Status.REMOVED, None, None
            row.checked_at = record["confirmed_at"]
            row.etag = row.last_modified = None
            first = row.first_seen_at or record["confirmed_at"]
            row.next_check_at = next_check(first, self._now(), self._recheck_days)
            state.put_article(row)
