"""Rows of the crawl state. Times are UTC as ``YYYY-MM-DDTHH:MM:SSZ``, days are ``YYYY-MM-DD``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vokcrawl.normalize import content_hash
from vokcrawl.policy.article_checks import extractor_name


class Status(StrEnum):
    """Status of an article."""

    DELIVERED = "delivered"
    REMOVED = "removed"  # delivered, then removed by the site: a removal record was delivered
    OTHER = "other"  # its page names another source
    GONE = "gone"  # never delivered, and confirmed as removed by the site


@dataclass(slots=True)
class ArticleRow:
    """An article: its last delivered version, and when it is checked again.

    `title_hash` and `body_hash` show which of the two changed. `missing_since` and `missing_status` are set from the
    first 404 or 410 until the article is available again or its removal is confirmed. `extractor` (name, version and
    strategy) and `body_length` are those of the last delivered version; None in rows of earlier versions.
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
    extractor: str | None = None
    body_length: int | None = None

    @classmethod
    def of_record(cls, record: Mapping[str, Any], next_check_at: str | None) -> ArticleRow:
        """The row of an article whose last delivered version is this record."""
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
            extractor=extractor_name(record["extractor"]),
            body_length=len(record["body"]),
        )


@dataclass(slots=True)
class EntryRow:
    """An entry of a listing: the listing crawl that saw it last, and whether its teaser was delivered.

    `complete` and `covered_since` are those of that crawl.
    """

    id: str
    crawl: int | None
    delivered: bool
    complete: bool
    covered_since: str | None

    def already_crawled(self, since: str | None) -> bool:
        """Whether a complete listing crawl has seen it, as far as a run bounded by `since` is concerned."""
        return self.complete and _covers(self.covered_since, since)


@dataclass(slots=True)
class ListingRow:
    """The last complete crawl of a listing for one source.

    `first_page_ids` are the ids on its first page, in order. `covered_since` is the day back to which the listing is
    covered, None for the whole listing. `rescanned_at` is the start of the last rescan.
    """

    url: str
    source: str
    first_page_ids: tuple[str, ...]
    covered_since: str | None
    completed_at: str
    rescanned_at: str
    etag: str | None = None
    last_modified: str | None = None

    def covers(self, since: str | None) -> bool:
        """Whether the crawl covered all that a run bounded by `since` asks for."""
        return _covers(self.covered_since, since)


@dataclass(slots=True)
class RetryRow:
    """An article in the retry queue: it failed after all retries of a run, and is requested again later."""

    id: str
    url: str
    reason: str
    attempts: int
    first_failed_at: str
    next_attempt_at: str
    missing_since: str | None = None


@dataclass(slots=True)
class RunRow:
    """A run. `manifest_draft` is JSON from which recovery writes the manifest if the run crashes."""

    run_id: str
    started_at: str
    ended_at: str | None
    outcome: str | None
    exit_code: int | None
    manifest_sha256: str | None
    manifest_draft: str


@dataclass(slots=True)
class FileRow:
    """A file with its committed length in bytes and records."""

    path: str
    run_id: str
    bytes: int
    records: int


@dataclass(slots=True)
class PayloadRow:
    """The first archived record with a payload: URL and date, and where it is in the archive."""

    digest: str
    url: str
    date: str
    file: str
    offset: int


def _covers(covered_since: str | None, since: str | None) -> bool:
    """A crawl that was bounded by a day counts for runs with the same bound or a later one."""
    return covered_since is None or (since is not None and since >= covered_since)
