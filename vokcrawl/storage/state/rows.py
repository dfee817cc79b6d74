"""The rows of the memory. Moments are UTC as ``YYYY-MM-DDTHH:MM:SSZ``, days ``YYYY-MM-DD``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vokcrawl.normalize import content_hash


class Status(StrEnum):
    """What is known of an article."""

    DELIVERED = "delivered"
    REMOVED = "removed"  # delivered, later gone: a tombstone was delivered too
    OTHER = "other"  # its page says that it is another source's
    GONE = "gone"  # never had, and the site confirmed that it is gone


@dataclass(slots=True)
class ArticleRow:
    """One article: its last delivered version, and when it is asked for again.

    `title_hash` and `body_hash` tell which of the two changed. `missing_since` and `missing_status` are set
    from the first 404 or 410 until the article is seen again or the second look confirms its removal.
    """

    id: str
    url: str
    status: Status
    content_hash: str | None = None
    title_hash: str | None = None
    body_hash: str | None = None
    revision: int = 0
    truncated: bool = False
    source: str | None = None
    published_on: str | None = None
    first_seen_at: str | None = None
    checked_at: str | None = None
    next_check_at: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    missing_since: str | None = None
    missing_status: int | None = None

    @classmethod
    def of_record(cls, record: Mapping[str, Any], next_check_at: str | None) -> ArticleRow:
        """The row of an article whose latest delivered version is this record."""
        return cls(
            id=record["id"],
            url=record["url"],
            status=Status.DELIVERED,
            content_hash=record["content_hash"],
            title_hash=content_hash(record["title"], ""),
            body_hash=content_hash("", record["body"]),
            revision=record["revision"],
            truncated=record["truncated"],
            source=record["source"],
            published_on=record["published_on"],
            first_seen_at=record["first_seen_at"],
            checked_at=record["fetched_at"],
            next_check_at=next_check_at,
        )


@dataclass(slots=True)
class EntryRow:
    """A teaser's id: the walk that saw it last while it was not covered, and whether its record was delivered.

    `complete` and `back_to` are that walk's.
    """

    id: str
    walk: int | None
    delivered: bool
    complete: bool
    back_to: str | None

    def covered(self, since: str | None) -> bool:
        """Whether a complete walk has seen it; one bounded by a day counts for runs with that bound or a later one."""
        return self.complete and (self.back_to is None or (since is not None and since >= self.back_to))


@dataclass(slots=True)
class ListingRow:
    """How a listing was left by its last complete walk for one source; for another one it may hold more.

    `head` are the ids on its first page, in order; `back_to` is the day back to which the walk was complete, None
    for the whole; `swept_at` is when familiar pages were last read all the same.
    """

    url: str
    source: str
    head: tuple[str, ...]
    back_to: str | None
    completed_at: str
    swept_at: str
    etag: str | None = None
    last_modified: str | None = None

    def holds_for(self, since: str | None) -> bool:
        """Whether what that walk covered is enough for a run bounded by `since`."""
        return self.back_to is None or (since is not None and since >= self.back_to)


@dataclass(slots=True)
class RetryRow:
    """An article that could not be had after all retries, and when it is asked for next."""

    id: str
    url: str
    reason: str
    attempts: int
    first_at: str
    next_at: str
    missing_since: str | None = None


@dataclass(slots=True)
class RunRow:
    """A run. `draft` is JSON that its manifest will hold, should the run not live to write it."""

    run_id: str
    started_at: str
    ended_at: str | None
    outcome: str | None
    exit_code: int | None
    manifest_sha256: str | None
    draft: str


@dataclass(slots=True)
class FileRow:
    """A file of records with its committed length in bytes and records."""

    path: str
    run_id: str
    bytes: int
    records: int


@dataclass(slots=True)
class PayloadRow:
    """The first archived record with a payload: its address and date, and where in the archive it stands."""

    digest: str
    url: str
    date: str
    file: str
    offset: int
