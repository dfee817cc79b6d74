"""Tells a new version of an article from the one that was delivered, and drops what has not changed.

A metered copy never replaces a full one; a full one replaces a metered one. White space and page furniture are no
change: the hash is blind to them (`fields.content_hash`).
"""

from __future__ import annotations

from typing import Any

from vokcrawl.fields import content_hash
from vokcrawl.items import ARTICLE
from vokcrawl.pipelines.base import Drop, RunPipeline
from vokcrawl.recheck import next_check
from vokcrawl.run import Run
from vokcrawl.state.rows import ArticleRow, Status


class RevisionsPipeline(RunPipeline):
    """Fills in `revision`, `previous_hash`, `changed` and `first_seen_at` of an article that goes on."""

    def handle(self, item: dict[str, Any]) -> dict[str, Any]:
        if item["schema"] != ARTICLE:
            return item
        row = self.run.state.articles([item["id"]]).get(item["id"])
        if row is None or not row.revision:
            return item
        back = row.status is Status.REMOVED
        changed = _changed(row, item)
        if not back and not changed:
            self._unchanged(row, "unchanged")
        if item["truncated"] and not row.truncated:
            self.run.problems.note("article_metered_copy", item["url"])
            self._unchanged(row, "metered_copies")
        self.count("vok/revisions/returned" if back else "vok/revisions/changed")
        return {
            **item,
            "revision": row.revision + 1,
            "previous_hash": row.content_hash,
            "changed": changed,
            "first_seen_at": row.first_seen_at or item["first_seen_at"],
        }

    def _unchanged(self, row: ArticleRow, name: str) -> None:
        still_there(self.run, row, self.options.recheck_days)
        self.count(f"vok/revisions/{name}")
        raise Drop(f"article {row.id}: {name.replace('_', ' ')}")


def still_there(run: Run, row: ArticleRow, recheck_days: tuple[int, ...]) -> None:
    """Notes that a delivered article was found as it was, and when it is asked for next."""
    row.checked_at = run.now()
    row.next_check_at = next_check(row.first_seen_at or row.checked_at, run.moment(), recheck_days)
    row.missing_since = row.missing_status = None
    row.etag, row.last_modified = run.validators.pop(row.id, (row.etag, row.last_modified))
    state = run.remember()
    state.put_article(row)
    state.drop_owed(row.id)


def _changed(row: ArticleRow, item: dict[str, Any]) -> list[str]:
    if item["content_hash"] == row.content_hash and item["truncated"] == row.truncated:
        return []
    changed = []
    if content_hash(item["title"], "") != row.title_hash:
        changed.append("title")
    if content_hash("", item["body"]) != row.body_hash:
        changed.append("body")
    if item["truncated"] != row.truncated:
        changed.append("truncated")
    return changed
