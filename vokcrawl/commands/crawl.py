"""`scrapy crawl`: Scrapy's own, but its exit code says how the crawl ended (Scrapy's is 0 after a failed crawl)."""

from __future__ import annotations

import argparse
from typing import Any

from scrapy.commands import BaseRunSpiderCommand
from scrapy.exceptions import UsageError

from vokcrawl.cli import complain
from vokcrawl.errors import ExitCode, VokcrawlError
from vokcrawl.extensions.progress import ProgressExtension
from vokcrawl.extensions.run import RunExtension
from vokcrawl.monitors.report import report_early


class Command(BaseRunSpiderCommand):
    """Runs one spider. Exit codes: docs/operating.md."""

    requires_project = True

    def syntax(self) -> str:
        return "[options] <spider>"

    def short_desc(self) -> str:
        return "Run a spider; the exit code says how it ended"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("name one spider: `scrapy crawl vok`")
        process = self.crawler_process
        if process is None:
            raise RuntimeError("Scrapy gave this command no crawler process")
        if args[0] not in process.spider_loader.list():
            raise UsageError(f"{args[0]!r} is no spider of this project; there is: {process.spider_loader.list()}")
        crawler = self._create_crawler(args[0])
        task: Any = process.crawl(crawler, **opts.spargs)
        process.start()
        failure = task.exception() if task.done() and not task.cancelled() else None
        if isinstance(failure, VokcrawlError):
            report_early(failure, crawler.settings)
            complain("crawl", failure)
            self.exitcode = int(failure.exit_code)
        elif isinstance(failure, (ValueError, TypeError)):
            # Scrapy reads its own settings while it builds its parts, and names neither setting nor way out.
            complain("crawl", f"a setting has a value that Scrapy cannot read: {failure}")
            self.exitcode = int(ExitCode.USAGE)
        elif failure is not None:
            raise failure
        else:
            extension = crawler.get_extension(RunExtension)
            self.exitcode = int(extension.exit_code) if extension is not None else int(process.bootstrap_failed)
            progress = crawler.get_extension(ProgressExtension)
            if extension is not None and progress is not None:
                progress.finish(extension.outcome, extension.exit_code)
