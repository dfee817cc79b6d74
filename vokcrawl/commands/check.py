"""`scrapy check`: Scrapy's command, which checks the contracts of the spiders' callbacks. Opens no run."""

from __future__ import annotations

import argparse

from scrapy.commands.check import Command as CheckCommand
from typing_extensions import override

from vokcrawl.cli import PreviewCommand, require_spider
from vokcrawl.errors import ExitCode


class Command(PreviewCommand, CheckCommand):
    """Ends with 12 if a callback does not return what its contract says."""

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if self.crawler_process is None:
            raise RuntimeError("Scrapy gave this command no crawler process")
        for name in args:
            require_spider(name, self.crawler_process.spider_loader.list())
        super().run(args, opts)
        if self.exitcode:
            self.exitcode = int(ExitCode.LAYOUT)
