"""The exception with which a crawl ended."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure


def failure_of(task: Any) -> BaseException | None:
    """Return the exception of an ended crawl, or None. `task` is what `crawl` of a crawler process returned.

    That is a task, or a Deferred where `CrawlerProcess` is in use: with ``FORCE_CRAWLER_PROCESS``, or another reactor.
    """
    if not isinstance(task, Deferred):
        return task.exception() if task.done() and not task.cancelled() else None
    failures: list[Failure] = []
    task.addErrback(failures.append)
    return failures[0].value if failures else None
