"""`scrapy edit`: Scrapy's command, which opens a spider in an editor."""

from __future__ import annotations

import argparse

from scrapy.commands.edit import Command as EditCommand
from scrapy.spiderloader import get_spider_loader
from typing_extensions import override

from vokcrawl.cli import CheckedCommand, require_spider


class Command(CheckedCommand, EditCommand):
    """Ends with the exit code of the editor, or with 2 if the spider does not exist."""

    @override
    def syntax(self) -> str:
        return "[options] <spider>"

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        for name in args:
            require_spider(name, get_spider_loader(self.settings).list())
        super().run(args, opts)
