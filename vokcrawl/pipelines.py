"""Item pipelines, in the order in which they run: validation, deduplication, revisions, delivery.

An item is a plain dict: the output of an item loader, and after validation a complete record. Pipelines send no
requests.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import ValidationError
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.settings import BaseSettings
from scrapy.utils.conf import build_component_list
from scrapy.utils.misc import load_object
from typing_extensions import override

from vokcrawl.config import Options
from vokcrawl.errors import StorageError
from vokcrawl.items import ARTICLE, KINDS, REMOVAL, TEASER, as_item, breaches, validated, without_optional_faults
from vokcrawl.normalize import article_id, content_hash
from vokcrawl.policy.article_checks import DeliveredVersion, extractor_name, unconfirmed_change
from vokcrawl.policy.revisit import next_check
from vokcrawl.runs.run import Run
from vokcrawl.storage.state.rows import ArticleRow, Status

# The hash of an empty text.
_NO_BODY = content_hash("", "")


class RecordDropped(DropItem):
    """A record that a pipeline of this project dropped on purpose; `extensions.run` reports all other drops."""


class Drop(RecordDropped):
    """Drops a known or unchanged item, without a warning in the log."""

    def __init__(self, message: str) -> None:
        super().__init__(message, log_level="DEBUG")


class RunPipeline:
    """Base of the pipelines; subclasses define `handle`."""

    def __init__(self, run: Run, options: Options) -> None:
        self.run = run
        self.options = options

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Builds the pipeline of a crawl from the run and the settings of the crawler."""
        return cls(Run.of(crawler), Options.read(crawler.settings))

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Processes one item. Raises `DropItem`; a `StorageError` ends the run (`extensions.run`)."""
        if self.run.failure is not None:
            raise Drop("the run is ending because its storage failed")
        try:
            return self.handle(item)
        except StorageError as failure:
            self.run.fail(failure)
            raise Drop("the run's storage failed") from failure

    def handle(self, item: dict[str, Any]) -> dict[str, Any]:
        """Returns the item, changed or not. Raises `DropItem`."""
        raise NotImplementedError


class ValidationPipeline(RunPipeline):
    """Passes on valid, complete records: every key present, in the order of the schema, with valid values."""

    @override
    def handle(self, item: dict[str, Any]) -> dict[str, Any]:
        record = {**item, "run_id": self.run.id}
        try:
            return as_item(validated(record))
        except (ValidationError, KeyError) as fault:
            url = str(item.get("url") or item.get("found_on") or "")
            reason = breaches(fault) if isinstance(fault, ValidationError) else f"schema: {fault} is unknown"
            kept = without_optional_faults(record, fault) if isinstance(fault, ValidationError) else None
            if kept is not None:
                self.run.problems.note("field_dropped", f"{url} ({reason})")
                self.run.count("vok/validation/fields_dropped")
                return as_item(kept)
            self.run.deliver("rejected", {"reason": reason, "record": record})
            self.run.problems.note("record_rejected", url)
            self.run.count("vok/validation/rejected")
            if item.get("schema") == ARTICLE and article_id(str(item.get("url"))) is not None:
                # Not delivered, so it is retried: the site may correct the page, or a later version may read it better.
                self.run.schedule_retry(str(item["id"]), str(item["url"]), "rejected")
                self.run.statistics.pages_failed += 1
            raise RecordDropped(f"record rejected: {reason}") from fault


class DeduplicationPipeline(RunPipeline):
    """Drops teasers that were delivered before, and articles that were read before in this run."""

    @override
    def handle(self, item: dict[str, Any]) -> dict[str, Any]:
        identity = item["id"]
        if item["schema"] == TEASER:
            if not self.run.meet_teaser(identity):
                self.run.count("vok/deduplication/teasers")
                raise Drop(f"teaser {identity} was delivered before")
        elif item["schema"] == ARTICLE and not self.run.meet_article(identity):
            self.run.count("vok/deduplication/articles")
            raise Drop(f"article {identity} was read before in this run")
        return item


class RevisionsPipeline(RunPipeline):
    """Drops unchanged articles, and sets `revision`, `previous_hash`, `changed` and `first_seen_at` of the others."""

    @override
    def handle(self, item: dict[str, Any]) -> dict[str, Any]:
        if item["schema"] != ARTICLE:
            return item
        row = self.run.state.articles([item["id"]]).get(item["id"])
        if row is None or not row.revision:
            return item
        back = row.status is Status.REMOVED
        changed = _changed(row, item)
        if not back and not changed:
            # The same text, perhaps by another extractor: later changes are compared with this extraction.
            row.extractor, row.body_length = extractor_name(item["extractor"]), len(item["body"])
            self._unchanged(row, "unchanged")
        if item["truncated"] and not row.truncated:
            self.run.problems.note("article_truncated_copy", item["url"])
            self._unchanged(row, "truncated_copies")
        if changed:
            self._confirm(row, item)
        self.run.count("vok/revisions/returned" if back else "vok/revisions/changed")
        return as_item(
            {
                **item,
                "revision": row.revision + 1,
                "previous_hash": row.content_hash,
                "changed": changed,
                "first_seen_at": row.first_seen_at or item["first_seen_at"],
            }
        )

    def _confirm(self, row: ArticleRow, item: dict[str, Any]) -> None:
        """Drops a change that may be an extraction error, until a second request returns the same text."""
        retry = self.run.state.retry_of(row.id)
        delivered = DeliveredVersion(row.body_hash != _NO_BODY, row.extractor, row.body_length)
        reason = unconfirmed_change(item, delivered, retry.reason if retry is not None else None)
        if reason is None:
            return
        self.run.problems.note("article_unconfirmed_change", item["url"])
        self.run.schedule_retry(row.id, item["url"], reason)
        self.run.statistics.pages_failed += 1
        self.run.count("vok/revisions/unconfirmed")
        raise Drop(f"article {row.id}: an unconfirmed change")

    def _unchanged(self, row: ArticleRow, name: str) -> None:
        still_there(self.run, row, self.options.recheck_days)
        self.run.count(f"vok/revisions/{name}")
        raise Drop(f"article {row.id}: {name.replace('_', ' ')}")


def still_there(run: Run, row: ArticleRow, recheck_days: tuple[int, ...]) -> None:
    """Notes in the state that a delivered article is unchanged, and when it is checked next."""
    row.checked_at = run.now()
    row.next_check_at = next_check(row.first_seen_at or row.checked_at, run.moment(), recheck_days)
    row.missing_since = row.missing_status = None
    row.etag, row.last_modified = run.results.validators.pop(row.id, (row.etag, row.last_modified))
    state = run.begin_transaction()
    state.put_article(row)
    state.drop_retry(row.id)


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


class DeliveryPipeline(RunPipeline):
    """Appends each record to its file, and notes it in the state."""

    @override
    def handle(self, item: dict[str, Any]) -> dict[str, Any]:
        kind = KINDS[item["schema"]]
        self.run.deliver(kind, item)
        state = self.run.begin_transaction()
        if item["schema"] == TEASER:
            state.put_entry(item["id"], delivered=True)
        elif item["schema"] == ARTICLE:
            state.put_article(self._row(item))
            state.drop_retry(item["id"])
        elif item["schema"] == REMOVAL:
            row = state.articles([item["id"]])[item["id"]]
            row.status, row.missing_since, row.missing_status = Status.REMOVED, None, None
            row.checked_at = item["confirmed_at"]
            # If it reappears unchanged, a 304 would hide that.
            row.etag = row.last_modified = None
            row.next_check_at = self._next_check(row.first_seen_at or item["confirmed_at"])
            state.put_article(row)
        self.run.commit_if_full()
        return item

    def _row(self, item: dict[str, Any]) -> ArticleRow:
        row = ArticleRow.of_record(item, self._next_check(item["first_seen_at"]))
        row.etag, row.last_modified = self.run.results.validators.pop(item["id"], (None, None))
        return row

    def _next_check(self, first_seen_at: str) -> str | None:
        return next_check(first_seen_at, self.run.moment(), self.options.recheck_days)


class Chain:
    """The project's pipelines from `ITEM_PIPELINES`, in their order, for a replay; others need a crawler."""

    def __init__(self, run: Run, options: Options, settings: BaseSettings) -> None:
        found = map(load_object, build_component_list(settings.getwithbase("ITEM_PIPELINES")))
        self._pipelines = [each(run, options) for each in found if issubclass(each, RunPipeline)]

    def take(self, item: dict[str, Any]) -> None:
        """Passes a record through all pipelines, until one drops it."""
        try:
            for pipeline in self._pipelines:
                item = pipeline.process_item(item)
        except DropItem:
            return
