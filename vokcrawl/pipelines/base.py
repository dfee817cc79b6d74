"""What all pipelines share: the run they belong to, and what happens to items once the run cannot go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from vokcrawl.errors import StorageFailed
from vokcrawl.options import Options
from vokcrawl.run import Run


class Drop(DropItem):
    """An item that is rightly dropped (known, unchanged): no warning in the log."""

    def __init__(self, message: str) -> None:
        super().__init__(message, log_level="DEBUG")


class RunPipeline:
    """Base of the pipelines; subclasses define `handle`. `count` is called with the name of what happened."""

    def __init__(self, run: Run, options: Options, count: Callable[[str], None]) -> None:
        self.run = run
        self.options = options
        self.count = count

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """In a crawl: the crawler's run, settings and stats."""
        return cls(Run.of(crawler), Options.read(crawler.settings), crawler.stats.inc_value)

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Takes a record and gives it on. Raises `DropItem`; a `StorageFailed` ends the run (`extensions.run`)."""
        if self.run.failure is not None:
            raise Drop("the run is ending because its storage failed")
        try:
            return self.handle(item)
        except StorageFailed as failure:
            self.run.fail(failure)
            raise Drop("the run's storage failed") from failure

    def handle(self, item: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError
