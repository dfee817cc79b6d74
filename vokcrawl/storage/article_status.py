"""Combines the records of an article: its current version, and whether the site removed it.

This is the only place with the rule, which docs/records.md ("The archive as of a day") describes for readers: the
version with the highest revision is the current one, and the article is removed if a removal was confirmed at or after
the time at which that version was fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class ArticleStatus(NamedTuple):
    """Revision and fetch time of the current version, and when the removal was confirmed (UTC; None: not removed).

    Records may be added in any order. Without a version yet, `revision` is 0.
    """

    revision: int = 0
    fetched_at: str = ""
    removed_at: str | None = None

    def with_version(self, record: Mapping[str, Any]) -> ArticleStatus:
        """The status with an article record added; the same status if it has this revision or a later one."""
        if record["revision"] <= self.revision:
            return self
        fetched_at = record["fetched_at"]
        # A version that was fetched after the removal means that the article reappeared.
        removed_at = self.removed_at if self.removed_at is not None and self.removed_at >= fetched_at else None
        return ArticleStatus(record["revision"], fetched_at, removed_at)

    def with_removal(self, record: Mapping[str, Any]) -> ArticleStatus:
        """The status with a removal record added; the same status if the article reappeared after it."""
        confirmed_at = record["confirmed_at"]
        if confirmed_at < self.fetched_at or confirmed_at <= (self.removed_at or ""):
            return self
        return self._replace(removed_at=confirmed_at)
