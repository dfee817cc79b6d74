"""The exit code of a crawl that a command has run."""

from __future__ import annotations

from typing import Any

from scrapy.crawler import Crawler

from vokcrawl.cli import complain
from vokcrawl.errors import ExitCode, StorageError, VokcrawlError
from vokcrawl.extensions.progress import ProgressExtension
from vokcrawl.extensions.run import RunExtension
from vokcrawl.monitors.runner import report_failed_start
from vokcrawl.policy.outcome import WORDS
from vokcrawl.runs.run import Run


def exit_code_of(command: str, crawler: Crawler, task: Any, bootstrap_failed: bool) -> int:
    """Return the exit code of a crawl whose `task` (from `CrawlerProcess.crawl`) has ended.

    An error that prevented the start is passed to the monitors and printed under the command's name. Unexpected errors
    are raised.
    """
    failure = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(failure, VokcrawlError):
        report_failed_start(failure, crawler.settings)
        complain(command, failure)
        return int(failure.exit_code)
    if failure is not None:
        _close(crawler)
    if isinstance(failure, (ValueError, TypeError)):
        # Scrapy reads some settings while it creates components, and its errors do not name the setting.
        complain(command, f"a setting of Scrapy has an invalid value: {failure}")
        return int(ExitCode.USAGE)
    if failure is not None:
        raise failure
    extension = crawler.get_extension(RunExtension)
    if extension is None:
        return int(bootstrap_failed)
    progress = crawler.get_extension(ProgressExtension)
    if progress is not None:
        progress.finish(extension.outcome, extension.exit_code)
    return int(extension.exit_code)


def _close(crawler: Crawler) -> None:
    """Close the run of a crawl that could not be created; left open, the next run would report it as crashed."""
    run = getattr(crawler.spider, "run", None)
    if not isinstance(run, Run) or run.row.ended_at is not None:
        return
    try:
        run.close(WORDS[ExitCode.USAGE], ExitCode.USAGE, requests=0)
    except StorageError as failure:
        complain("crawl", failure)
