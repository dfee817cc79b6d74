"""The log formatter for Scrapy's events."""

from __future__ import annotations

import logging
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure
from typing_extensions import override

from vokcrawl.errors import StorageError
from vokcrawl.utils.component_error import component_error_of

# The loggers of pages and of records.
_ENGINE, _SCRAPER = logging.getLogger("scrapy.core.engine"), logging.getLogger("scrapy.core.scraper")


class RunLogFormatter(LogFormatter):
    """The `LOG_FORMATTER`.

    Pages and records are logged at DEBUG, and only if a handler takes entries of that level: Scrapy would create the
    entry and drop it, several times for each page.
    A storage failure is logged once, by the run, and at level DEBUG for each affected page. The error of a pipeline, or
    of a spider middleware of the user's, is logged by the run in one sentence; at level DEBUG with the traceback.
    """

    @override
    def crawled(  # type: ignore[override]
        self, request: Request, response: Response, spider: Spider
    ) -> LogFormatterResult | None:
        return super().crawled(request, response, spider) if _is_logged(_ENGINE, logging.DEBUG) else None

    @override
    def scraped(  # type: ignore[override]
        self, item: Any, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult | None:
        return super().scraped(item, response, spider) if _is_logged(_SCRAPER, logging.DEBUG) else None

    @override
    def dropped(  # type: ignore[override]
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult | None:
        result = super().dropped(item, exception, response, spider)
        return result if result is not None and _is_logged(_SCRAPER, result["level"]) else None

    @override
    def spider_error(
        self, failure: Failure, request: Request, response: Response | Failure, spider: Spider
    ) -> LogFormatterResult:
        result = super().spider_error(failure, request, response, spider)
        is_logged = getattr(spider, "run", None) is not None and component_error_of(failure.value) is not None
        if isinstance(failure.value, StorageError) or is_logged:
            result["level"] = logging.DEBUG
        return result

    @override
    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        result = super().item_error(item, exception, response, spider)
        if getattr(spider, "run", None) is not None:
            result["level"] = logging.DEBUG
        return result


def _is_logged(logger: logging.Logger, level: int) -> bool:
    """Whether an entry of this level would reach a handler."""
    if not logger.isEnabledFor(level):
        return False
    each: logging.Logger | None = logger
    while each is not None:
        if any(handler.level <= level for handler in each.handlers):
            return True
        each = each.parent if each.propagate else None
    return False
