"""Writes each record to its file, and notes in the memory that it was: both last with the same commit."""

from __future__ import annotations

from typing import Any

from vokcrawl.items import ARTICLE, KINDS, REMOVAL, TEASER
from vokcrawl.pipelines.base import RunPipeline
from vokcrawl.recheck import next_check
from vokcrawl.state.rows import ArticleRow, Status


class DeliveryPipeline(RunPipeline):
    """The last pipeline: what comes here is delivered."""

    def handle(self, item: dict[str, Any]) -> dict[str, Any]:
        kind = KINDS[item["schema"]]
        self.run.deliver(kind, item)
        state = self.run.remember()
        if item["schema"] == TEASER:
            state.put_entry(item["id"], delivered=True)
        elif item["schema"] == ARTICLE:
            state.put_article(self._row(item))
            state.drop_owed(item["id"])
        elif item["schema"] == REMOVAL:
            row = state.articles([item["id"]])[item["id"]]
            row.status, row.missing_since, row.missing_status = Status.REMOVED, None, None
            row.checked_at = item["confirmed_at"]
            # Should it come back as it was, "not modified" would hide that.
            row.etag = row.last_modified = None
            row.next_check_at = self._next_check(row.first_seen_at or item["confirmed_at"])
            state.put_article(row)
        self.count(f"vok/delivery/{kind}")
        self.run.commit_if_full()
        return item

    def _row(self, item: dict[str, Any]) -> ArticleRow:
        row = ArticleRow.of_record(item, self._next_check(item["first_seen_at"]))
        row.etag, row.last_modified = self.run.validators.pop(item["id"], (None, None))
        return row

    def _next_check(self, first_seen_at: str) -> str | None:
        return next_check(first_seen_at, self.run.moment(), self.options.recheck_days)
