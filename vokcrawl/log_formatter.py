"""How Scrapy's own events are logged."""

from __future__ import annotations

import logging

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure
from typing_extensions import override

from vokcrawl.errors import StorageError


class RunLogFormatter(LogFormatter):
    """Set as `LOG_FORMATTER`. That the storage failed is told once, by the run, and not for each page under way."""

    @override
    def spider_error(
        self, failure: Failure, request: Request, response: Response | Failure, spider: Spider
    ) -> LogFormatterResult:
        told = super().spider_error(failure, request, response, spider)
        if isinstance(failure.value, StorageError):
            told["level"] = logging.DEBUG
        return told
