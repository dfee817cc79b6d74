"""The log formatter for Scrapy's events."""

from __future__ import annotations

import logging

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure
from typing_extensions import override

from vokcrawl.errors import StorageError


class RunLogFormatter(LogFormatter):
    """The `LOG_FORMATTER`. A storage failure is logged once, by the run, and at level DEBUG for each affected page."""

    @override
    def spider_error(
        self, failure: Failure, request: Request, response: Response | Failure, spider: Spider
    ) -> LogFormatterResult:
        result = super().spider_error(failure, request, response, spider)
        if isinstance(failure.value, StorageError):
            result["level"] = logging.DEBUG
        return result
