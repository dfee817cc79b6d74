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


class RunLogFormatter(LogFormatter):
    """The `LOG_FORMATTER`.

    A storage failure is logged once, by the run, and at level DEBUG for each affected page. The error of a pipeline, or
    of a spider middleware of the user's, is logged by the run in one sentence; at level DEBUG with the traceback.
    """

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
