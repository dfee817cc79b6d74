"""`scrapy crawl`: Scrapy's command with meaningful exit codes (Scrapy's is 0 after a failed crawl)."""

from __future__ import annotations

import argparse
from typing import Any

from scrapy.commands import BaseRunSpiderCommand
from scrapy.exceptions import UsageError as ScrapyUsageError
from typing_extensions import override

from vokcrawl.cli import CheckedCommand, leave_workers, require_spider
from vokcrawl.config.scrapy_checks import check_log_level
from vokcrawl.errors import UsageError
from vokcrawl.utils.early_imports import import_tls
from vokcrawl.utils.hangup import end_on_hangup
from vokcrawl.utils.program import PROGRAM


class Command(CheckedCommand, BaseRunSpiderCommand):
    """Runs one spider. Exit codes: docs/operations.md."""

    requires_project = True

    @override
    def syntax(self) -> str:
        return "[options] <spider>"

    @override
    def short_desc(self) -> str:
        return "Run a spider; the exit code is the outcome of the run"

    @override
    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        # Before Scrapy's class loads the spiders, which import them.
        import_tls()
        super().process_options(args, opts)
        try:
            if self.settings is not None:
                check_log_level(self.settings)
        except UsageError as error:
            raise ScrapyUsageError(str(error), print_help=False) from error

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise ScrapyUsageError(f"expected one spider name: `{PROGRAM} crawl vok`")
        process = self.crawler_process
        if process is None:
            raise RuntimeError("Scrapy gave this command no crawler process")
        # Imported late, because Scrapy imports all commands to run one.
        from vokcrawl.commands._exit_code import exit_code_of, starting  # noqa: PLC0415
        from vokcrawl.spiders.vok import VokSpider  # noqa: PLC0415

        require_spider(args[0], process.spider_loader.list())
        if not issubclass(process.spider_loader.load(args[0]), VokSpider):
            leave_workers(process.settings)
        with starting(process.settings):
            crawler = self._create_crawler(args[0])
            task: Any = process.crawl(crawler, **opts.spargs)
            end_on_hangup()
            process.start()
        self.exitcode = exit_code_of("crawl", crawler, task, process.bootstrap_failed)
