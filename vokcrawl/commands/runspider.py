"""`scrapy runspider`: Scrapy's command with the exit codes of `crawl` for a spider of this project in a file."""

from __future__ import annotations

import argparse
import traceback
from pathlib import Path
from typing import Any

from scrapy.commands.runspider import Command as RunSpiderCommand
from scrapy.commands.runspider import _import_file
from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.utils.spider import iter_spider_classes
from typing_extensions import override

from vokcrawl.cli import CheckedCommand, leave_workers
from vokcrawl.utils.hangup import end_on_hangup


class Command(CheckedCommand, RunSpiderCommand):
    """A spider of another project runs as with Scrapy alone: it has no run, and its exit code is 0."""

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise ScrapyUsageError("expected one file")
        file = Path(args[0])
        if not file.exists():
            raise ScrapyUsageError(f"file not found: {file}", print_help=False)
        try:
            spiders = list(iter_spider_classes(_import_file(file)))
        except (ImportError, ValueError, SyntaxError) as error:
            raise ScrapyUsageError(f"{file}: cannot be loaded: {error}", print_help=False) from error
        except (Exception, SystemExit) as error:
            # The code of the file itself.
            last = traceback.extract_tb(error.__traceback__)[-1]
            reason = f"{type(error).__name__}: {error} ({last.filename}, line {last.lineno})"
            raise ScrapyUsageError(f"{file}: cannot be loaded: {reason}", print_help=False) from error
        if not spiders:
            raise ScrapyUsageError(f"{file}: contains no spider", print_help=False)
        process = self.crawler_process
        if process is None:
            raise RuntimeError("Scrapy gave this command no crawler process")
        # Imported late, because Scrapy imports all commands to run one.
        from vokcrawl.commands._exit_code import exit_code_of, starting  # noqa: PLC0415
        from vokcrawl.spiders.vok import VokSpider  # noqa: PLC0415

        if not issubclass(spiders[-1], VokSpider):
            leave_workers(process.settings)
        with starting(process.settings):
            crawler = self._create_crawler(spiders[-1])
            task: Any = process.crawl(crawler, **opts.spargs)
            end_on_hangup()
            process.start()
        self.exitcode = exit_code_of("runspider", crawler, task, process.bootstrap_failed)
