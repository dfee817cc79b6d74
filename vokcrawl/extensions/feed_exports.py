"""Scrapy's feed exports, with complete columns in CSV, and with errors that count.

Scrapy logs an error of a feed and continues. Here it makes the run incomplete; the delivery of
the run itself is not affected.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.exporters import CsvItemExporter
from scrapy.extensions.feedexport import FeedExporter, FeedSlot, ItemFilter, apply_uri_params
from scrapy.utils.defer import ensure_awaitable
from typing_extensions import override

from vokcrawl.config.redacted import without_password
from vokcrawl.errors import UsageError
from vokcrawl.items import ITEM_CLASSES, MODELS, columns
from vokcrawl.runs.run import has_run

logger = logging.getLogger(__name__)

_ITEM_OF_MODEL: dict[type, type] = {model: ITEM_CLASSES[schema] for schema, model in MODELS.items()}


class FeedExports(FeedExporter):
    """`FEEDS`, and the options ``-o`` and ``-O``. `failed` has the URIs of the feeds that could not be written.

    For a spider of another project it behaves as Scrapy's. Raises `UsageError` for a feed that Scrapy cannot export.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.failed: list[str] = []
        if not has_run(crawler):
            super().__init__(crawler)
        else:
            with _reasons() as reasons:
                try:
                    super().__init__(crawler)
                except NotConfigured:
                    if not reasons:
                        raise
                    uris = ", ".join(without_password(str(uri)) for uri in crawler.settings.getdict("FEEDS"))
                    raise UsageError(f"FEEDS: {uris}: cannot be exported: {'; '.join(reasons)}") from None
        if getattr(crawler.spider, "options", None) is not None:
            for uri, options in self.feeds.items():
                self._complete(uri, options)
                if has_run(crawler):
                    self._check_placeholders(uri, options)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Builds the extension. If there is a run, its extension calls `finish`: the manifest has the result."""
        exporter = cls(crawler)
        crawler.signals.connect(exporter.open_spider, signal=signals.spider_opened)
        crawler.signals.connect(exporter.item_scraped, signal=signals.item_scraped)
        if not has_run(crawler):
            crawler.signals.connect(exporter.close_spider, signal=signals.spider_closed)
        return exporter

    def _complete(self, uri: str, options: dict[str, Any]) -> None:
        """Replaces the models of the records in `item_classes` by their items, and sets the columns of CSV."""
        items = tuple(ITEM_CLASSES.values())
        accepted: tuple[type, ...] = items
        filter_ = self.filters[uri]
        if isinstance(filter_, ItemFilter) and filter_.item_classes:
            accepted = tuple(_ITEM_OF_MODEL.get(each, each) for each in filter_.item_classes)
            filter_.item_classes = accepted
            if not columns(accepted):
                names = ", ".join(f"vokcrawl.items.{each.__name__}" for each in items)
                raise UsageError(f"FEEDS: {without_password(uri)}: item_classes: no record is one of them; use {names}")
        if options["fields"] is None and issubclass(self.exporters[options["format"]], CsvItemExporter):
            # Scrapy takes the columns of the first item, and drops the other fields of later ones.
            options["fields"] = columns(accepted)

    def _check_placeholders(self, uri: str, options: dict[str, Any]) -> None:
        """Raises `UsageError` for a placeholder in a URI that has no value; Scrapy finds out after the start."""
        spider = self.crawler.spider
        if spider is None or options["uri_params"]:
            # A function of the user's may need the run.
            return
        try:
            apply_uri_params(uri, self._get_uri_params(spider, None))
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(
                f"FEEDS: {without_password(uri)}: a placeholder has no value ({error}); use %(time)s, %(batch_time)s, "
                "%(batch_id)d or an attribute of the spider, such as %(name)s"
            ) from error

    @override
    def item_scraped(self, item: Any, spider: Spider) -> None:
        slots, kept = self.slots, []
        for slot in slots:
            self.slots = [slot]
            try:
                super().item_scraped(item, spider)
            except Exception as error:
                self._fail(slot, error)
            else:
                kept += self.slots
        self.slots = kept

    async def finish(self, spider: Spider) -> list[str]:
        """Closes all feeds; returns the URIs of those that could not be written, without passwords."""
        await self.close_spider(spider)
        return self.failed

    @override
    async def _close_slot(self, slot: FeedSlot, spider: Spider) -> None:
        if not slot.itemcount and not (slot.store_empty and slot.batch_id == 1):
            return
        try:
            slot.start_exporting()
            slot.finish_exporting()
            await ensure_awaitable(slot.storage.store(self._get_file(slot)))
        except Exception as error:
            self._fail(slot, error)
            return
        logger.info("Stored %s feed (%d items) in: %s", slot.format, slot.itemcount, without_password(slot.uri))
        self.crawler.stats.inc_value(f"feedexport/success_count/{type(slot.storage).__name__}")
        await self.crawler.signals.send_catch_log_async(signals.feed_slot_closed, slot=slot)

    def _fail(self, slot: FeedSlot, error: Exception) -> None:
        uri = without_password(slot.uri)
        self.failed.append(uri)
        self.crawler.stats.inc_value(f"feedexport/failed_count/{type(slot.storage).__name__}")
        logger.error(
            "FEEDS: %s could not be written (%s); the records in the output directory are not affected", uri, error
        )
        logger.debug("%s", uri, exc_info=error)


@contextmanager
def _reasons() -> Iterator[list[str]]:
    """Collects the errors that Scrapy logs about feeds, for one sentence, instead of logging them."""
    found: list[str] = []

    def collect(record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return True
        found.append(without_password(record.getMessage()))
        return False

    log = logging.getLogger(FeedExporter.__module__)
    log.addFilter(collect)
    try:
        yield found
    finally:
        log.removeFilter(collect)
