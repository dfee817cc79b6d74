"""How a crawl that a command has begun ended: what is said of it, and the exit code."""

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


def ended(command: str, crawler: Crawler, task: Any, bootstrap_failed: bool) -> int:
    """The exit code of a crawl whose `task` (as `CrawlerProcess.crawl` gives it) is over.

    What kept it from beginning is told to the monitors, and said under the command's name. Raises what is no error of
    ours, nor of the settings.
    """
    failure = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(failure, VokcrawlError):
        report_failed_start(failure, crawler.settings)
        complain(command, failure)
        return int(failure.exit_code)
    if failure is not None:
        _close(crawler)
    if isinstance(failure, (ValueError, TypeError)):
        # Scrapy reads its own settings while it builds its parts, and names neither setting nor way out.
        complain(command, f"a setting has a value that Scrapy cannot read: {failure}")
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
    """Ends the run of a crawl that could not be built: left open, it would be told as killed by the next one."""
    run = getattr(crawler.spider, "run", None)
    if not isinstance(run, Run) or run.row.ended_at is not None:
        return
    try:
        run.close(WORDS[ExitCode.USAGE], ExitCode.USAGE, requests=0)
    except StorageError as failure:
        complain("crawl", failure)
